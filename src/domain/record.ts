// What a report reads of a run, without knowing how it is stored: arms, seeds, measurements and example texts.

import type { Json } from "../keys/canonical.ts";
import type { LintLimits, LintTurn } from "./lint.ts";
import type { MetricDeclaration } from "./metric.ts";

export interface ArmRecord {
  readonly id: string;
  /** Index of the last model; 0 for a reference line that is trained once. */
  readonly generations: number;
  /** A reference line of `lines:`, not an arm. */
  readonly isLine: boolean;
  /** Every resolved field that differs between arms, by its schema path (`corpus`, `verifier`, `keep`, ..), in one order for all arms. */
  readonly fields: Readonly<Record<string, Json>>;
}

/** An arm whose generation 0 is a hosted model as it stands: nothing was trained for it. */
export interface TeacherRecord {
  readonly arm: string;
  /** The endpoint's name in the experiment, and the model as its servers call it. */
  readonly endpoint: string;
  readonly model: string;
}

export interface MeasurementRecord {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly metric: string;
  /** May be infinite. */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly itemCount: number | null;
  /** One value an item, in item order, the same items for every arm and seed; null where the metric is no mean over items. */
  readonly items: Float64Array | null;
}

/** One text of the test split with what each arm's model of one generation and one seed made of it. */
export interface ExampleRecord {
  readonly seed: number;
  readonly generation: number;
  readonly id: string;
  readonly article: string;
  readonly reference: string;
  readonly outputs: readonly { readonly arm: string; readonly text: string }[];
}

/**
 * Rows of one corpus, the one that a generation's model is trained on, with one number of synthetic ancestors: how many
 * models wrote, one after the other, on the longest way from real data to such a row. Real rows have none.
 */
export interface LineageRecord {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly depth: number;
  readonly rows: number;
  /** Of all rows of that corpus. */
  readonly share: number;
}

/** How far a run has come. */
export type RunState = "new" | "running" | "done" | "failed" | "interrupted";

export interface RunRecord {
  readonly name: string;
  readonly state: RunState;
  /** Stages that the experiment asks for, and how many of them are done. */
  readonly progress: { readonly done: number; readonly planned: number };
  /** The experiment file as it was given. */
  readonly source: string;
  readonly system: string;
  /** Digests and facts to print in the report's footer: dataset, base model, template, equal-compute basis, ROUGE choices. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly arms: readonly ArmRecord[];
  /** Of arms that begin with a hosted model; absent in records of older runs. */
  readonly teachers?: readonly TeacherRecord[];
  /** Which models write whole texts without a prompt, where others read an article; absent: none, and in older records. */
  readonly unprompted?: "teachers" | "all" | undefined;
  readonly seeds: readonly number[];
  readonly metrics: readonly MetricDeclaration[];
  /** Limits of the checks of lint; empty for systems without texts. */
  readonly lint: LintLimits;
  /** In plan order: arm, seed, generation, metric. Stale measurements are left out. */
  measurements(): Iterable<MeasurementRecord>;
  /** In plan order; empty for systems without texts. */
  lintTurns(): readonly LintTurn[];
  /** In plan order: arm, seed, generation, depth. Empty for systems that keep no rows. */
  lineage(): Iterable<LineageRecord>;
  /** At most `count` texts of each generation, the same texts in every generation; empty for systems without texts. */
  examples(count: number): readonly ExampleRecord[];
}
