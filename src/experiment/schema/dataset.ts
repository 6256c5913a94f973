// The dataset key: a built-in corpus by its name, or a file of the user's own.

import { z } from "zod";
import { datasetNames } from "../../datasets/registry.ts";
import type { DatasetSettings } from "../experiment.ts";
import { count, readShare, share, strict } from "./strict.ts";

/** What the store is built for. */
const mostRows = 10_000_000;

/** A corpus made by a generator: rows are made to order, so both counts are free. */
const namedSchema = strict({
  name: z.enum(datasetNames).describe("A dataset that comes with this package: refeed datasets lists them."),
  train: count(1, mostRows).default(2000).describe("Rows of the train split."),
  test: count(1, mostRows).default(300).describe("Rows of the test split."),
});

/** Names of files and fields: anything but nothing. */
const text = z.string().min(1);

/** Rows that somebody else wrote; how the file itself is read is decided in datasets/. */
const fileSchema = strict({
  file: text.describe("A JSON Lines, CSV or Parquet file; a relative path is relative to this experiment file."),
  fields: strict({
    article: text.default("article").describe("The field that holds the text to be summarised."),
    summary: text.default("summary").describe("The field that holds the reference summary."),
    id: text.nullable().default(null).describe("The field that names a row. `id` where rows have it, else the line."),
  })
    .prefault({})
    .describe("Names of the fields of a row."),
  split: strict({
    test: share().default("20%").describe("Share of the rows held out for tests; each row's id decides on its own."),
    seed: count(0).default(0).describe("Another seed holds out other rows."),
  })
    .prefault({})
    .describe("How rows are held out."),
  train: count(1, mostRows)
    .nullable()
    .default(null)
    .describe("Rows of the train split to use, the first; null for all."),
  test: count(1, mostRows).nullable().default(null).describe("Rows of the test split to use, the first; null for all."),
});

export const datasetSchema = z
  .union([namedSchema, fileSchema])
  .describe("The real data: {name: newswire, train: 2000, test: 300}, or a file of your own.");

/** The dataset in full. The file stays as it was given: its digest, not its path, tells what was read. */
export function resolveDataset(config: z.output<typeof datasetSchema>): DatasetSettings {
  if ("name" in config) return { kind: config.name, train: config.train, test: config.test };
  const { file, fields, split, train, test } = config;
  return {
    kind: "file",
    file,
    fields: { id: fields.id, article: fields.article, summary: fields.summary },
    split: { test: readShare(split.test), seed: split.seed },
    train,
    test,
  };
}
