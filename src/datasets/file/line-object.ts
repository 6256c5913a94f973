// Makes an object of one line of a JSON Lines file, or says exactly what is wrong with it and where. What the members of
// the object are to be, it does not know.

import { isUtf8 } from "node:buffer";
import { computeCharacterCount } from "../../text/input/character-count.ts";
import { computeInvalidOffset } from "../../text/input/invalid-utf8.ts";
import { computeJsonScan } from "../../text/input/json-scan.ts";
import { longestLineBytes } from "../../text/input/line-limit.ts";
import { hasManyMembers, mostMembers } from "../../text/input/member-limit.ts";
import { encodingAdvice, renderKind } from "../fields/advice.ts";
import type { Line } from "./lines.ts";
import type { Problems } from "./problems.ts";

export type Members = Readonly<Record<string, unknown>>;

/** A line with all that a message about it needs. */
export interface ReadLine {
  readonly line: Line;
  /** Counts from 1. */
  readonly number: number;
  readonly text: string;
  readonly problems: Problems;
}

export interface Fault {
  readonly what: string;
  readonly next?: string | undefined;
  readonly isOfFile?: boolean;
}

/** The object on line `number` and its text; undefined after adding a problem. */
export function parseObject(
  line: Line,
  number: number,
  problems: Problems,
): { readonly text: string; readonly members: Members } | undefined {
  const text = decode(line, number, problems);
  if (text === undefined) return undefined;
  const members = parseMembers({ line, number, text, problems });
  return members === undefined ? undefined : { text, members };
}

/** Reports a fault at an offset of the line's text, as column and byte. */
export function reportAt(
  { line, number, text, problems }: ReadLine,
  offset: number,
  { what, next, isOfFile }: Fault,
): undefined {
  const before = text.slice(0, offset);
  const place = {
    line: number,
    column: computeCharacterCount(before) + 1,
    byte: line.byte + Buffer.byteLength(before),
  };
  problems.add({ place, what, next, ...(isOfFile ? { isOfFile } : {}) });
}

/** True where the line is an object with the given member; false for anything that cannot be read. */
export function hasMember(line: Line, member: string): boolean {
  const text = line.bytes.toString();
  // A name without the escapes that it might be spelled with stands in the text as it is.
  if (!text.includes(JSON.stringify(member)) && !text.includes("\\u")) return false;
  return computeJsonScan(text, mostMembers).members.some(({ key }) => key === member);
}

/** The object on a line that is read ahead of all others; undefined for anything else, which its own turn will tell. */
export function readAhead(line: Line): Members | undefined {
  if (line.isTooLong) return undefined;
  const text = line.bytes.toString();
  if (hasManyMembers(text)) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a line, once its bytes are known to be text. */
function decode(line: Line, number: number, problems: Problems): string | undefined {
  const { bytes, byte } = line;
  const report = (at: number, what: string, next?: string): undefined => {
    const column = computeCharacterCount(bytes.toString("utf8", 0, at)) + 1;
    problems.add({ place: { line: number, column, byte: byte + at }, what, next });
  };
  if (line.isTooLong) {
    const what = `the line is longer than ${longestLineBytes / 1048576} MiB`;
    return report(0, what, "write one row a line; texts of this length are no rows");
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) return report(zero, "NUL byte", "write the file again: a full disk or a crash leaves such bytes");
  if (!isUtf8(bytes)) {
    const at = computeInvalidOffset(bytes);
    const what = `not UTF-8: byte 0x${bytes[at]!.toString(16).toUpperCase()}`;
    return report(at, what, encodingAdvice);
  }
  const text = bytes.toString();
  if (/^\s*$/.test(text)) return report(0, "blank line", "remove it: every line is one row");
  return text;
}

/** The object on the line. JSON.parse makes keys such as __proto__ plain members and changes no prototype. */
function parseMembers(read: ReadLine): Members | undefined {
  const { text, number } = read;
  if (number === 1 && /^\s*\[/.test(text)) {
    const what = "starts a JSON array; every line must be one object";
    return reportAt(read, 0, { what, next: "convert it: jq -c '.[]'", isOfFile: true });
  }
  if (hasManyMembers(text)) {
    const next = "keep the fields that are used: jq -c '{article, summary}'";
    return reportAt(read, 0, { what: `has more than ${mostMembers} fields`, next, isOfFile: number === 1 });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { problem } = computeJsonScan(text);
    if (problem === undefined) throw error;
    return reportAt(read, problem.offset, { what: `not valid JSON: ${problem.what}`, next: adviseOnJson(read) });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
  return reportAt(read, text.search(/\S/), { what: `must be an object, is ${renderKind(value)}` });
}

/** The likeliest mistake behind a line that is not JSON. */
function adviseOnJson({ text, number, line }: ReadLine): string | undefined {
  if (/\r\s*\S/.test(text)) return "end lines with LF, not with CR alone: tr '\\r' '\\n'";
  if (number === 1 && /^[^{["]*[,;\t]/.test(text)) return "write every row as a JSON object: mlr --icsv --ojsonl cat";
  if (!line.isEnded) return `the file may be cut off${number > 1 ? `; the last whole line is ${number - 1}` : ""}`;
  return number === 1 && /^\s*\{\s*$/.test(text) ? "write every row on one line: jq -c ." : undefined;
}
