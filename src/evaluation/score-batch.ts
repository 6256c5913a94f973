// Scores one batch: the same number of lines of a predictions file and of a references file, from bytes to numbers.
// Pure but for its scratch, so that it runs in this thread or in a worker. Knows no files, only their names for errors.

import { DatasetError } from "../errors.ts";
import type { RougeMetric } from "../text/rouge-metric.ts";
import { createRougeScorer } from "../text/rouge-scorer.ts";
import { createLarger } from "../text/scratch.ts";
import type { Lines } from "./score-lines.ts";
import { decodeLines, parsePrediction, parseReference, type RowId, readRow } from "./score-rows.ts";

/** How errors call a file, and whether its rows have ids. */
export interface FileFacts {
  readonly name: string;
  readonly hasIds: boolean;
}

export interface BatchOptions {
  readonly metrics: readonly RougeMetric[];
  readonly stemmer: boolean;
  readonly predictions: FileFacts;
  readonly references: FileFacts;
  /** Whether to render output rows. */
  readonly rows: boolean;
}

export interface Batch {
  readonly predictions: Lines;
  readonly references: Lines;
  /** Where each reference stood in its file, where they have been put in another order. */
  readonly referenceLines?: readonly number[];
}

export type BatchResult = BatchScores | { readonly kind: "other-order" };

export interface BatchScores {
  readonly kind: "scores";
  /** Precision, recall and F of each metric, pair by pair. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** Output rows in UTF-8, one JSON object a line; empty where none were asked for. */
  readonly rows: Uint8Array<ArrayBuffer>;
  /** The ids that matched: the first, the last, and whether they ascend strictly, so that none comes twice. */
  readonly firstId: string;
  readonly lastId: string;
  readonly isAscending: boolean;
}

/** Throws DatasetError with file and line for the first bad row. */
export type BatchScorer = (batch: Batch) => BatchResult;

/** Creates a scorer of batches; with ids in both files, those of a line must be the same. */
export function createBatchScorer(options: BatchOptions): BatchScorer {
  const { metrics } = options;
  const scorer = createRougeScorer({ metrics, stemmer: options.stemmer });
  const predictionFile = { ...options.predictions, parse: parsePrediction };
  const referenceFile = { ...options.references, parse: parseReference };
  const output = createOutput();
  const matchesIds = predictionFile.hasIds && referenceFile.hasIds;

  /** A pair that is too large for a metric is the fault of its file, and told like one. */
  const readScores = (references: readonly string[], prediction: string, line: number): Readonly<Float64Array> => {
    try {
      return scorer.read(references, prediction);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DatasetError(error.message, { where: `${predictionFile.name}:${line}`, next: "leave out rougeLsum" });
    }
  };

  return ({ predictions, references, referenceLines }) => {
    const predictionTexts = decodeLines(predictions);
    const referenceTexts = decodeLines(references);
    const scores = new Float64Array(3 * metrics.length * predictions.count);
    output.clear();
    const ids = { firstId: "", lastId: "", isAscending: true };
    for (let index = 0; index < predictions.count; index++) {
      const line = predictions.first + index;
      const { id, prediction } = readRow(predictionFile, predictionTexts[index], line);
      const reference = readRow(referenceFile, referenceTexts[index], referenceLines?.[index] ?? line);
      if (matchesIds) {
        const read = String(id);
        if (read !== String(reference.id)) return { kind: "other-order" };
        if (index === 0) ids.firstId = read;
        else ids.isAscending &&= isBefore(ids.lastId, read);
        ids.lastId = read;
      }
      const triples = readScores(reference.references, prediction, line);
      scores.set(triples, index * triples.length);
      if (options.rows) output.add(renderRow(id ?? reference.id ?? line, metrics, triples));
    }
    return { kind: "scores", scores, rows: output.read(), ...ids };
  };
}

/** By length, then by code units: an order in which 1 to 10 ascend, and names with running numbers, padded or not. */
export function isBefore(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}

/** The numbers are the shortest that read back the same. */
function renderRow(id: RowId, metrics: readonly RougeMetric[], triples: Readonly<Float64Array>): string {
  let row = `{"id":${JSON.stringify(id)}`;
  for (let index = 0; index < metrics.length; index++) {
    const at = 3 * index;
    row += `,"${metrics[index]}":[${triples[at]},${triples[at + 1]},${triples[at + 2]}]`;
  }
  return `${row}}\n`;
}

interface Output {
  clear(): void;
  add(text: string): void;
  /** All text since the last clear, in memory of its own. */
  read(): Uint8Array<ArrayBuffer>;
}

/** Collects text as bytes, because long strings that cross threads stay in memory for long. */
function createOutput(): Output {
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(2 ** 16);
  let count = 0;
  return {
    clear() {
      count = 0;
    },
    add(text) {
      const most = count + 3 * text.length;
      if (most > bytes.length) bytes = createLarger(bytes, most);
      count += encoder.encodeInto(text, bytes.subarray(count)).written;
    },
    read: () => bytes.slice(0, count),
  };
}
