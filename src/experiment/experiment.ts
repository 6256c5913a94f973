// What an experiment file comes to once it is read, its arms are expanded and every default is filled in.
// Types only. Which implementation runs a kind, and where a run is kept, is decided elsewhere.

import type { CurationSettings } from "../datasets/curate/settings.ts";
import type { Budget } from "../domain/context.ts";
import type { LintLimits } from "../domain/lint.ts";
import type { Json } from "../keys/canonical.ts";
import type { Script } from "../providers/scripted/script.ts";
import type { GaussianSettings } from "../systems/gaussian/settings.ts";
import type { LanguageSettings } from "../systems/language/settings.ts";
import type { DeclaredEndpoint } from "./schema/endpoints.ts";

export type { GaussianSettings, LanguageSettings };

interface ExperimentFrame {
  /** The run's default name; safe as a folder's name. */
  readonly name: string;
  /** The file as problems name it, `<text>` where there is none. */
  readonly file: string;
  /** What relative paths of the file are relative to; absolute when read from disk. */
  readonly folder: string;
  /** What relative paths of `sets` are relative to. */
  readonly setFolder?: string;
  /** The text of the file as it was given, and the `--set` arguments applied to it. */
  readonly source: string;
  readonly sets: readonly string[];
  readonly seeds: readonly number[];
  readonly gates: readonly Gate[];
  readonly keepModels: "all" | "last" | "none";
  /** Worker threads; null for one a core. Changes no output and enters no key. */
  readonly workers: number | null;
  /** What may leave the process over the whole run; in no key. */
  readonly budget: Budget;
}

export interface LanguageExperiment extends ExperimentFrame {
  readonly system: "language";
  /** Limits of every check of lint; they enter no key. */
  readonly lint: LintLimits;
  /** What holds for every arm. */
  readonly language: LanguageFrame;
  readonly arms: readonly ResolvedArm<LanguageSettings>[];
}

export interface GaussianExperiment extends ExperimentFrame {
  readonly system: "gaussian";
  readonly arms: readonly ResolvedArm<GaussianSettings>[];
}

export type Experiment = LanguageExperiment | GaussianExperiment;

/** Of a system without any there are none. */
export const listEndpoints = (experiment: Experiment): readonly DeclaredEndpoint[] =>
  experiment.system === "language" ? Object.values(experiment.language.endpoints) : [];

/** An arm or a reference line, fully resolved. Lines come after the arms. */
export interface ResolvedArm<Settings> {
  /** The differing values of the arms joined, `replace-oracle-25`, or the line's name. */
  readonly id: string;
  /** Index of the last model. */
  readonly generations: number;
  readonly isLine: boolean;
  /** Every field that differs between arms and lines, in one order for all: corpus, verifier, keep, then the others. */
  readonly fields: Readonly<Record<string, Json>>;
  /** Everything else that can change an output: plain JSON, nothing left out, shares as numbers, nulls explicit. */
  readonly settings: Settings;
}

export interface LanguageFrame {
  readonly dataset: DatasetSettings;
  /** A packaged template's name, or a path (with a slash) relative to `folder`. */
  readonly prompt: string;
  readonly trainer: "embedded" | "scripted";
  /** `embedded:newswire` or `scripted`. */
  readonly base: string;
  /** What a scripted provider is to do; its folder is relative to `folder`. null for any other. */
  readonly script: ScriptSettings | null;
  /** The endpoint that models are sampled and scored through; null: in this process. No part of any key. */
  readonly endpoint: string | null;
  /** Every endpoint that something refers to, by name. */
  readonly endpoints: Readonly<Record<string, DeclaredEndpoint>>;
  /** Every verifier that an arm selects by or scores with, by name; `none` is not among them. */
  readonly verifiers: Readonly<Record<string, VerifierSettings>>;
}

export interface ScriptSettings extends Script {
  readonly folder: string | null;
}

export type DatasetSettings =
  | { readonly kind: "newswire"; readonly train: number; readonly test: number }
  | ({
      readonly kind: "file";
      /** Relative to `folder`. */
      readonly file: string;
    } & RowSettings)
  | ({
      readonly kind: "hub";
      /** `owner/name`; null takes the configuration and the commit that were pulled. */
      readonly hub: string;
      readonly config: string | null;
      readonly revision: string | null;
      /** Relative to the experiment's folder; null looks upwards from there. */
      readonly folder: string | null;
      /** The hub's names of our splits; a test split of null is held out of the train split. */
      readonly splits: { readonly train: string; readonly test: string | null };
    } & RowSettings);

/** Of rows that somebody else wrote; what is asked of them before they are used is absent in records of older runs. */
export interface RowSettings extends Partial<CurationSettings> {
  /** Names of the columns. */
  readonly fields: { readonly id: string | null; readonly article: string; readonly summary: string };
  /** `test` is the share of rows held out. */
  readonly split: { readonly test: number; readonly seed: number };
  /** Rows of each split to use, the first ones that stay; null for all. */
  readonly train: number | null;
  readonly test: number | null;
}

export type VerifierSettings =
  | { readonly kind: "oracle"; readonly metric: RougeName; readonly stem: boolean }
  | { readonly kind: "perplexity"; readonly model: AuxiliarySettings }
  /** Under the fixed model of an endpoint. */
  | { readonly kind: "perplexity"; readonly endpoint: string }
  | { readonly kind: "self" }
  | { readonly kind: "random" }
  | JudgeSettings
  | RewardSettings
  | CommandSettings;

export interface JudgeSettings {
  readonly kind: "judge";
  readonly endpoint: string;
  readonly mode: "rubric" | "pairwise";
  /** A packaged template's name, or a path (with a slash) relative to `folder`. */
  readonly prompt: string;
  /** What each criterion means, by its name. */
  readonly criteria: Readonly<Record<string, string>>;
  /** Of a rubric; null for pairs. */
  readonly scale: { readonly low: number; readonly high: number } | null;
  /** Of pairs; null for a rubric. */
  readonly against: "draws" | "lead" | "reference" | null;
  readonly reference: boolean;
  readonly maxTokens: number;
  /** Attacks a stage. */
  readonly canaries: number;
}

export interface RewardSettings {
  readonly kind: "reward";
  readonly endpoint: string;
  readonly label: string | null;
  /** A template of prompt, article and completion. */
  readonly text: string;
}

export interface CommandSettings {
  readonly kind: "command";
  readonly command: readonly string[];
  readonly version: number;
  /** Names of variables that it may see. */
  readonly env: readonly string[];
  readonly reference: boolean;
  /** None of the three changes a score. */
  readonly window: number;
  readonly programs: number;
  readonly idleMs: number;
}

export type RougeName = "rouge1" | "rouge2" | "rougeL" | "rougeLsum";

/** A fixed model that a verifier scores under, trained beside the loop, one a seed. */
export interface AuxiliarySettings {
  readonly real: number;
  readonly params: TrainParams;
}

/** The embedded trainer's parameters; exactly one of epochs and steps is a number. */
export interface TrainParams {
  readonly [key: string]: Json;
  readonly epochs: number | null;
  readonly steps: number | null;
  /** Rows a step. */
  readonly batch: number;
  readonly learningRate: number;
  /** Steps of linear warm-up. */
  readonly warmup: number;
}

/** A condition on one measured mean over seeds; broken, the run ends with exit code 100. */
export interface Gate {
  readonly metric: string;
  readonly arm: string;
  readonly generation: number;
  readonly op: "<" | "<=" | ">" | ">=";
  readonly value: number;
  /** file:line:column. */
  readonly where: string;
}
