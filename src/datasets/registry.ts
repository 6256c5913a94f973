// The datasets there are by name, and the one door to them all.
// Corpora made by a generator need no file; everything else is a file of the user's own, or was pulled from a hub.

import { setImmediate } from "node:timers/promises";
import type { Row, Split } from "../domain/rows.ts";
import { computeDatasetDigest, createRowCounter, type Dataset, type SplitSummary } from "./dataset.ts";
import type { DatasetContext, FileDeclaration } from "./file-dataset.ts";
import type { HubDeclaration } from "./hub/find-one.ts";

export interface NamedDeclaration {
  readonly name: DatasetName;
  readonly train?: number;
  readonly test?: number;
}

export type DatasetDeclaration = NamedDeclaration | FileDeclaration | HubDeclaration;

export const datasetNames = ["newswire"] as const;

export type DatasetName = (typeof datasetNames)[number];

/** Rows of each split where the declaration names no count. */
export const defaultCounts: Readonly<Record<DatasetName, Readonly<Record<Split, number>>>> = {
  newswire: { train: 4000, test: 1500 },
};

/** Opens a declared dataset: reads it whole once, so that its digest is known. Throws DatasetError. */
export async function openDataset(declaration: DatasetDeclaration, context: DatasetContext): Promise<Dataset> {
  if ("file" in declaration) return (await import("./file-dataset.ts")).openFileDataset(declaration, context);
  if ("hub" in declaration) return (await import("./hub/hub-dataset.ts")).openHubDataset(declaration, context);
  const { name } = declaration;
  const create = await loadGenerator(name);
  const counts = { ...defaultCounts[name], ...declaration };
  const rows = (split: Split) => createRows(create, { split, count: counts[split] }, context.signal);
  const splits = { train: await summarise(rows("train")), test: await summarise(rows("test")) };
  return { name, digest: computeDatasetDigest(splits), splits, notes: [], curation: [], rows };
}

/** Makes the rows [first, first + count) of a split; a corpus seed of 0 gives those that experiments use. */
export type RowGenerator = (options: {
  readonly seed?: number;
  readonly split: Split;
  readonly first?: number;
  readonly count: number;
}) => readonly Row[];

export async function loadGenerator(name: DatasetName): Promise<RowGenerator> {
  switch (name) {
    case "newswire":
      return (await import("./newswire.ts")).createNewswireRows;
  }
}

const batchRows = 1000;

/** Creates rows batch by batch, so that any number of them fits into memory. */
export async function* createRows(
  create: RowGenerator,
  { seed = 0, split, count }: { readonly seed?: number; readonly split: Split; readonly count: number },
  signal: AbortSignal,
): AsyncGenerator<Row, void, void> {
  for (let first = 0; first < count; first += batchRows) {
    // Ten million rows take minutes, in which a signal must be heard.
    await setImmediate();
    signal.throwIfAborted();
    yield* create({ seed, split, first, count: Math.min(batchRows, count - first) });
  }
}

async function summarise(rows: AsyncIterable<Row>): Promise<SplitSummary> {
  const counter = createRowCounter();
  for await (const row of rows) counter.add(row);
  return counter.summary();
}
