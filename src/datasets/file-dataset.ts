// A dataset from one file of the user's own: JSON Lines, CSV or Parquet. Which rows are test rows depends on their ids
// and a seed, so adding rows moves no other.

import { resolve } from "node:path";
import type { Split } from "../domain/rows.ts";
import { DatasetError } from "../errors.ts";
import { computeSeed } from "../keys/seed.ts";
import type { CurationSettings } from "./curate/settings.ts";
import type { Dataset, SplitSummary } from "./dataset.ts";
import type { FieldAdvice } from "./fields/advice.ts";
import { type Files, nodeFiles } from "./file/bytes.ts";
import { createKnownIds } from "./file/known-ids.ts";
import { openSource } from "./file/open-source.ts";
import type { RowSource } from "./file/source.ts";
import { openRowDataset, type SplitRow, type SplitSource } from "./row-dataset.ts";

export interface FileDeclaration {
  /** Relative to the folder of the context. */
  readonly file: string;
  /**
   * The file's names for the parts of a row, or paths into what it nests; by default their own. Without `id`, rows that
   * have one use it.
   */
  readonly fields?: { readonly id?: string; readonly article?: string; readonly summary?: string };
  /**
   * `test` is a share of the rows, in (0, 1). Where this is absent, or says no more than the default does, a field
   * `split` of the rows with `train` or `test` in it goes before.
   */
  readonly split?: SplitRule;
  /** At most so many rows of each split, the first in the file. */
  readonly train?: number;
  readonly test?: number;
  readonly curation?: CurationSettings;
}

export interface SplitRule {
  readonly test: number;
  readonly seed: number;
}

export interface DatasetContext {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly files?: Files;
  /** How fields are named where the dataset is opened; by default as an experiment does. */
  readonly adviseField?: FieldAdvice;
  /** The same of the splits of a hub's. */
  readonly adviseSplits?: string;
}

export const defaultSplit: SplitRule = { test: 0.2, seed: 0 };

/** A resolved experiment always says how to split; what the default says too is no wish of anybody's. */
export function isDefaultSplit({ test, seed }: SplitRule = defaultSplit): boolean {
  return test === defaultSplit.test && seed === defaultSplit.seed;
}

/** Reads the whole file and throws DatasetError for the first three faults in it. */
export async function openFileDataset(declaration: FileDeclaration, context: DatasetContext): Promise<Dataset> {
  const { file, split = defaultSplit } = declaration;
  const { id, article = "article", summary = "summary" } = declaration.fields ?? {};
  const { folder, signal, files = nodeFiles, adviseField } = context;
  const source = await openSource({
    file: { path: resolve(folder, file), shown: file, signal, files },
    fields: { id, article, summary },
    seeksId: true,
    seeksSplit: isDefaultSplit(split),
    allowsEmpty: declaration.curation?.filter.empty === "drop",
    adviseField,
  });
  return openRowDataset(createSplitSource(source, declaration), declaration);
}

function createSplitSource(source: RowSource, declaration: FileDeclaration): SplitSource {
  const { file, split: rule = defaultSplit } = declaration;
  return {
    name: file,
    notes: source.notes,
    async *read(wanted, isFirst) {
      for await (const rows of source.read({ knownIds: isFirst ? createKnownIds() : undefined })) {
        const found: SplitRow[] = [];
        for (const { row, split = computeSplit(row.id, rule) } of rows) {
          if (wanted === undefined || split === wanted) found.push({ split, row });
        }
        yield found;
      }
    },
    refuseShort: (splits, curated) => refuseShortSplits(splits, { ...declaration, hasSplit: source.hasSplit, curated }),
  };
}

/** Each id alone decides: the first word of its hash, as a share of all words, against the share of test rows. */
export function computeSplit(id: string, { test, seed }: SplitRule): Split {
  return computeSeed("split", seed, id)[0]! < test * 4294967296 ? "test" : "train";
}

/** An experiment needs both splits, and as many rows as it declares. */
function refuseShortSplits(
  splits: Readonly<Record<Split, SplitSummary>>,
  {
    hasSplit,
    curated,
    ...declaration
  }: FileDeclaration & { readonly hasSplit: boolean; readonly curated: string | undefined },
): void {
  const { test: share } = declaration.split ?? defaultSplit;
  const total = splits.train.count + splits.test.count;
  for (const split of ["train", "test"] as const) {
    const { count } = splits[split];
    const wanted = declaration[split] ?? 1;
    if (count >= wanted) continue;
    const what =
      count === 0 ? `no row falls into the ${split} split` : `the ${split} split has ${count} rows, not ${wanted}`;
    refuseCurated(what, curated, declaration.file);
    // A hash of its id draws each row apart: a share of few rows may well be none of them.
    const why = `: of ${total} ${total === 1 ? "row" : "rows"}, each goes by the hash of its id`;
    throw new DatasetError(count === 0 && !hasSplit ? `${what}${why}` : what, {
      where: declaration.file,
      next: hasSplit
        ? `ask for fewer rows, or add rows whose "split" is "${split}"`
        : `ask for fewer rows, change split.test (${share}) or split.seed, or add rows`,
    });
  }
}

/** Of rows that were curated, what was dropped of them tells more than how they were split. */
export function refuseCurated(what: string, curated: string | undefined, where: string): void {
  if (curated === undefined) return;
  throw new DatasetError(`${what} (${curated})`, { where, next: "ask for fewer rows, or for less of them" });
}
