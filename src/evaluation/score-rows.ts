// What a line of a predictions file and of a references file may be, and one clear sentence for everything else.

import { isUtf8 } from "node:buffer";
import { DatasetError } from "../errors.ts";
import { computeCharacterCount } from "../text/input/character-count.ts";
import { computeJsonScan } from "../text/input/json-scan.ts";
import { hasManyMembers, mostMembers } from "../text/input/member-limit.ts";
import { computeRepeatedMember } from "../text/input/repeated-member.ts";
import type { Lines } from "./score-lines.ts";

/** As it is written; two ids are the same when they read the same, so that 7 matches "7". */
export type RowId = string | number;

export interface PredictionRow {
  readonly id: RowId | undefined;
  readonly prediction: string;
}

export interface ReferenceRow {
  readonly id: RowId | undefined;
  readonly references: readonly string[];
}

/** One of the two files: how errors call it, how its rows are read, and whether they have ids. */
export interface RowFile<Row extends PredictionRow | ReferenceRow> {
  readonly name: string;
  readonly parse: (line: string | undefined) => Row;
  /** Every row is held to it; undefined where it is not known yet. */
  readonly hasIds: boolean | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const predictionShape = 'write one object a line: {"id": "a1", "prediction": "..."}, all with an id or none';
const referenceShape = 'write one object a line: {"id": "a1", "reference": "..."} or {"references": ["...", "..."]}';

/** The text of each line, undefined where it is not UTF-8. A byte order mark before the first one is left out. */
export function decodeLines({ bytes, count, first }: Lines): readonly (string | undefined)[] {
  const texts = isUtf8(bytes) ? decode(bytes).split("\n").slice(0, count) : decodeOneByOne(bytes);
  if (first === 1 && texts[0]?.startsWith("\ufeff")) texts[0] = texts[0].slice(1);
  return texts;
}

/** Reads a row; DatasetErrors name the file and the line. */
export function readRow<Row extends PredictionRow | ReferenceRow>(
  file: RowFile<Row>,
  text: string | undefined,
  line: number,
): Row {
  try {
    const row = file.parse(text);
    if (file.hasIds === undefined || file.hasIds === (row.id !== undefined)) return row;
    const what = file.hasIds ? "has no id, while line 1 has one" : "has an id, while line 1 has none";
    throw createProblem(what, "give an id to every row or to none");
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    // A problem that has a place within its line begins with the column.
    throw new DatasetError(error.what, { where: `${file.name}:${line}${error.where ?? ""}`, next: error.next });
  }
}

/** Other fields than these are nobody's business and left alone. Throws DatasetError without a place. */
export function parsePrediction(line: string | undefined): PredictionRow {
  const fields = parseFields(line, predictionShape);
  return { id: parseId(fields), prediction: parseText(fields, "prediction", predictionShape) };
}

/** One reference or a list of them. Throws DatasetError without a place. */
export function parseReference(line: string | undefined): ReferenceRow {
  const fields = parseFields(line, referenceShape);
  const id = parseId(fields);
  const { references } = fields;
  if (references === undefined) return { id, references: [parseText(fields, "reference", referenceShape)] };
  if (fields.reference !== undefined) throw createProblem('has both "reference" and "references"', referenceShape);
  if (!Array.isArray(references))
    throw createProblem(`"references" is ${tell(references)}, not a list`, referenceShape);
  if (references.length === 0) throw createProblem('"references" is an empty list', referenceShape);
  const other = references.findIndex((reference) => typeof reference !== "string");
  if (other < 0) return { id, references };
  throw createProblem(`"references" holds ${tell(references[other])}, not only strings`, referenceShape);
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** For blocks in which some line is broken, so that those before it are still read. */
function decodeOneByOne(bytes: Uint8Array): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(10, start);
    const line = bytes.subarray(start, feed < 0 ? bytes.length : feed);
    texts.push(isUtf8(line) ? decode(line) : undefined);
    start += line.length + 1;
  }
  return texts;
}

/** All that is read of a row. */
const readNames = ["id", "prediction", "reference", "references"];

function parseFields(line: string | undefined, shape: string): Fields {
  if (line === undefined) throw createProblem("is not valid UTF-8", "save the file as UTF-8");
  if (hasManyMembers(line)) throw createProblem(`has more than ${mostMembers} fields`, shape);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    if (line.trim() === "") throw createProblem("is an empty line", shape);
    const { problem } = computeJsonScan(line);
    throw createPlaced(line, problem?.offset ?? 0, { what: `not valid JSON: ${problem?.what}`, next: shape });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const repeated = computeRepeatedMember(line, readNames);
    if (repeated === undefined) return value as Fields;
    throw createPlaced(line, repeated.keyOffset, { what: `has "${repeated.key}" twice`, next: "keep one of them" });
  }
  throw createProblem(`is ${tell(value)}, not an object`, shape);
}

function parseText(fields: Fields, name: string, shape: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  if (value !== undefined) throw createProblem(`"${name}" is ${tell(value)}, not a string`, shape);
  const names = Object.keys(fields).slice(0, 5);
  const others = names.length > 0 ? `, only ${names.map((other) => JSON.stringify(other)).join(", ")}` : "";
  throw createProblem(`has no "${name}"${others}`, shape);
}

/** Whole numbers beyond 2^53 have lost digits once JSON is read, so they cannot tell rows apart. */
function parseId({ id }: Fields): RowId | undefined {
  if (id === undefined || Number.isSafeInteger(id) || (typeof id === "string" && id.isWellFormed())) {
    return id as RowId | undefined;
  }
  const told = typeof id === "number" ? `the number ${id}` : typeof id === "string" ? "a broken string" : tell(id);
  throw createProblem(`"id" is ${told}`, "an id is a string or a whole number below 2^53");
}

/** What a value is, in words. */
function tell(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A problem at an offset of its line, as a column counted in characters. */
function createPlaced(
  line: string,
  offset: number,
  { what, next }: { readonly what: string; readonly next: string },
): DatasetError {
  return new DatasetError(what, { where: `:${computeCharacterCount(line.slice(0, offset)) + 1}`, next });
}

function createProblem(what: string, next: string): DatasetError {
  return new DatasetError(what, { next });
}
