// ROUGE written as plainly as it can be, token by token and table by table, from Lin 2004 and the behaviour of rouge_score:
// slow, without scratch, bits or numbers for tokens. What src/text/ must agree with on any text.

import { computeTokens } from "../../src/text/tokens.ts";

type Triple = readonly [precision: number, recall: number, fmeasure: number];

export function computePlainRouge(metric: string, texts: readonly [string, string], stemmer: boolean): Triple {
  const [reference, prediction] = texts.map((text) => computeTokens(text, stemmer)) as [string[], string[]];
  if (metric === "rougeL") {
    return toTriple(fillTable(reference, prediction).at(-1)!.at(-1)!, prediction.length, reference.length);
  }
  if (metric === "rougeLsum") {
    const [lines, others] = texts.map((text) => text.split("\n").map((line) => computeTokens(line, stemmer)));
    return toTriple(countUnionMatches(lines!, others!), prediction.length, reference.length);
  }
  const order = Number(metric.slice(5));
  const [grams, others] = [toGrams(reference, order), toGrams(prediction, order)];
  let overlap = 0;
  for (const [gram, count] of grams) overlap += Math.min(count, others.get(gram) ?? 0);
  return toTriple(overlap, prediction.length - order + 1, reference.length - order + 1);
}

function toTriple(hits: number, predicted: number, referred: number): Triple {
  const precision = hits / Math.max(1, predicted);
  const recall = hits / Math.max(1, referred);
  return [precision, recall, precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0];
}

function toGrams(tokens: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let index = 0; index + order <= tokens.length; index++) {
    const gram = tokens.slice(index, index + order).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** table[i][j]: the length of the longest common subsequence of the first i and the first j tokens. */
function fillTable(rows: readonly string[], columns: readonly string[]): number[][] {
  const table = [Array<number>(columns.length + 1).fill(0)];
  for (const token of rows) {
    const above = table.at(-1)!;
    const row = [0];
    for (const [index, other] of columns.entries()) {
      row.push(token === other ? above[index]! + 1 : Math.max(above[index + 1]!, row[index]!));
    }
    table.push(row);
  }
  return table;
}

function countUnionMatches(lines: readonly string[][], others: readonly string[][]): number {
  const left = toGrams(others.flat(), 1);
  let hits = 0;
  for (const line of lines) {
    const union = new Set(others.flatMap((other) => readBack(line, other)));
    for (const index of [...union].sort((a, b) => a - b)) {
      const count = left.get(line[index]!) ?? 0;
      if (count > 0) hits++;
      left.set(line[index]!, count - 1);
    }
  }
  return hits;
}

function readBack(rows: readonly string[], columns: readonly string[]): number[] {
  const table = fillTable(rows, columns);
  const indexes: number[] = [];
  let [row, column] = [rows.length, columns.length];
  while (row > 0 && column > 0) {
    if (rows[row - 1] === columns[column - 1]) {
      indexes.push(--row);
      column--;
    } else if (table[row]![column - 1]! > table[row - 1]![column]!) column--;
    else row--;
  }
  return indexes;
}
