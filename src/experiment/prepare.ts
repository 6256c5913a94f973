// What an experiment needs from outside before it can be planned: its dataset's digests and its template's text.
// A run keeps this as its record; a resume is prepared from that record and opens no file of the user's.

import { openDataset } from "../datasets/registry.ts";
import type { Row, Split } from "../domain/rows.ts";
import { ConfigError, DatasetError, type Problem, StoreError } from "../errors.ts";
import type { Json } from "../keys/canonical.ts";
import { createEmptyError } from "../store/database.ts";
import { createTemplate } from "../systems/language/template.ts";
import { findRowProblems } from "./arms/row-counts.ts";
import type { Experiment, LanguageExperiment } from "./experiment.ts";
import { type PromptText, readPromptFile } from "./prompt-file.ts";
import { declareDataset } from "./schema/declare-dataset.ts";
import { readVerifierFiles, type VerifierMaterial } from "./verifier-files.ts";

export interface SplitMaterial {
  readonly digest: string;
  readonly rowCount: number;
  /** Of all its articles, for estimates; absent in records of older runs. */
  readonly articleCharacters?: number;
}

/** What a language experiment is made of beside its settings. */
export interface LanguageMaterials {
  readonly dataset: Readonly<Record<Split, SplitMaterial>>;
  /** Remarks of the reader, such as how ids came about. */
  readonly notes: readonly string[];
  readonly template: PromptText;
  /** Of verifiers that are made of files, by name; absent in records of older runs. */
  readonly verifiers?: Readonly<Record<string, VerifierMaterial>>;
}

export interface RunRecordSource {
  readonly experiment: Experiment;
  readonly materials: LanguageMaterials | null;
  /** The cap in dollars that it was last started with beside its budget: a resume keeps to it. */
  readonly maxCost?: number | undefined;
}

export interface PreparedExperiment extends RunRecordSource {
  readonly datasets: readonly { readonly split: Split; readonly digest: string; rows(): AsyncIterable<Row> }[];
}

/** Reads dataset and template; throws with everything that is wrong with them. */
export async function prepareExperiment(experiment: Experiment, signal: AbortSignal): Promise<PreparedExperiment> {
  if (experiment.system !== "language") return { experiment, materials: null, datasets: [] };
  const { dataset: settings } = experiment.language;
  const [opened, read, verifiers] = await Promise.allSettled([
    openDataset(declareDataset(settings), { folder: experiment.folder, signal }).then((dataset) => {
      checkRows(experiment, dataset.splits.train.count);
      return dataset;
    }),
    readTemplate(experiment),
    readVerifierFiles(experiment),
  ]);
  if (opened.status === "rejected" || read.status === "rejected" || verifiers.status === "rejected") {
    throw joinFaults([opened, read, verifiers]);
  }
  const dataset = opened.value;
  const describe = (split: Split): SplitMaterial => {
    const { digest, count, articleCharacters } = dataset.splits[split];
    return { digest, rowCount: count, articleCharacters };
  };
  const splits = ["train", "test"] as const;
  const datasets = splits.map((split) => ({
    split,
    digest: dataset.splits[split].digest,
    rows: () => dataset.rows(split),
  }));
  const rows = { train: describe("train"), test: describe("test") };
  const materials = { dataset: rows, notes: dataset.notes, template: read.value, verifiers: verifiers.value };
  return { experiment, materials, datasets };
}

/** All problems of the user's files as one; anything else that went wrong comes before them. */
function joinFaults(results: readonly PromiseSettledResult<unknown>[]): unknown {
  const faults = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const [first] = faults;
  const other = faults.find((fault) => !(fault instanceof ConfigError || fault instanceof DatasetError));
  if (other !== undefined || faults.length === 1) return other ?? first;
  return new ConfigError((faults as (ConfigError | DatasetError)[]).flatMap(listProblems));
}

function listProblems(fault: ConfigError | DatasetError): readonly Problem[] {
  if (fault instanceof ConfigError) return fault.problems;
  return [{ where: fault.where ?? "dataset", what: fault.what, next: fault.next }];
}

/** Prepares a run from its own record; throws StoreError where there is none. */
export function restoreExperiment(record: Json | null, directory: string): PreparedExperiment {
  if (record === null) throw createEmptyError(directory);
  const { experiment, materials, maxCost } = record as unknown as RunRecordSource;
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
  return { experiment, materials, datasets, maxCost };
}

/** Of a built-in dataset the counts were known, and held against the arms, when the experiment was parsed. */
function checkRows({ arms, file, language }: LanguageExperiment, trainCount: number): void {
  if (language.dataset.kind === "newswire") return;
  const problems = arms.flatMap(({ id, generations, settings }) =>
    findRowProblems(settings, generations, trainCount).map((problem) => ({
      where: file,
      what: `arm ${id}: ${problem.where}: ${problem.what}`,
      next: problem.next,
    })),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

async function readTemplate({ language, folder }: LanguageExperiment): Promise<LanguageMaterials["template"]> {
  const template = await readPromptFile(language.prompt, folder);
  createTemplate(template.text, template.name);
  return template;
}
