// Rows of a JSON Lines file, plain or gzip. What the first line decides is settled when it is opened: whether rows have
// ids, whether they name their split, which names a field's path goes by, and what to tell about the file's bytes.

import { DatasetError } from "../../errors.ts";
import { type Field, findMember, parseFieldPath } from "../fields/field-path.ts";
import { readBytes, validateBytes } from "./bytes.ts";
import { hasMember, readAhead } from "./line-object.ts";
import { type Line, readLines } from "./lines.ts";
import { createProblems } from "./problems.ts";
import { parseRow, type RowFields } from "./rows.ts";
import type { FileRow, Pass, RowSource, SourceRequest } from "./source.ts";

export async function openLineSource(request: SourceRequest): Promise<RowSource> {
  const { file } = request;
  await validateBytes(file);
  const notes: string[] = [];
  for await (const [first] of readLines(readBytes(file))) {
    if (first === undefined) continue;
    const line = skipMark(first);
    if (line !== first) notes.push("starts with a byte order mark, which is skipped");
    if (line.bytes.at(-1) === 13) notes.push("has lines that end in CR LF, read as LF");
    const { id, article, summary } = request.fields;
    const hasId = id === undefined && request.seeksId && !line.isTooLong && hasMember(line, "id");
    if (id === undefined && !hasId && request.seeksId)
      notes.push("has no ids: the number of its line is the id of a row");
    const ahead = readAhead(line);
    const hasSplit = request.seeksSplit && (ahead?.split === "train" || ahead?.split === "test");
    if (hasSplit) notes.push('is split as its field "split" says');
    const locate = (text: string): Field => ({ text, path: parseFieldPath(text, ahead as unknown, findMember) });
    const fields = {
      id: hasId ? locate("id") : id === undefined ? undefined : locate(id),
      article: locate(article),
      summary: locate(summary),
      ...(hasSplit ? { split: locate("split") } : {}),
    };
    return { notes, hasSplit, read: (pass) => readRows(request, fields, pass) };
  }
  if (request.allowsNone) return { notes, hasSplit: false, read: readNothing };
  throw new DatasetError("the file is empty", { where: file.shown });
}

async function* readNothing(): AsyncGenerator<readonly FileRow[], void, void> {}

async function* readRows(
  { file, adviseField, allowsEmpty, nameRow }: SourceRequest,
  fields: RowFields,
  { knownIds }: Pass,
): AsyncGenerator<readonly FileRow[], void, void> {
  const problems = createProblems(file.shown);
  const parser = { fields, problems, adviseField, knownIds, allowsEmpty, nameRow };
  let number = 0;
  for await (const lines of readLines(readBytes(file))) {
    const rows: FileRow[] = [];
    for (const line of lines) {
      number += 1;
      const parsed = parseRow(number === 1 ? skipMark(line) : line, number, parser);
      // A file that is wrong throughout is not read to its end.
      if (problems.isFull) problems.throwIfAny();
      if (parsed !== undefined) rows.push(parsed);
    }
    yield rows;
  }
  problems.throwIfAny();
}

/** The first line without its byte order mark, which RFC 8259 lets a reader ignore. */
function skipMark(line: Line): Line {
  const isMarked = line.bytes[0] === 0xef && line.bytes[1] === 0xbb && line.bytes[2] === 0xbf;
  return isMarked ? { ...line, bytes: line.bytes.subarray(3), byte: line.byte + 3 } : line;
}
