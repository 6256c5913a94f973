// A dataset from a source of rows: counts, digests and lengths from one strict reading, and the same rows streamed again
// for every use. Where rows come from, and how the source tells its splits, is the source's.

import type { Row, Split } from "../domain/rows.ts";
import { DatasetError } from "../errors.ts";
import { computeDatasetDigest, createRowCounter, type Dataset, type SplitSummary } from "./dataset.ts";
import { createKnownIds } from "./file/known-ids.ts";
import { createLengthCounter, type RowLengths } from "./lengths.ts";

export interface SplitRow {
  readonly split: Split;
  readonly row: Row;
}

/** Rows that know which split they are of. */
export interface SplitSource {
  readonly name: string;
  readonly notes: readonly string[];
  /** The rows of one split, or of both in the source's own order; `isFirst` where ids are to be compared. */
  read(split: Split | undefined, isFirst: boolean): AsyncGenerator<readonly SplitRow[], void, void>;
  /** The refusal of splits that are empty or shorter than declared. */
  refuseShort(splits: Readonly<Record<Split, SplitSummary>>): void;
}

/** At most so many rows of each split, the first. */
export type RowLimits = Readonly<Partial<Record<Split, number>>>;

/**
 * Reads the whole source once and throws DatasetError for what is wrong with it.
 * Memory holds what the source holds, and 21 to 43 bytes of hashes for every article.
 */
export async function openRowDataset(source: SplitSource, limits: RowLimits): Promise<Dataset> {
  const counters = { train: createRowCounter(), test: createRowCounter() };
  // The same article in both splits would be tested on what was trained on: worth a note, not a refusal.
  const splitByArticle = createKnownIds();
  const lengths = createLengthCounter();
  let sharedCount = 0;
  for await (const { split, row } of readLimited(source, limits, { split: undefined, isFirst: true })) {
    counters[split].add(row);
    lengths.add(row);
    const mark = split === "train" ? 1 : 2;
    if ((splitByArticle.add(row.article, mark) ?? mark) !== mark) sharedCount += 1;
  }
  const splits = { train: counters.train.summary(), test: counters.test.summary() };
  source.refuseShort(splits);
  const notes = [...source.notes, ...renderLengths(lengths.summary())];
  if (sharedCount > 0) {
    notes.push(`${sharedCount} ${sharedCount === 1 ? "row has" : "rows have"} the article of a row of the other split`);
  }
  return {
    name: source.name,
    digest: computeDatasetDigest(splits),
    splits,
    notes,
    rows: (split) => readUnchanged(readLimited(source, limits, { split, isFirst: false }), splits[split], source.name),
  };
}

async function* readLimited(
  source: SplitSource,
  limits: RowLimits,
  { split, isFirst }: { readonly split: Split | undefined; readonly isFirst: boolean },
): AsyncGenerator<SplitRow, void, void> {
  const rest = { train: limits.train ?? Infinity, test: limits.test ?? Infinity };
  for await (const rows of source.read(split, isFirst)) {
    for (const row of rows) if (rest[row.split]-- > 0) yield row;
  }
}

/** The rows of one split; a reader who stops early is not told of changes further down. */
async function* readUnchanged(
  rows: AsyncIterable<SplitRow>,
  known: SplitSummary,
  name: string,
): AsyncGenerator<Row, void, void> {
  const counter = createRowCounter();
  for await (const { row } of rows) {
    counter.add(row);
    yield row;
  }
  if (counter.summary().digest === known.digest) return;
  throw new DatasetError("changed since it was first read", {
    where: name,
    next: "start again, with a file that nothing writes to",
  });
}

/** Lengths as a note: a model may read less of a text than the file holds, and only a reader can tell. */
function renderLengths(lengths: RowLengths | null): readonly string[] {
  if (lengths === null) return [];
  const { article, summary } = lengths;
  const ofArticles = `articles have ${article.median} words at the median and ${article.max} at most`;
  return [`${ofArticles}, summaries ${summary.median} and ${summary.max}`];
}
