// What an experiment needs from outside before it can be planned: its dataset's digests and its template's text.
// A run keeps this as its record; a resume is prepared from that record and opens no file of the user's.

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openDataset } from "../datasets/registry.ts";
import type { Row, Split } from "../domain/rows.ts";
import { ConfigError, StoreError } from "../errors.ts";
import type { Json } from "../keys/canonical.ts";
import { findRowProblems } from "./arms/row-counts.ts";
import { computeDifference, computeExperimentDifference, type FieldDifference } from "./difference.ts";
import type { DatasetSettings, Experiment, LanguageExperiment } from "./experiment.ts";
import { readTextFile } from "./text-file.ts";

export interface SplitMaterial {
  readonly digest: string;
  readonly rowCount: number;
}

/** What a language experiment is made of beside its settings. */
export interface LanguageMaterials {
  readonly dataset: Readonly<Record<Split, SplitMaterial>>;
  /** Remarks of the reader, such as how ids came about. */
  readonly notes: readonly string[];
  readonly template: { readonly name: string; readonly text: string };
}

export interface RunRecordSource {
  readonly experiment: Experiment;
  readonly materials: LanguageMaterials | null;
}

/** What changed between two preparations, in the experiment and in what it reads. */
export function computePreparedDifference(before: RunRecordSource, after: RunRecordSource): readonly FieldDifference[] {
  return [
    ...computeExperimentDifference(before.experiment, after.experiment),
    ...computeDifference(before.materials as unknown as Json, after.materials as unknown as Json),
  ];
}

export interface PreparedExperiment extends RunRecordSource {
  readonly datasets: readonly { readonly split: Split; readonly digest: string; rows(): AsyncIterable<Row> }[];
}

/** Reads dataset and template; throws DatasetError or ConfigError for what cannot be used. */
export async function prepareExperiment(experiment: Experiment, signal: AbortSignal): Promise<PreparedExperiment> {
  if (experiment.system !== "language") return { experiment, materials: null, datasets: [] };
  const dataset = await openDataset(declareDataset(experiment.language.dataset), { folder: experiment.folder, signal });
  const describe = (split: Split): SplitMaterial => {
    const { digest, count } = dataset.splits[split];
    return { digest, rowCount: count };
  };
  const materials = {
    dataset: { train: describe("train"), test: describe("test") },
    notes: dataset.notes,
    template: await readTemplate(experiment),
  };
  checkRows(experiment, materials.dataset.train.rowCount);
  const splits = ["train", "test"] as const;
  const datasets = splits.map((split) => ({
    split,
    digest: dataset.splits[split].digest,
    rows: () => dataset.rows(split),
  }));
  return { experiment, materials, datasets };
}

/** Prepares a run from its own record; throws StoreError where there is none. */
export function restoreExperiment(record: Json | null, directory: string): PreparedExperiment {
  if (record === null) throw new StoreError("holds no run yet", { where: directory, next: "start it with refeed run" });
  const { experiment, materials } = record as unknown as RunRecordSource;
  const splits = materials ? (["train", "test"] as const) : [];
  const datasets = splits.map((split) => ({
    split,
    digest: materials?.dataset[split].digest ?? "",
    // A run imports its rows before anything is made of them: there is nothing to read again.
    rows: (): AsyncIterable<Row> => {
      throw new StoreError("was stopped before its dataset was imported", {
        where: directory,
        next: "start it again with refeed run",
      });
    },
  }));
  return { experiment, materials, datasets };
}

/** Of a built-in dataset the counts were known, and held against the arms, when the experiment was parsed. */
function checkRows({ arms, file, language }: LanguageExperiment, trainCount: number): void {
  if (language.dataset.kind !== "file") return;
  const problems = arms.flatMap(({ id, generations, settings }) =>
    findRowProblems(settings, generations, trainCount).map((problem) => ({
      where: file,
      what: `arm ${id}: ${problem.where}: ${problem.what}`,
      next: problem.next,
    })),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function declareDataset(settings: DatasetSettings) {
  if (settings.kind === "newswire") return { name: "newswire", train: settings.train, test: settings.test } as const;
  const { file, fields, split, train, test } = settings;
  const { id, ...columns } = fields;
  const counts = { ...(train === null ? {} : { train }), ...(test === null ? {} : { test }) };
  return { file, fields: id === null ? columns : { ...columns, id }, split, ...counts };
}

/** A name without a slash is a packaged template, one with a slash a file beside the experiment. */
async function readTemplate({ language, folder }: LanguageExperiment): Promise<LanguageMaterials["template"]> {
  const name = language.prompt;
  const isFile = name.includes("/");
  const path = isFile ? resolve(folder, name) : join(packagedTemplates, `${name}.jinja`);
  const text = await readTextFile({ path, shown: isFile ? name : path, kind: "prompt" });
  // A byte order mark would stand in front of every prompt.
  return { name, text: text.replace(/^\ufeff/, "") };
}

const packagedTemplates = fileURLToPath(new URL("../../prompts", import.meta.url));
