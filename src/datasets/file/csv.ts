// Records of a CSV file (RFC 4180) or one separated by tabs, streamed: quoted fields may hold separators, quotes written
// twice, and ends of lines. Told apart by bytes, which UTF-8 allows; only cells that are asked for are decoded.

import { isUtf8 } from "node:buffer";
import { DatasetError } from "../../errors.ts";
import { longestLineBytes } from "../../text/input/line-limit.ts";
import { mostMembers } from "../../text/input/member-limit.ts";
import { encodingAdvice } from "../fields/advice.ts";
import type { FieldPath } from "../fields/field-path.ts";
import { type FileRequest, readBytes, validateBytes } from "./bytes.ts";
import type { Problems } from "./problems.ts";
import type { Cells, Head, TableFormat } from "./table.ts";

export const csvFormat: TableFormat = { noun: "line", readHead, readRecords };

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;

/** A record as offsets into the bytes at hand. */
interface Scanned {
  /** Start and end of every field, without its quotes; `isEscaped` where a quote in it is written twice. */
  readonly fields: readonly { readonly start: number; readonly end: number; readonly isEscaped: boolean }[];
  /** Where the next record begins. */
  readonly next: number;
}

interface Fault {
  readonly what: string;
  readonly next: string;
}

/** A record in the file, whole. */
interface Found {
  readonly bytes: Buffer;
  readonly fields: Scanned["fields"];
  readonly line: number;
}

async function readHead(request: FileRequest): Promise<Head> {
  await validateBytes(request);
  for await (const [first] of readScanned(request)) {
    if (first === undefined) continue;
    const notes = hasMark(first.bytes) ? ["starts with a byte order mark, which is skipped"] : [];
    const names = first.fields.map((_, index) => decode(first, index));
    const odd = names.find((name) => typeof name !== "string");
    if (odd !== undefined) {
      throw new DatasetError("the header is not UTF-8", { where: `${request.shown}:1`, next: encodingAdvice });
    }
    const [only] = names as string[];
    const separator = names.length === 1 ? [";", "|", "\t"].find((sign) => only!.includes(sign)) : undefined;
    if (separator !== undefined) {
      const next = `separate them by commas: mlr --icsv --ifs '${separator}' --ocsv cat`;
      throw new DatasetError(`its fields are separated by ${JSON.stringify(separator)}`, {
        where: request.shown,
        next,
      });
    }
    return { columns: (names as string[]).map((name) => ({ name })), notes };
  }
  throw new DatasetError("the file has no header", { where: request.shown, next: "name the fields on the first line" });
}

/** A column's name is all there is to a path here. */
async function* readRecords(
  request: FileRequest,
  paths: readonly FieldPath[],
  problems: Problems,
): AsyncGenerator<readonly Cells[], void, void> {
  let places: readonly number[] | undefined;
  let [width, number] = [0, 0];
  for await (const found of readScanned(request)) {
    const records: Cells[] = [];
    for (const record of found) {
      if (places === undefined) {
        const header = record.fields.map((_, index) => decode(record, index));
        places = paths.map(([name]) => header.indexOf(name!));
        width = header.length;
        continue;
      }
      number += 1;
      const fault = findFault(record, width);
      if (fault !== undefined) problems.add({ place: `:${record.line}`, ...fault });
      else records.push({ spot: `:${record.line}`, number, values: places.map((place) => decode(record, place)) });
      if (problems.isFull) problems.throwIfAny();
    }
    yield records;
  }
}

function findFault({ bytes, fields }: Found, width: number): Fault | undefined {
  if (bytes.includes(0)) {
    return { what: "NUL byte", next: "write the file again: a full disk or a crash leaves such bytes" };
  }
  if (fields.length === width) return undefined;
  const what = `has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, the header has ${width}`;
  return { what, next: "quote fields that hold a separator, a quote or an end of line" };
}

/** The text of a cell, or its bytes where they are no UTF-8. */
function decode({ bytes, fields }: Found, index: number): string | Buffer {
  const { start, end, isEscaped } = fields[index]!;
  const from = index === 0 && start === 0 && hasMark(bytes) ? 3 : start;
  const cell = bytes.subarray(from, end);
  if (!isUtf8(cell)) return cell;
  const text = cell.toString();
  return isEscaped ? text.replaceAll('""', '"') : text;
}

function hasMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The records of each chunk together. What has no end yet waits for the next chunk, up to the limit of a line. */
async function* readScanned(request: FileRequest): AsyncGenerator<readonly Found[], void, void> {
  const separator = /\.tsv(\.gz)?$/i.test(request.shown) ? tab : comma;
  let held: Buffer = Buffer.alloc(0);
  let line = 1;
  const take = (isLast: boolean): readonly Found[] => {
    const found: Found[] = [];
    let at = 0;
    while (at < held.length) {
      const scanned = scanRecord(held, at, { separator, isLast });
      if (scanned === undefined) break;
      if ("what" in scanned)
        throw new DatasetError(scanned.what, { where: `${request.shown}:${line}`, next: scanned.next });
      const bytes = held.subarray(at, scanned.next);
      const start = at;
      const fields = scanned.fields.map((field) => ({ ...field, start: field.start - start, end: field.end - start }));
      // A blank line holds no record: every reader of CSV passes over it.
      const isBlank = fields.length === 1 && fields[0]!.end === 0;
      if (!isBlank) found.push({ bytes, fields, line });
      line += countLineFeeds(bytes);
      at = scanned.next;
    }
    held = held.subarray(at);
    if (held.length <= longestLineBytes) return found;
    throw new DatasetError(`the record is longer than ${longestLineBytes / 1048576} MiB`, {
      where: `${request.shown}:${line}`,
      next: "look for a quote on this line that is opened and never closed",
    });
  };
  for await (const chunk of readBytes(request)) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    yield take(false);
  }
  if (held.length > 0) yield take(true);
}

function countLineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}

/** One record from `start` on; undefined where the bytes at hand do not tell its end. */
export function scanRecord(
  bytes: Buffer,
  start: number,
  { separator, isLast }: { readonly separator: number; readonly isLast: boolean },
): Scanned | Fault | undefined {
  const fields: Scanned["fields"][number][] = [];
  let at = start;
  for (;;) {
    const isQuoted = bytes[at === 0 && hasMark(bytes) ? 3 : at] === quote;
    const field = isQuoted ? scanQuoted(bytes, at === 0 && hasMark(bytes) ? 3 : at) : scanPlain(bytes, at, separator);
    if (field === undefined) return isLast ? unclosed : undefined;
    fields.push(field);
    if (fields.length > mostMembers) return tooWide;
    at = field.end + (isQuoted ? 1 : 0);
    const sign = bytes[at];
    if (sign === separator) {
      at += 1;
      continue;
    }
    if (sign === lineFeed) return { fields, next: at + 1 };
    if (sign === carriageReturn && bytes[at + 1] === lineFeed) return { fields, next: at + 2 };
    const isEnd = sign === undefined || (sign === carriageReturn && at + 1 === bytes.length);
    if (isEnd) return isLast ? { fields, next: bytes.length } : undefined;
    return sign === carriageReturn ? returnAlone : strayText;
  }
}

const unclosed: Fault = {
  what: "a quote is opened and never closed",
  next: "the file may be cut off, or a quote in a text not be written twice",
};
const tooWide: Fault = { what: `has more than ${mostMembers} fields`, next: "keep the fields that are used" };
const returnAlone: Fault = {
  what: "has a carriage return without a line feed",
  next: "end lines with LF, not with CR alone: tr '\\r' '\\n'",
};
const strayText: Fault = {
  what: "has text behind a closing quote",
  next: "write a quote within a quoted field twice",
};

/** A field in quotes that begins at `open`; undefined where no byte closes it for certain. */
function scanQuoted(bytes: Buffer, open: number): Scanned["fields"][number] | undefined {
  let isEscaped = false;
  for (let at = bytes.indexOf(quote, open + 1); at >= 0; at = bytes.indexOf(quote, at + 2)) {
    if (bytes[at + 1] !== quote) return { start: open + 1, end: at, isEscaped };
    isEscaped = true;
  }
  return undefined;
}

/** A field without quotes: to the next separator or end of line. A quote inside it is a character like others. */
function scanPlain(bytes: Buffer, start: number, separator: number): Scanned["fields"][number] {
  let end = start;
  for (; end < bytes.length; end++) {
    const byte = bytes[end];
    if (byte === separator || byte === lineFeed || byte === carriageReturn) break;
  }
  return { start, end, isEscaped: false };
}
