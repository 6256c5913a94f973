// Makes a row of one line of a JSON Lines file, or says exactly what is wrong with it and where.
// It sees one line at a time; of the lines before it knows only their ids.

import type { Split } from "../../domain/rows.ts";
import { computeJsonPlace } from "../../text/input/json-place.ts";
import { computeRepeatedMember } from "../../text/input/repeated-member.ts";
import { computeRepeatedStep } from "../../text/input/repeated-step.ts";
import {
  adviseField,
  adviseMapping,
  adviseText,
  type FieldAdvice,
  idAdvice,
  isNothingThere,
  quote,
  renderEnd,
  renderInside,
  renderKind,
  type TextRole,
} from "../fields/advice.ts";
import { type Field, type Followed, followPath } from "../fields/field-path.ts";
import { type Fault, type Members, parseObject, type ReadLine, reportAt } from "./line-object.ts";
import type { Line } from "./lines.ts";
import type { Problems } from "./problems.ts";
import type { FileRow, RowIds } from "./source.ts";

export interface RowFields {
  /** Undefined takes the number of the line. */
  readonly id: Field | undefined;
  readonly article: Field;
  readonly summary: Field;
  /** The field that says `train` or `test`; absent where rows are split by their ids. */
  readonly split?: Field;
}

export interface RowParser {
  readonly fields: RowFields;
  readonly adviseField?: FieldAdvice | undefined;
  readonly problems: Problems;
  /** Undefined lets ids come twice. */
  readonly knownIds: RowIds | undefined;
  /** Lets a text be empty or null: a filter will drop the row and count it. */
  readonly allowsEmpty?: boolean;
  /** The id of a row that has none; by default its number. */
  readonly nameRow?: ((number: number) => string) | undefined;
}

/** A line on its way to a row. */
interface Parsed extends RowParser, ReadLine {
  readonly members: Members;
}

/** The row of line `number`, counted from 1; undefined after adding a problem. */
export function parseRow(line: Line, number: number, parser: RowParser): FileRow | undefined {
  const object = parseObject(line, number, parser.problems);
  if (object === undefined) return undefined;
  const parsed = { ...parser, ...object, line, number };
  if (hasRepeatedKey(parsed) || isChat(parsed)) return undefined;
  const { fields } = parser;
  const article = readText(parsed, "article");
  const summary = readText(parsed, "summary");
  const id = fields.id === undefined ? (parser.nameRow ?? String)(number) : readId(parsed, fields.id);
  const split = fields.split === undefined ? undefined : readSplit(parsed, fields.split);
  if (article === undefined || summary === undefined || id === undefined || split === null) return undefined;
  return { row: { id, article, summary }, split };
}

/**
 * Rows for chat models are lists of messages. Which of them is the article and which the summary is not guessed here,
 * and whether their roles, images and tool calls are in order is not looked at: two texts are asked for instead.
 */
function isChat(parsed: Parsed): boolean {
  const { members, fields, adviseField: advise = adviseMapping } = parsed;
  const key = ["messages", "conversations"].find(
    (name) => Object.hasOwn(members, name) && Array.isArray(members[name]),
  );
  if (key === undefined || Object.hasOwn(members, fields.article.path[0]!)) return false;
  const content = key === "messages" ? "content" : "value";
  const mapped = advise({ article: `${key}.-2.${content}`, summary: `${key}.-1.${content}` });
  reportValue(parsed, createName(key), {
    what: "is a chat; a row is two texts, an article and its summary",
    next: `name the two, for example the last: ${mapped}`,
    isOfFile: parsed.number === 1,
  });
  return true;
}

function createName(name: string): Field {
  return { text: name, path: [name] };
}

/** Only of the fields that are used: what the others hold is nobody's business. */
function hasRepeatedKey(parsed: Parsed): boolean {
  const { text, members, fields } = parsed;
  const used = [fields.article, fields.summary, fields.id, fields.split].filter((field) => field !== undefined);
  const names = used.map(({ path }) => path[0]!);
  const nested = used.flatMap(({ path }) => (path.length > 1 ? [path] : []));
  const repeated = computeRepeatedMember(text, names) ?? computeRepeatedStep(text, members, nested);
  if (repeated === undefined) return false;
  reportAt(parsed, repeated.keyOffset, {
    what: `has the field ${quote(repeated.key)} twice`,
    next: "keep one of them",
  });
  return true;
}

/** A field's text. Only own members count: every object has a toString. */
function readText(parsed: Parsed, role: TextRole): string | undefined {
  const field = parsed.fields[role];
  const found = followPath(parsed.members, field.path);
  if (found.steps < field.path.length) {
    const isNothing = isNothingThere(found, field.path);
    if (isNothing && parsed.allowsEmpty) return "";
    const next = isNothing ? adviseText(null, role) : adviseField(role, parsed.adviseField);
    return reportEnd(parsed, field, { role, found, next });
  }
  const text = found.value;
  if (parsed.allowsEmpty && (text === null || (typeof text === "string" && text.trim() === ""))) return "";
  const next = adviseText(text, role, parsed.adviseField);
  if (typeof text === "string") return isUsable(parsed, field, { text, next }) ? text : undefined;
  return reportValue(parsed, field, {
    what: `must be text, is ${renderKind(text)}${renderInside(text, field.path)}`,
    next,
  });
}

/** The split that the row names; null after adding a problem. A third split is refused: dropped rows would be missed. */
function readSplit(parsed: Parsed, field: Field): Split | null {
  const { value, steps } = followPath(parsed.members, field.path);
  const split = steps < field.path.length ? undefined : value;
  if (split === "train" || split === "test") return split;
  const next = "write train or test into every row, or remove the field to split by ids";
  const told = typeof split === "string" ? quote(split) : renderKind(split);
  if (split === undefined)
    reportAt(parsed, 0, { what: `has no field ${quote(field.text)}, which the first row has`, next });
  else reportValue(parsed, field, { what: `is ${told}, not "train" or "test"`, next });
  return null;
}

/** The id as text. A number is taken only where its digits survive: 2^53 + 1 would silently become 2^53. */
function readId(parsed: Parsed, field: Field): string | undefined {
  const found = followPath(parsed.members, field.path);
  if (found.steps < field.path.length) {
    return reportEnd(parsed, field, { role: "id", found, next: "give every row an id, or name no field for it" });
  }
  const { value } = found;
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    return reportValue(parsed, field, { what: "is a number that cannot be kept exactly", next: "write ids as text" });
  }
  if (typeof value !== "string" && typeof value !== "number") {
    const what = `must be text or a whole number, is ${renderKind(value)}${renderInside(value, field.path)}`;
    return reportValue(parsed, field, { what, next: idAdvice });
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
  field: Field,
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

/** Reports a path that leads nowhere, at the last thing that it leads to. */
function reportEnd(
  parsed: Parsed,
  { text, path }: Field,
  { role, found, next }: { readonly role: TextRole | "id"; readonly found: Followed; readonly next: string },
): undefined {
  const place = computeJsonPlace(parsed.text, path.slice(0, found.steps));
  const what = `has no field ${quote(text)} for the ${role}; ${renderEnd(found, path)}`;
  return reportAt(parsed, place.valueOffset, { what, next });
}

/** Reports a fault where the field's value begins. */
function reportValue(parsed: Parsed, { text, path }: Field, { what, ...fault }: Fault): undefined {
  const { valueOffset } = computeJsonPlace(parsed.text, path);
  return reportAt(parsed, valueOffset, { ...fault, what: `${quote(text)} ${what}` });
}
