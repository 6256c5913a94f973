// Aligned columns of plain text: words to the left, numbers to the right. A cell is one line, whatever stands in it.

import { renderVisibleLine } from "../../text/visible.ts";

export function renderTextTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => head.map((_, column) => renderVisibleLine(row[column] ?? "")));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isNumber = head.map((_, column) => lines.slice(1).every((line) => /^[-+\d.,e%\s]*$/.test(line[column]!)));
  const align = (cell: string, column: number): string =>
    isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return lines.map((line) => `${line.map(align).join("  ").trimEnd()}\n`).join("");
}
