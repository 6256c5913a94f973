// The thread that decodes Parquet files: whatever a hostile file makes a decoder do ends with this thread's own limits.
// It is given a descriptor of a file that is open already, reads one file at a time, and answers one question at a time.

import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { type FieldPath, findMember } from "../fields/field-path.ts";
import type { Column } from "../file/table.ts";
import { boundedCodecs } from "./codecs.ts";
import { type Pruned, pruneMetadata } from "./columns.ts";
import { type Footer, findGroupChunks, ParquetRefusal, parseFooter, type ReadBytes } from "./footer.ts";
import { findPageFault } from "./pages.ts";

/** A head begins with a file; the one before it is forgotten. */
export type Question =
  | { readonly kind: "head"; readonly descriptor: number; readonly size: number }
  | { readonly kind: "next"; readonly paths: readonly FieldPath[] };

export type Answer =
  | { readonly kind: "head"; readonly columns: readonly Column[]; readonly rowCount: number }
  /** `values` has one list for every record; the first is number `first`, counted from 1. */
  | { readonly kind: "records"; readonly first: number; readonly values: readonly (readonly unknown[])[] }
  | { readonly kind: "end" }
  | { readonly kind: "refused"; readonly what: string; readonly next: string | undefined };

const port = parentPort!;
/** Characters sent at once, so that neither side holds more than a part of a group beside it. */
const batchCharacters = 1 << 20;
const again = "download or write it again";

/** Unpacked text allowed: this many characters whatever the file's size, beyond them so many times its size. */
const freeCharacters = 64 * 1024 * 1024;
const unpackedRatio = 100;

interface Reading {
  readonly descriptor: number;
  readonly size: number;
  readonly footer: Footer;
  /** What of it the paths need: one reading asks for the same ones throughout. */
  pruned: Pruned | undefined;
  /** The next group, the rows of those before it, and the characters sent of them. */
  group: number;
  passed: number;
  sent: number;
  held: readonly Readonly<Record<string, unknown>>[];
  heldAt: number;
}

let reading: Reading | undefined;

port.on("message", (question: Question) => {
  answer(question).then(
    (message) => port.postMessage(message),
    (error: unknown) => port.postMessage(renderRefusal(error)),
  );
});

async function answer(question: Question): Promise<Answer> {
  if (question.kind === "head") {
    const { descriptor, size } = question;
    reading = undefined;
    const parse = (bytes: ArrayBuffer) => parquetMetadata(bytes, { geoparquet: false });
    const footer = parseFooter(size, createRead(descriptor, size), parse);
    reading = { descriptor, size, footer, pruned: undefined, group: 0, passed: 0, sent: 0, held: [], heldAt: 0 };
    return { kind: "head", columns: footer.columns, rowCount: footer.rowCount };
  }
  const current = reading!;
  while (current.heldAt === current.held.length) {
    if (current.group === current.footer.metadata.row_groups.length) return { kind: "end" };
    await readGroup(current, question.paths);
  }
  return takeBatch(current, question.paths);
}

/** Decodes one group whole: a column chunk has no smaller part that can be read alone in every file. */
async function readGroup(current: Reading, paths: readonly FieldPath[]): Promise<void> {
  const { descriptor, size, group, passed } = current;
  current.pruned ??= pruneMetadata(current.footer.metadata, paths);
  const { metadata, leaves } = current.pruned;
  const read = createRead(descriptor, size);
  const rowCount = Number(metadata.row_groups[group]!.num_rows);
  current.group += 1;
  // Writers leave such groups behind, with no pages at all.
  if (rowCount === 0) return;
  for (const { column, leaf, start, length } of findGroupChunks(metadata, group, { leaves, size })) {
    const claim = {
      valueCount: leaf.isRepeated ? Number(column.num_values) : rowCount,
      uncompressedBytes: Number(column.total_uncompressed_size),
      isNested: leaf.isNested,
    };
    const fault = findPageFault(read(start, length), claim);
    if (fault !== undefined) throw new ParquetRefusal(`the Parquet file is damaged: group ${group} ${fault}`, again);
  }
  current.held = await parquetReadObjects({
    file: { byteLength: size, slice: (start, end = size) => read(start, end - start).buffer },
    metadata,
    columns: [...new Set(paths.map(([name]) => name!))],
    rowStart: passed,
    rowEnd: passed + rowCount,
    compressors: boundedCodecs,
    geoparquet: false,
    parsers: { stringFromBytes: decode },
  });
  current.heldAt = 0;
  current.passed += rowCount;
}

/** Text that is no UTF-8 would come back as another text: its bytes are passed on to be refused by number. */
function decode(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || !isUtf8(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

function takeBatch(current: Reading, paths: readonly FieldPath[]): Answer {
  const { held, passed, size } = current;
  const first = passed - held.length + current.heldAt + 1;
  const values: unknown[][] = [];
  let characters = 0;
  while (current.heldAt < held.length && characters < batchCharacters) {
    const row = held[current.heldAt++]!;
    const cells = paths.map((path) => readCell(row, path));
    for (const cell of cells) characters += typeof cell === "string" ? cell.length : 8;
    values.push(cells);
  }
  current.sent += characters;
  if (current.sent > freeCharacters + unpackedRatio * size) {
    const what = `unpacks to more than ${unpackedRatio} times its size`;
    throw new ParquetRefusal(what, "write it as JSON Lines if that is right");
  }
  if (current.heldAt === held.length) [current.held, current.heldAt] = [[], 0];
  return { kind: "records", first, values };
}

/** Null for what is null, or within what is; undefined for an item of a list that has fewer. */
function readCell(row: unknown, path: FieldPath): unknown {
  let value = row;
  for (const name of path) {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) {
      const place = Number(name);
      if (place >= value.length || place < -value.length) return undefined;
    }
    value = findMember(value, name);
  }
  return value ?? null;
}

function createRead(descriptor: number, size: number): ReadBytes {
  return (start, length) => {
    if (start < 0 || length < 0 || start + length > size) throw new RangeError("beyond the file");
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(descriptor, bytes, done, length - done, start + done);
      if (count === 0) throw new RangeError("the file has become shorter");
      done += count;
    }
    return bytes;
  };
}

/** A decoder that stumbles says so in words of its own, for its own authors: here it is a damaged group. */
function renderRefusal(error: unknown): Answer {
  if (error instanceof ParquetRefusal) return { kind: "refused", what: error.message, next: error.next };
  const where = reading === undefined ? "its footer" : `group ${reading.group - 1}`;
  const codec = /unsupported (compression codec|encoding): \w+/.exec(String(error))?.[0];
  const why = codec === undefined ? "cannot be decoded" : `has an ${codec}`;
  return { kind: "refused", what: `the Parquet file is damaged: ${where} ${why}`, next: again };
}
