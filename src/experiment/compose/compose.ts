// The one place where implementations are joined: an experiment becomes a system, its trials and what a record says of it.

import type { ArmRecord } from "../../domain/record.ts";
import type { Trial } from "../../domain/stage.ts";
import type { System } from "../../domain/system.ts";
import type { RecordHeader } from "../../store/record.ts";
import type { Experiment, ResolvedArm } from "../experiment.ts";
import type { RunRecordSource } from "../prepare.ts";
import type { CheckNeeds, ComposedSystem, Lent, ProveEndpoints } from "./composed.ts";
import { findUnprompted, listTeachers } from "./endpoint-facts.ts";
import type { CheckLint } from "./lint-check.ts";
import { computeMetricDeclarations } from "./metrics.ts";
import { systemByKind } from "./registry.ts";

export type { Lent };

export interface Composition {
  readonly system: System;
  readonly trials: readonly Trial[];
  readonly arms: readonly ArmRecord[];
  readonly header: RecordHeader;
  readonly checkLint?: CheckLint;
  /** Busy milliseconds summed over worker threads, and how many threads there are. */
  usage(): { readonly busyMs: number; readonly workerCount: number };
  /** Looks for what stages need of which nothing is there yet; left out where none needs anything. */
  readonly checkNeeds?: CheckNeeds;
  /** Proves whoever the open stages ask outside, before any of them begins; left out where nothing is asked there. */
  readonly proveEndpoints?: ProveEndpoints;
  /** What is waited for outside just now. */
  readWaits?(): readonly string[];
  close(): Promise<void>;
}

/** Composes an experiment; `lent` is null where it is only to be planned. */
export async function composeExperiment(source: RunRecordSource, lent: Lent | null): Promise<Composition> {
  const { experiment } = source;
  const composed = await systemByKind[experiment.system](source, lent);
  const arms = experiment.arms as readonly ResolvedArm<unknown>[];
  return {
    ...composed,
    trials: arms.flatMap(({ id, generations, settings }) =>
      experiment.seeds.map((seed) => ({ arm: { id, generations, settings }, seed })),
    ),
    arms: arms.map(({ id, generations, isLine, fields }) => ({ id, generations, isLine, fields })),
    header: createHeader(experiment, composed),
  };
}

function createHeader(experiment: Experiment, { facts, verifiers }: ComposedSystem): RecordHeader {
  return {
    source: experiment.source,
    system: experiment.system,
    seeds: experiment.seeds,
    metrics: computeMetricDeclarations(experiment),
    lint: experiment.system === "language" ? experiment.lint : {},
    teachers: experiment.system === "language" ? listTeachers(experiment) : [],
    ...(experiment.system === "language" && { unprompted: findUnprompted(experiment) }),
    verifiers,
    facts: [...(experiment.sets.length > 0 ? [{ name: "set", value: experiment.sets.join(" ") }] : []), ...facts],
  };
}
