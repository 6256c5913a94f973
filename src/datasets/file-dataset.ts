// A dataset from a JSON Lines file of the user's own: read strictly once to check and to count it, and streamed
// again for every use. Which rows are test rows depends on their ids and a seed, so adding rows moves no other.

import { resolve } from "node:path";
import type { Row, Split } from "../domain/rows.ts";
import { DatasetError } from "../errors.ts";
import { computeSeed } from "../keys/seed.ts";
import { computeDatasetDigest, createRowCounter, type Dataset, type SplitSummary } from "./dataset.ts";
import { type FileRequest, type Files, nodeFiles, readBytes, validateBytes } from "./file/bytes.ts";
import { createKnownIds } from "./file/known-ids.ts";
import { type Line, readLines } from "./file/lines.ts";
import { createProblems } from "./file/problems.ts";
import { hasMember, isSplitNamed, parseRow, type RowFields } from "./file/rows.ts";
import { createLengthCounter, type RowLengths } from "./lengths.ts";

export interface FileDeclaration {
  /** Relative to the folder of the context. */
  readonly file: string;
  /** The file's names for the parts of a row; by default their own. Without `id`, rows that have one use it. */
  readonly fields?: { readonly id?: string; readonly article?: string; readonly summary?: string };
  /**
   * `test` is a share of the rows, in (0, 1). Where this is absent, or says no more than the default does, a field
   * `split` of the rows with `train` or `test` in it goes before.
   */
  readonly split?: { readonly test: number; readonly seed: number };
  /** At most so many rows of each split, the first in the file. */
  readonly train?: number;
  readonly test?: number;
}

export interface DatasetContext {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly files?: Files;
  /** How a field is named where the dataset is opened; by default as an experiment does. */
  readonly adviseField?: (role: "article" | "summary") => string;
}

/**
 * Reads the whole file and throws DatasetError for the first three faults in it.
 * Memory holds one chunk, one line, and 21 to 43 bytes of hashes for every id and for every article.
 */
export async function openFileDataset(declaration: FileDeclaration, context: DatasetContext): Promise<Dataset> {
  await validateBytes(createRequest(declaration, context));
  const reading = await createReading(declaration, context);
  const counters = { train: createRowCounter(), test: createRowCounter() };
  // The same article in both splits would be tested on what was trained on: worth a note, not a refusal.
  const splitByArticle = createKnownIds();
  const lengths = createLengthCounter();
  let sharedCount = 0;
  for await (const { split, row } of readSplitRows(reading, true)) {
    counters[split].add(row);
    lengths.add(row);
    const mark = split === "train" ? 1 : 2;
    if ((splitByArticle.add(row.article, mark) ?? mark) !== mark) sharedCount += 1;
  }
  const splits = { train: counters.train.summary(), test: counters.test.summary() };
  refuseShortSplits(reading, splits);
  reading.notes.push(...renderLengths(lengths.summary()));
  if (sharedCount > 0) {
    reading.notes.push(
      `${sharedCount} ${sharedCount === 1 ? "row has" : "rows have"} the article of a row of the other split`,
    );
  }
  return {
    name: declaration.file,
    digest: computeDatasetDigest(splits),
    splits,
    notes: reading.notes,
    rows: (split) => readUnchanged(reading, split, splits[split]),
  };
}

/** What every pass over the file has in common. */
interface Reading {
  readonly declaration: FileDeclaration;
  readonly context: DatasetContext;
  readonly fields: RowFields;
  readonly notes: string[];
}

interface SplitRow {
  readonly split: Split;
  readonly row: Row;
}

/** Settles what the first line decides: whether rows have ids, and what to tell about its bytes. */
async function createReading(declaration: FileDeclaration, context: DatasetContext): Promise<Reading> {
  const { id, article = "article", summary = "summary" } = declaration.fields ?? {};
  const notes: string[] = [];
  for await (const [first] of readLines(readBytes(createRequest(declaration, context)))) {
    if (first === undefined) continue;
    const line = skipMark(first);
    if (line !== first) notes.push("starts with a byte order mark, which is skipped");
    if (line.bytes.at(-1) === 13) notes.push("has lines that end in CR LF, read as LF");
    const hasId = id === undefined && !line.isTooLong && hasMember(line, "id");
    if (id === undefined && !hasId) notes.push("has no ids: the number of its line is the id of a row");
    const fields = { id: hasId ? "id" : id, article, summary };
    if (!isDefaultSplit(declaration) || !isSplitNamed(line, "split")) return { declaration, context, notes, fields };
    notes.push('is split as its field "split" says');
    return { declaration, context, notes, fields: { ...fields, split: "split" } };
  }
  throw new DatasetError("the file is empty", { where: declaration.file });
}

/** The rows with their split, up to the declared counts; problems are thrown at the end. */
async function* readSplitRows(reading: Reading, isFirst: boolean): AsyncGenerator<SplitRow, void, void> {
  const { declaration, context, fields } = reading;
  const { split = defaultSplit } = declaration;
  const rest = { train: declaration.train ?? Infinity, test: declaration.test ?? Infinity };
  const problems = createProblems(declaration.file);
  // Ids were compared in the first pass, and the digest says that it is still the same file.
  const { adviseField } = context;
  const parser = { fields, problems, adviseField, knownIds: isFirst ? createKnownIds() : undefined };
  let number = 0;
  for await (const lines of readLines(readBytes(createRequest(declaration, context)))) {
    for (const line of lines) {
      number += 1;
      const parsed = parseRow(number === 1 ? skipMark(line) : line, number, parser);
      // A file that is wrong throughout is not read to its end.
      if (problems.isFull) problems.throwIfAny();
      if (parsed === undefined) continue;
      const { row } = parsed;
      const of = parsed.split ?? computeSplit(row.id, split);
      if (rest[of]-- > 0) yield { split: of, row };
    }
  }
  problems.throwIfAny();
}

const defaultSplit = { test: 0.2, seed: 0 } as const;

/** A resolved experiment always says how to split; what the default says too is no wish of anybody's. */
function isDefaultSplit({ split = defaultSplit }: FileDeclaration): boolean {
  return split.test === defaultSplit.test && split.seed === defaultSplit.seed;
}

/** Each id alone decides: the first word of its hash, as a share of all words, against the share of test rows. */
function computeSplit(id: string, { test, seed }: { readonly test: number; readonly seed: number }): Split {
  return computeSeed("split", seed, id)[0]! < test * 4294967296 ? "test" : "train";
}

/** The rows of one split; a reader who stops early is not told of changes further down. */
async function* readUnchanged(reading: Reading, split: Split, known: SplitSummary): AsyncGenerator<Row, void, void> {
  const counter = createRowCounter();
  for await (const { split: of, row } of readSplitRows(reading, false)) {
    if (of !== split) continue;
    counter.add(row);
    yield row;
  }
  if (counter.summary().digest !== known.digest) {
    throw new DatasetError("changed since it was first read", {
      where: reading.declaration.file,
      next: "start again, with a file that nothing writes to",
    });
  }
}

/** Lengths as a note: a model may read less of a text than the file holds, and only a reader can tell. */
function renderLengths(lengths: RowLengths | null): readonly string[] {
  if (lengths === null) return [];
  const { article, summary } = lengths;
  const ofArticles = `articles have ${article.median} words at the median and ${article.max} at most`;
  return [`${ofArticles}, summaries ${summary.median} and ${summary.max}`];
}

/** An experiment needs both splits, and as many rows as it declares. */
function refuseShortSplits({ declaration, fields }: Reading, splits: Readonly<Record<Split, SplitSummary>>): void {
  const { test: share } = declaration.split ?? defaultSplit;
  const total = splits.train.count + splits.test.count;
  for (const split of ["train", "test"] as const) {
    const { count } = splits[split];
    const wanted = declaration[split] ?? 1;
    if (count >= wanted) continue;
    const what =
      count === 0 ? `no row falls into the ${split} split` : `the ${split} split has ${count} rows, not ${wanted}`;
    // A hash of its id draws each row apart: a share of few rows may well be none of them.
    const why = `: of ${total} ${total === 1 ? "row" : "rows"}, each goes by the hash of its id`;
    const isNamed = fields.split !== undefined;
    throw new DatasetError(count === 0 && !isNamed ? `${what}${why}` : what, {
      where: declaration.file,
      next: isNamed
        ? `ask for fewer rows, or add rows whose "split" is "${split}"`
        : `ask for fewer rows, change split.test (${share}) or split.seed, or add rows`,
    });
  }
}

function createRequest({ file }: FileDeclaration, { folder, signal, files = nodeFiles }: DatasetContext): FileRequest {
  return { path: resolve(folder, file), shown: file, signal, files };
}

/** The first line without its byte order mark, which RFC 8259 lets a reader ignore. */
function skipMark(line: Line): Line {
  const isMarked = line.bytes[0] === 0xef && line.bytes[1] === 0xbb && line.bytes[2] === 0xbf;
  return isMarked ? { ...line, bytes: line.bytes.subarray(3), byte: line.byte + 3 } : line;
}
