// Makes a row of one line of a JSON Lines file, or says exactly what is wrong with it and where.
// It sees one line at a time; of the lines before it knows only their ids.

import { isUtf8 } from "node:buffer";
import type { Split } from "../../domain/rows.ts";
import { computeCharacterCount } from "../../text/input/character-count.ts";
import { computeInvalidOffset } from "../../text/input/invalid-utf8.ts";
import { computeJsonScan } from "../../text/input/json-scan.ts";
import { longestLineBytes } from "../../text/input/line-limit.ts";
import { hasManyMembers, mostMembers } from "../../text/input/member-limit.ts";
import { computeRepeatedMember } from "../../text/input/repeated-member.ts";
import type { KnownIds } from "./known-ids.ts";
import type { Line } from "./lines.ts";
import type { Problems } from "./problems.ts";
import type { FileRow } from "./source.ts";

export interface RowFields {
  /** Undefined takes the number of the line. */
  readonly id: string | undefined;
  readonly article: string;
  readonly summary: string;
  /** The field that says `train` or `test`; absent where rows are split by their ids. */
  readonly split?: string;
}

export interface RowParser {
  readonly fields: RowFields;
  /** How a user names the field of a role: in an experiment, or by a flag. */
  readonly adviseField?: ((role: "article" | "summary") => string) | undefined;
  readonly problems: Problems;
  /** Undefined lets ids come twice. */
  readonly knownIds: KnownIds | undefined;
  /** Lets a text be empty or null: a filter will drop the row and count it. */
  readonly allowsEmpty?: boolean;
  /** The id of a row that has none; by default its number. */
  readonly nameRow?: ((number: number) => string) | undefined;
}

/** A line on its way to a row, with all that a message about it needs. */
interface Parsed extends RowParser {
  readonly line: Line;
  readonly number: number;
  readonly text: string;
}

interface Fault {
  readonly what: string;
  readonly next?: string | undefined;
  readonly isOfFile?: boolean;
}

type Members = Readonly<Record<string, unknown>>;

/** The row of line `number`, counted from 1; undefined after adding a problem. */
export function parseRow(line: Line, number: number, parser: RowParser): FileRow | undefined {
  const { fields } = parser;
  const text = decode(line, number, parser.problems);
  if (text === undefined) return undefined;
  const parsed = { ...parser, line, number, text };
  const members = parseMembers(parsed);
  if (members === undefined || hasRepeatedKey(parsed) || isChat(parsed, members)) return undefined;
  const article = readText(parsed, members, "article");
  const summary = readText(parsed, members, "summary");
  const id = fields.id === undefined ? (parser.nameRow ?? String)(number) : readId(parsed, members, fields.id);
  const split = fields.split === undefined ? undefined : readSplit(parsed, members, fields.split);
  if (article === undefined || summary === undefined || id === undefined || split === null) return undefined;
  return { row: { id, article, summary }, split };
}

/** True where the line is an object with the given member; false for anything that cannot be read. */
export function hasMember(line: Line, member: string): boolean {
  const text = line.bytes.toString();
  // A name without the escapes that it might be spelled with stands in the text as it is.
  if (!text.includes(JSON.stringify(member)) && !text.includes("\\u")) return false;
  return computeJsonScan(text, mostMembers).members.some(({ key }) => key === member);
}

/** True where the line names its split; only for a line that is an object, and whole. */
export function isSplitNamed(line: Line, field: string): boolean {
  if (!hasMember(line, field)) return false;
  try {
    const members = JSON.parse(line.bytes.toString()) as Members;
    return members[field] === "train" || members[field] === "test";
  } catch {
    return false;
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
function parseMembers(parsed: Parsed): Members | undefined {
  const { text, number } = parsed;
  if (number === 1 && /^\s*\[/.test(text)) {
    const what = "starts a JSON array; every line must be one object";
    return report(parsed, 0, { what, next: "convert it: jq -c '.[]'", isOfFile: true });
  }
  if (hasManyMembers(text)) {
    const next = "keep the fields that are used: jq -c '{article, summary}'";
    return report(parsed, 0, { what: `has more than ${mostMembers} fields`, next, isOfFile: number === 1 });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { problem } = computeJsonScan(text);
    if (problem === undefined) throw error;
    return report(parsed, problem.offset, { what: `not valid JSON: ${problem.what}`, next: adviseOnJson(parsed) });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
  return report(parsed, text.search(/\S/), { what: `must be an object, is ${renderKind(value)}` });
}

/** The likeliest mistake behind a line that is not JSON. */
function adviseOnJson({ text, number, line }: Parsed): string | undefined {
  if (/\r\s*\S/.test(text)) return "end lines with LF, not with CR alone: tr '\\r' '\\n'";
  if (number === 1 && /^[^{["]*[,;\t]/.test(text)) return "write every row as a JSON object: mlr --icsv --ojsonl cat";
  if (!line.isEnded) return `the file may be cut off${number > 1 ? `; the last whole line is ${number - 1}` : ""}`;
  return number === 1 && /^\s*\{\s*$/.test(text) ? "write every row on one line: jq -c ." : undefined;
}

/**
 * Rows for chat models are lists of messages. Which of them is the article and which the summary is not guessed here,
 * and whether their roles, images and tool calls are in order is not looked at: two texts are asked for instead.
 */
function isChat(parsed: Parsed, members: Members): boolean {
  const key = ["messages", "conversations"].find(
    (name) => Object.hasOwn(members, name) && Array.isArray(members[name]),
  );
  if (key === undefined || Object.hasOwn(members, parsed.fields.article)) return false;
  const content = key === "messages" ? "content" : "value";
  reportValue(parsed, key, {
    what: "is a chat; a row is two texts, an article and its summary",
    next: `map them: jq -c '{article: .${key}[-2].${content}, summary: .${key}[-1].${content}}'`,
    isOfFile: parsed.number === 1,
  });
  return true;
}

/** Only of the fields that are used: what the others hold is nobody's business. */
function hasRepeatedKey(parsed: Parsed): boolean {
  const { text, fields } = parsed;
  const names = [fields.article, fields.summary, fields.id, fields.split].filter((name) => name !== undefined);
  const repeated = computeRepeatedMember(text, names);
  if (repeated === undefined) return false;
  report(parsed, repeated.keyOffset, { what: `has the field ${quote(repeated.key)} twice`, next: "keep one of them" });
  return true;
}

/** A field's text. Only own members count: every object has a toString. */
function readText(parsed: Parsed, members: Members, role: "article" | "summary"): string | undefined {
  const field = parsed.fields[role];
  if (!Object.hasOwn(members, field)) {
    const others = Object.keys(members);
    const listed = others.length === 0 ? "nothing" : others.slice(0, 6).map(quote).join(", ");
    return report(parsed, 0, {
      what: `has no field ${quote(field)} for the ${role}; it has ${listed}${others.length > 6 ? ", .." : ""}`,
      next: `name the field that holds it: ${(parsed.adviseField ?? adviseMapping)(role)}`,
    });
  }
  const text = members[field];
  if (parsed.allowsEmpty && (text === null || (typeof text === "string" && text.trim() === ""))) return "";
  if (typeof text !== "string")
    return reportValue(parsed, field, {
      what: `must be text, is ${renderKind(text)}`,
      next: adviseText(text, role, parsed.adviseField),
    });
  return isUsable(parsed, field, { text, next: adviseText(text, role, parsed.adviseField) }) ? text : undefined;
}

export const encodingAdvice = "convert it, from Latin-1 for example: iconv -f latin1 -t UTF-8";

/** Nothing may be dropped row by row; what is of another kind is mostly another field than was meant. */
export function adviseText(value: unknown, role: "article" | "summary", advise = adviseMapping): string {
  const isNothing = value === null || value === undefined || typeof value === "string";
  return isNothing
    ? "write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}"
    : `write a text there, or name another field: ${advise(role)}`;
}

export function adviseMapping(role: "article" | "summary"): string {
  return `fields: {${role}: ...}`;
}

/** The split that the row names; null after adding a problem. A third split is refused: dropped rows would be missed. */
function readSplit(parsed: Parsed, members: Members, field: string): Split | null {
  const split = Object.hasOwn(members, field) ? members[field] : undefined;
  if (split === "train" || split === "test") return split;
  const next = "write train or test into every row, or remove the field to split by ids";
  const told = typeof split === "string" ? quote(split) : renderKind(split);
  if (split === undefined) report(parsed, 0, { what: `has no field ${quote(field)}, which the first row has`, next });
  else reportValue(parsed, field, { what: `is ${told}, not "train" or "test"`, next });
  return null;
}

export const idAdvice = "give every row an id, or name another field for it";

/** The id as text. A number is taken only where its digits survive: 2^53 + 1 would silently become 2^53. */
function readId(parsed: Parsed, members: Members, field: string): string | undefined {
  if (!Object.hasOwn(members, field)) {
    const what = `has no field ${quote(field)} for the id`;
    return report(parsed, 0, { what, next: "give every row an id, or name no field for it" });
  }
  const value = members[field];
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    return reportValue(parsed, field, { what: "is a number that cannot be kept exactly", next: "write ids as text" });
  }
  if (typeof value !== "string" && typeof value !== "number") {
    return reportValue(parsed, field, {
      what: `must be text or a whole number, is ${renderKind(value)}`,
      next: idAdvice,
    });
  }
  const id = String(value);
  if (!isUsable(parsed, field, { text: id, next: idAdvice })) return undefined;
  const first = parsed.knownIds?.add(id, parsed.number);
  if (first === undefined) return id;
  const hint = /^-?\d+$/.test(id) ? "; as text or as a number, it is one id" : "";
  return reportValue(parsed, field, {
    what: `is ${quote(id)}, which line ${first} has already${hint}`,
    next: "give every row an id of its own",
  });
}

/** Refuses text that is nothing, or that UTF-8 cannot carry: it would come back as another text. */
function isUsable(
  parsed: Parsed,
  field: string,
  { text, next }: { readonly text: string; readonly next: string },
): boolean {
  const isEmpty = text.trim() === "";
  if (!isEmpty && text.isWellFormed()) return true;
  if (isEmpty) reportValue(parsed, field, { what: "is empty", next });
  else {
    const what = "holds half of a surrogate pair, which is no character";
    reportValue(parsed, field, { what, next: "write the character whole, or remove it" });
  }
  return false;
}

/** Reports a fault where the field's value begins. */
function reportValue(parsed: Parsed, field: string, { what, ...fault }: Fault): undefined {
  const member = computeJsonScan(parsed.text).members.findLast(({ key }) => key === field);
  return report(parsed, member?.valueOffset ?? 0, { ...fault, what: `${quote(field)} ${what}` });
}

/** Reports a fault at an offset of the line's text, as column and byte. */
function report({ line, number, text, problems }: Parsed, offset: number, { what, next, isOfFile }: Fault): undefined {
  const before = text.slice(0, offset);
  const place = {
    line: number,
    column: computeCharacterCount(before) + 1,
    byte: line.byte + Buffer.byteLength(before),
  };
  problems.add({ place, what, next, ...(isOfFile ? { isOfFile } : {}) });
}

export function renderKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : typeof value === "string" ? "text" : `a ${typeof value}`;
}

/** Words from the file, in quotes, escaped and clipped: they may hold anything. */
export function quote(words: string): string {
  return JSON.stringify(words.length > 40 ? `${words.slice(0, 40)}..` : words);
}
