// One row of comma-separated values by RFC 4180, with line feeds, safe to open in a spreadsheet.
// It does not know what the columns mean.

/** A cell: numbers are written as they are, text is guarded, null is empty. */
export type Cell = string | number | boolean | null;

/**
 * What a spreadsheet would read as a formula; full-width twins and leading blanks are no way round it. A text that
 * begins with an apostrophe is guarded as well, so that taking one away gives every text back as it was.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a leading tab, carriage return or NUL starts a formula in some spreadsheets.
const guardedStart = /^'|^[\s\u0000]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n\u0000]/;

/** One line with its line feed. */
export function renderCsvRow(cells: readonly Cell[]): string {
  return `${cells.map(renderCell).join(",")}\n`;
}

/** Shortest decimals that read back as the same number; `inf`, `-inf`, and nothing for what is missing. */
export function renderCsvNumber(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value);
}

function renderCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return renderCsvNumber(cell);
  if (typeof cell === "boolean") return String(cell);
  // A leading apostrophe is how a spreadsheet is told that text follows.
  const guarded = guardedStart.test(cell) ? `'${cell}` : cell;
  // Semicolons and tabs separate cells in some locales, so they are quoted too; a lone surrogate has no UTF-8.
  return /["',;\t\r\n]|^\s|\s$/.test(guarded)
    ? `"${guarded.toWellFormed().replaceAll('"', '""')}"`
    : guarded.toWellFormed();
}
