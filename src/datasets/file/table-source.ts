// Rows of a table, whatever file holds it: which column is which, and what is wrong with a cell. It knows no bytes.

import type { Split } from "../../domain/rows.ts";
import { DatasetError } from "../../errors.ts";
import { createProblems, type Problems } from "./problems.ts";
import { adviseMapping, adviseText, encodingAdvice, idAdvice, quote, renderKind } from "./rows.ts";
import type { FileRow, Pass, RowSource, SourceRequest } from "./source.ts";
import type { Cells, Column, TableFormat } from "./table.ts";

/** The columns that rows are made of; the place of each among the cells asked for. */
interface Roles {
  readonly names: readonly string[];
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
  const notes = [...head.notes];
  const hasId = fields.id === undefined && seeksId && head.columns.some(({ name }) => name === "id");
  const id = fields.id ?? (hasId ? "id" : undefined);
  if (id === undefined && seeksId) notes.push(`has no ids: the number of its ${format.noun} is the id of a row`);
  const names = [fields.article, fields.summary];
  refuseColumn(head.columns, fields.article, { ...request, role: "article" });
  refuseColumn(head.columns, fields.summary, { ...request, role: "summary" });
  if (id !== undefined) refuseColumn(head.columns, id, { ...request, role: "id" });
  const hasSplit = seeksSplit && (await namesSplit(request, format, head.columns));
  if (hasSplit) notes.push('is split as its field "split" says');
  const add = (name: string | undefined): number => (name === undefined ? -1 : names.push(name) - 1);
  const roles = { names, article: 0, summary: 1, id: add(id), split: add(hasSplit ? "split" : undefined) };
  return { notes, hasSplit, read: (pass) => readRows({ ...request, ...pass, roles, noun: format.noun }, format) };
}

/** Every record has the same columns: what is wrong with one is told once. */
function refuseColumn(
  columns: readonly Column[],
  name: string,
  { file, role, adviseField = adviseMapping }: SourceRequest & { readonly role: "article" | "summary" | "id" },
): void {
  const found = columns.filter((column) => column.name === name);
  const refuse = (what: string, next: string): never => {
    throw new DatasetError(what, { where: file.shown, next });
  };
  if (found.length === 0) {
    const listed = columns.slice(0, 6).map((column) => quote(column.name));
    const others = listed.length === 0 ? "nothing" : `${listed.join(", ")}${columns.length > 6 ? ", .." : ""}`;
    const next =
      role === "id" ? "name another field for it, or none" : `name the field that holds it: ${adviseField(role)}`;
    refuse(`has no field ${quote(name)} for the ${role}; it has ${others}`, next);
  }
  if (found.length > 1) refuse(`has the field ${quote(name)} twice`, "keep one of them");
  const fault = found[0]?.fault;
  if (fault !== undefined) refuse(`the field ${quote(name)} ${fault}`, "name a field of texts, or write it as text");
}

/** Whether the first record's field `split` says train or test. */
async function namesSplit(
  { file }: SourceRequest,
  { readRecords }: TableFormat,
  columns: readonly Column[],
): Promise<boolean> {
  if (columns.filter(({ name, fault }) => name === "split" && fault === undefined).length !== 1) return false;
  for await (const [first] of readRecords(file, ["split"], createProblems(file.shown))) {
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
  for await (const records of format.readRecords(request.file, request.roles.names, problems)) {
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

function readText(record: Cells, parser: RecordParser, role: "article" | "summary"): string | undefined {
  const field = parser.fields[role];
  const value = record.values[parser.roles[role]];
  const isNothing = value === null || value === undefined || (typeof value === "string" && value.trim() === "");
  if (isNothing && parser.allowsEmpty) return "";
  if (typeof value !== "string" || isNothing) {
    if (value instanceof Uint8Array) return report(record, parser, `${quote(field)} is not UTF-8`, encodingAdvice);
    const is = typeof value === "string" ? "is empty" : `must be text, is ${renderKind(value ?? null)}`;
    return report(record, parser, `${quote(field)} ${is}`, adviseText(value, role, parser.adviseField));
  }
  return isUsable(record, parser, { field, text: value }) ? value : undefined;
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
  const field = roles.names[roles.id]!;
  const value = record.values[roles.id];
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  const id = isWhole || typeof value === "string" ? String(value) : "";
  if (id.trim() === "") {
    const is =
      typeof value === "string" ? "is empty" : `must be text or a whole number, is ${renderKind(value ?? null)}`;
    return report(record, parser, `${quote(field)} ${is}`, idAdvice);
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
