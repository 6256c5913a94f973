// The dataset key: a built-in corpus by its name, a file of the user's own, or a data set pulled from a hub.

import { z } from "zod";
import { datasetNames } from "../../datasets/registry.ts";
import type { DatasetSettings } from "../experiment.ts";
import { curationKeys, resolveCuration } from "./curation.ts";
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

/** What rows that somebody else wrote have in common, wherever they lie. */
const rows = {
  fields: strict({
    article: text
      .default("article")
      .describe(
        "The field that holds the text to be summarised, or a path to it: translation.en, messages.-2.content.",
      ),
    summary: text
      .default("summary")
      .describe("The field that holds the reference summary, or a path to it: answers.text.0, messages.-1.content."),
    id: text
      .nullable()
      .default(null)
      .describe(
        "The field that names a row, or a path to it. In a file: `id` where rows have it, else the line; of a hub: the row's place.",
      ),
  })
    .prefault({})
    .describe("Names of the fields of a row, or paths into what they nest."),
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
  ...curationKeys,
};

/** How the file itself is read is decided in datasets/. */
const fileSchema = strict({
  file: text.describe("A JSON Lines, CSV or Parquet file; a relative path is relative to this experiment file."),
  ...rows,
});

/** What refeed datasets pull has fetched; nothing is fetched by a run. */
const hubSchema = strict({
  hub: text.describe("A data set that was pulled from a hub: owner/name."),
  config: text.nullable().default(null).describe("Its configuration; null where one alone was pulled."),
  revision: text.nullable().default(null).describe("The commit; null where one alone was pulled."),
  folder: text
    .nullable()
    .default(null)
    .describe("The folder it was pulled to, relative to this file; null for the nearest datasets/ upwards."),
  splits: strict({
    train: text.default("train").describe("The hub's split that our train split is."),
    test: text.nullable().default("test").describe("The hub's split to test on; null holds rows of train out."),
  })
    .prefault({})
    .describe("The hub's names of the splits."),
  ...rows,
});

export const datasetSchema = z
  .union([namedSchema, fileSchema, hubSchema])
  .describe(
    "The real data: {name: newswire, train: 2000, test: 300}, a file of your own, or what was pulled from a hub.",
  );

/** The dataset in full. The file stays as it was given: its digest, not its path, tells what was read. */
export function resolveDataset(config: z.output<typeof datasetSchema>): DatasetSettings {
  if ("name" in config) return { kind: config.name, train: config.train, test: config.test };
  const { fields, split, train, test } = config;
  const rows = {
    fields: { id: fields.id, article: fields.article, summary: fields.summary },
    split: { test: readShare(split.test), seed: split.seed },
    train,
    test,
    ...resolveCuration(config),
  };
  if ("file" in config) return { kind: "file", file: config.file, ...rows };
  const { hub, config: name, revision, folder, splits } = config;
  return {
    kind: "hub",
    hub,
    config: name,
    revision,
    folder,
    splits: { train: splits.train, test: splits.test },
    ...rows,
  };
}
