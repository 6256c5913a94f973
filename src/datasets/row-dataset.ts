// A dataset from a source of rows: counts, digests and lengths from one strict reading, and the same rows streamed again
// for every use. Where rows come from, and how the source tells its splits, is the source's.

import type { Row, Split } from "../domain/rows.ts";
import { DatasetError } from "../errors.ts";
import { type CurationSettings, hasCuration } from "./curate/settings.ts";
import { createVerdicts, type Verdicts } from "./curate/verdicts.ts";
import {
  type CurationCount,
  computeDatasetDigest,
  createRowCounter,
  type Dataset,
  type SplitSummary,
} from "./dataset.ts";
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
  /** The refusal of splits that are empty or shorter than declared; `curated` says what was dropped of them. */
  refuseShort(splits: Readonly<Record<Split, SplitSummary>>, curated: string | undefined): void;
}

export interface RowWishes {
  /** At most so many rows of each split, the first of those that stay. */
  readonly train?: number;
  readonly test?: number;
  readonly curation?: CurationSettings;
}

/**
 * Reads the whole source once, three times where it is curated, and throws DatasetError for what is wrong with it.
 * Memory holds what the source and the curator hold, 21 to 43 bytes of hashes for every article, and a bit a row.
 */
export async function openRowDataset(source: SplitSource, wishes: RowWishes): Promise<Dataset> {
  const decided = await decide(source, wishes.curation);
  const counters = { train: createRowCounter(), test: createRowCounter() };
  // The same article in both splits would be tested on what was trained on: worth a note, not a refusal.
  const splitByArticle = createKnownIds();
  const lengths = createLengthCounter();
  let sharedCount = 0;
  const reading = { source, wishes, verdicts: decided?.verdicts };
  for await (const { split, row } of readLimited(reading, { split: undefined, isFirst: decided === undefined })) {
    counters[split].add(row);
    lengths.add(row);
    const mark = split === "train" ? 1 : 2;
    if ((splitByArticle.add(row.article, mark) ?? mark) !== mark) sharedCount += 1;
  }
  const splits = { train: counters.train.summary(), test: counters.test.summary() };
  const notes = [...source.notes, ...(decided?.notes ?? []), ...renderLengths(lengths.summary())];
  source.refuseShort(splits, decided?.notes.join("; "));
  if (sharedCount > 0) {
    notes.push(`${sharedCount} ${sharedCount === 1 ? "row has" : "rows have"} the article of a row of the other split`);
  }
  const rows = (split: Split): AsyncGenerator<Row, void, void> =>
    readUnchanged(readLimited(reading, { split, isFirst: false }), splits[split], source.name);
  return {
    name: source.name,
    digest: computeDatasetDigest(splits),
    splits,
    notes,
    curation: decided?.counts ?? [],
    rows,
  };
}

interface Decided {
  readonly verdicts: Readonly<Record<Split, Verdicts>>;
  readonly counts: readonly CurationCount[];
  readonly notes: readonly string[];
}

/** Has every row looked at once, all test rows before any train row; undefined where nothing is asked of them. */
async function decide(source: SplitSource, curation: CurationSettings | undefined): Promise<Decided | undefined> {
  if (curation === undefined || !hasCuration(curation)) return undefined;
  const { createCurator } = await import("./curate/curator.ts");
  const curator = createCurator(curation);
  const verdicts = { train: createVerdicts(), test: createVerdicts() };
  for (const split of ["test", "train"] as const) {
    for await (const rows of source.read(split, true)) {
      for (const { row } of rows) verdicts[split].push(curator.add(split, row));
    }
  }
  const counts = curator.counts();
  return { verdicts, counts, notes: renderCuration(counts, verdicts) };
}

/** How many rows each step has dropped, of how many. */
function renderCuration(counts: readonly CurationCount[], verdicts: Decided["verdicts"]): readonly string[] {
  const dropped = counts.map(
    ({ step, reason, train, test }) => `${step}: ${train} train and ${test} test rows dropped (${reason})`,
  );
  const total = `curated: of ${verdicts.train.count()} train and ${verdicts.test.count()} test rows`;
  return [`${total}, ${verdicts.train.keptCount()} and ${verdicts.test.keptCount()} are kept`, ...dropped];
}

interface Reading {
  readonly source: SplitSource;
  readonly wishes: RowWishes;
  readonly verdicts: Readonly<Record<Split, Verdicts>> | undefined;
}

async function* readLimited(
  { source, wishes, verdicts }: Reading,
  { split, isFirst }: { readonly split: Split | undefined; readonly isFirst: boolean },
): AsyncGenerator<SplitRow, void, void> {
  const rest = { train: wishes.train ?? Infinity, test: wishes.test ?? Infinity };
  const passed = { train: 0, test: 0 };
  for await (const rows of source.read(split, isFirst)) {
    for (const row of rows) {
      const isKept = verdicts === undefined || verdicts[row.split].get(passed[row.split]++);
      if (isKept && rest[row.split]-- > 0) yield row;
    }
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
