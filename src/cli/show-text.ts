// A dataset as `refeed datasets show` prints it: counts, lengths, notes and rows, for people or as one JSON object.

import type { Dataset, SplitSummary } from "../datasets/dataset.ts";
import type { RowLengths } from "../datasets/lengths.ts";
import type { Row, Split } from "../domain/rows.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { renderVisibleLine } from "../text/visible.ts";
import { renderShown } from "./failure.ts";

/** One split as it is shown. */
export interface Shown {
  readonly split: Split;
  readonly summary: SplitSummary;
  readonly lengths: RowLengths | null;
  readonly rows: readonly Row[];
}

export function renderJson({ name, digest, notes, curation }: Dataset, shown: readonly Shown[]): string {
  const told = shown.map(({ split, summary, lengths, rows }) => [split, { ...summary, lengths, rows }] as const);
  return `${JSON.stringify({ name, digest, notes, curation, splits: Object.fromEntries(told) })}\n`;
}

/** Title, notes, a table of the splits, then the rows. Every line that holds words of others is stripped of controls. */
export function renderText({ name, digest, notes }: Dataset, shown: readonly Shown[], width: number): string {
  const head = ["split", "rows", "article words", "median", "max", "summary words", "median", "max", "sha256"];
  const table = shown.map(({ split, summary: { count, digest: sha256 }, lengths }) => {
    const cells = [lengths?.article, lengths?.summary].flatMap((of) =>
      of === undefined ? ["", "", ""] : [of.mean.toFixed(1), String(of.median), String(of.max)],
    );
    return [split, String(count), ...cells, sha256.slice(0, 12)];
  });
  const title = `${name}  sha256 ${digest}`;
  const rows = shown.flatMap((of) => of.rows.map((row) => `\n${renderRow(row, width)}`));
  return [
    renderShown(renderVisibleLine(title)),
    ...notes.map((note) => renderShown(renderVisibleLine(`note: ${note}`))),
    "\n",
    renderTextTable(head, table),
    ...rows,
  ].join("");
}

function renderRow({ id, article, summary }: Row, width: number): string {
  const parts = [renderVisibleLine(id), wrap("article", article, width), wrap("summary", summary, width)];
  return parts.map(renderShown).join("");
}

/** Breaks at spaces, keeps the text's own lines, and sets them beside the label. */
function wrap(label: string, text: string, width: number): string {
  const room = Math.max(width - indent.length, 20);
  const lines: string[] = [];
  for (const own of text.split(/\r?\n/)) {
    let line = "";
    for (const word of own.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && longer.length > room) lines.push(line);
      line = line !== "" && longer.length > room ? word : longer;
    }
    lines.push(line);
  }
  return `  ${label}  ${lines.join(`\n${indent}`)}`;
}

const indent = " ".repeat("  article  ".length);
