// Rows of a table, whatever file holds it: which column is which, and what is wrong with a cell. It knows no bytes.

import type { Split } from "../../domain/rows.ts";
import { DatasetError } from "../../errors.ts";
import {
  adviseField,
  adviseText,
  encodingAdvice,
  idAdvice,
  quote,
  renderKind,
  type TextRole,
} from "../fields/advice.ts";
import type { Field, FieldPath } from "../fields/field-path.ts";
import { findColumn } from "../fields/find-column.ts";
import { createProblems, type Problems } from "./problems.ts";
import type { FileRow, Pass, RowSource, SourceRequest } from "./source.ts";
import type { Cells, Column, TableFormat } from "./table.ts";

/** The fields that rows are made of; the place of each among the cells asked for. */
interface Roles {
  readonly fields: readonly Field[];
  readonly article: number;
  readonly summary: number;
  /** -1 where the number of the record is the id. */
  readonly id: number;
  /** -1 where rows are split by their ids. */
  readonly split: number;
}

interface RecordParser extends SourceRequest, Pass {
  readonly roles: Roles;
  readonly noun: "line" | "row";
  readonly problems: Problems;
}

export async function openTableSource(request: SourceRequest, format: TableFormat): Promise<RowSource> {
  const { file, fields, seeksId, seeksSplit } = request;
  const head = await format.readHead(file);
  if (head.isEmpty && !request.allowsNone)
    throw new DatasetError("has no rows", { where: file.shown, next: "write rows into it" });
  const notes = [...head.notes];
  const hasId = fields.id === undefined && seeksId && head.columns.some(({ name }) => name === "id");
  const id = fields.id ?? (hasId ? "id" : undefined);
  if (id === undefined && seeksId) notes.push(`has no ids: the number of its ${format.noun} is the id of a row`);
  const used: Field[] = [];
  const add = (text: string | undefined, role: TextRole | "id"): number =>
    text === undefined ? -1 : used.push({ text, path: findPath(head.columns, text, { ...request, role }) }) - 1;
  const roles = { fields: used, article: add(fields.article, "article"), summary: add(fields.summary, "summary") };
  const idPlace = add(id, "id");
  const hasSplit = seeksSplit && (await namesSplit(request, format, head.columns));
  if (hasSplit) notes.push('is split as its field "split" says');
  const split = hasSplit ? used.push({ text: "split", path: ["split"] }) - 1 : -1;
  const parser = { ...request, roles: { ...roles, id: idPlace, split }, noun: format.noun };
  return { notes, hasSplit, read: (pass) => readRows({ ...parser, ...pass }, format) };
}

/** Every record has the same columns: what is wrong with one is told once. */
function findPath(
  columns: readonly Column[],
  text: string,
  { file, role, adviseField: advise }: SourceRequest & { readonly role: TextRole | "id" },
): FieldPath {
  const found = findColumn(columns, text);
  if (found.kind === "found") return found.path;
  const isAbsent = found.kind === "absent";
  throw new DatasetError(isAbsent ? `has no field ${quote(text)} for the ${role}; ${found.instead}` : found.what, {
    where: file.shown,
    next: isAbsent ? adviseField(role, advise) : found.next,
  });
}

/** Whether the first record's field `split` says train or test. */
async function namesSplit(
  { file }: SourceRequest,
  { readRecords }: TableFormat,
  columns: readonly Column[],
): Promise<boolean> {
  if (findColumn(columns, "split").kind !== "found") return false;
  for await (const [first] of readRecords(file, [["split"]], createProblems(file.shown))) {
    if (first !== undefined) return first.values[0] === "train" || first.values[0] === "test";
  }
  return false;
}

async function* readRows(
  request: Omit<RecordParser, "problems">,
  format: TableFormat,
): AsyncGenerator<readonly FileRow[], void, void> {
  const problems = createProblems(request.file.shown);
  const parser = { ...request, problems };
  const paths = request.roles.fields.map(({ path }) => path);
  for await (const records of format.readRecords(request.file, paths, problems)) {
    const rows: FileRow[] = [];
    for (const record of records) {
      const row = parseRecord(record, parser);
      if (row !== undefined) rows.push(row);
      if (problems.isFull) problems.throwIfAny();
    }
    yield rows;
  }
  problems.throwIfAny();
}

/** The row of a record; undefined after adding a problem. */
function parseRecord(record: Cells, parser: RecordParser): FileRow | undefined {
  const { roles, nameRow = String } = parser;
  const article = readText(record, parser, "article");
  const summary = readText(record, parser, "summary");
  const id = roles.id < 0 ? nameRow(record.number) : readId(record, parser);
  const split = roles.split < 0 ? undefined : readSplit(record, parser);
  if (article === undefined || summary === undefined || id === undefined || split === null) return undefined;
  return { row: { id, article, summary }, split };
}

function readText(record: Cells, parser: RecordParser, role: TextRole): string | undefined {
  const field = parser.fields[role];
  const value = record.values[parser.roles[role]];
  const isNothing = value === null || value === undefined || (typeof value === "string" && value.trim() === "");
  if (isNothing && parser.allowsEmpty) return "";
  if (typeof value !== "string" || isNothing) {
    if (value instanceof Uint8Array) return report(record, parser, `${quote(field)} is not UTF-8`, encodingAdvice);
    const what = `${quote(field)} ${renderLack(value, "text")}`;
    return report(record, parser, what, adviseText(value, role, parser.adviseField));
  }
  return isUsable(record, parser, { field, text: value }) ? value : undefined;
}

/** Of a cell that holds another thing, or of an item that the list of this record is too short for. */
function renderLack(value: unknown, wanted: string): string {
  if (value === undefined) return "is not there: the list ends before it";
  return typeof value === "string" ? "is empty" : `must be ${wanted}, is ${renderKind(value)}`;
}

function isUsable(
  record: Cells,
  parser: RecordParser,
  { field, text }: { readonly field: string; readonly text: string },
): boolean {
  if (text.isWellFormed()) return true;
  const what = `${quote(field)} holds half of a surrogate pair, which is no character`;
  report(record, parser, what, "write the character whole, or remove it");
  return false;
}

function readId(record: Cells, parser: RecordParser): string | undefined {
  const { roles, knownIds, noun } = parser;
  const field = roles.fields[roles.id]!.text;
  const value = record.values[roles.id];
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  const id = isWhole || typeof value === "string" ? String(value) : "";
  if (id.trim() === "") {
    return report(record, parser, `${quote(field)} ${renderLack(value, "text or a whole number")}`, idAdvice);
  }
  if (!isUsable(record, parser, { field, text: id })) return undefined;
  const first = knownIds?.add(id, record.number);
  if (first === undefined) return id;
  const what = `${quote(field)} is ${quote(id)}, which ${noun === "row" ? "row" : "record"} ${first} has already`;
  return report(record, parser, what, "give every row an id of its own");
}

function readSplit(record: Cells, parser: RecordParser): Split | null {
  const value = record.values[parser.roles.split];
  if (value === "train" || value === "test") return value;
  const told = typeof value === "string" ? quote(value) : renderKind(value ?? null);
  const next = "write train or test into every row, or remove the field to split by ids";
  report(record, parser, `"split" is ${told}, not "train" or "test"`, next);
  return null;
}

function report({ spot }: Cells, { problems }: RecordParser, what: string, next: string): undefined {
  problems.add({ place: spot, what, next });
}
