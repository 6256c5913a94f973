// SHA-256 over rows in a fixed order, as they are written and as they are read back: the witness that a flipped bit
// meets. Kept beside the rows (rows_sha256), computed from what was meant to be written and never from what lies there.

import { createHash, type Hash, hash } from "node:crypto";

export type RowValue = string | number | null | Uint8Array;

export interface RowDigest {
  add(...values: readonly RowValue[]): void;
  addRow(values: readonly RowValue[]): void;
  /** The digest of the rows so far; more may follow. */
  compute(): string;
}

/** Rows gathered before they are hashed: a call of the hash costs more than a short row. */
const gatheredLength = 32_768;

export function createRowDigest(): RowDigest {
  let begun: Hash | undefined;
  let gathered = "";
  const flush = (): Hash => {
    begun ??= createHash("sha256");
    begun.update(gathered);
    gathered = "";
    return begun;
  };
  const addRow = (values: readonly RowValue[]): void => {
    for (const value of values) gathered += `${renderValue(value)},`;
    gathered += "\n";
    if (gathered.length > gatheredLength) flush();
  };
  return {
    add: (...values) => addRow(values),
    addRow,
    compute() {
      // A few rows are hashed at one go, for a third of what it takes to set up a hash for them.
      return begun === undefined ? hash("sha256", gathered) : flush().copy().digest("hex");
    },
  };
}

/** As SQLite keeps it: lone surrogates are replaced, infinities stay, minus zero is zero. */
function renderValue(value: RowValue): string {
  if (typeof value === "string") return JSON.stringify(value.toWellFormed());
  if (typeof value === "number") return String(value);
  return value === null ? "null" : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}
