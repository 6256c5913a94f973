// What changed between two experiments, field by field: why a finished stage is no longer the one that is asked for.

import { type Json, renderCanonical } from "../keys/canonical.ts";
import type { Experiment, ResolvedArm } from "./experiment.ts";

export interface FieldDifference {
  /** A dotted path, `sample.temperature`; within one arm alone, `arms.replace-none.sample.temperature`. */
  readonly field: string;
  /** null where the field was not there. */
  readonly before: Json;
  readonly after: Json;
}

/** Every field that differs between two JSON values, in the order of the later one; lists are one field each. */
export function computeDifference(before: Json, after: Json): readonly FieldDifference[] {
  return compare(before, after, "");
}

/**
 * What differs between two resolved experiments, in what can change a result. Arms are paired by what they are, then
 * by id, then by position: an arm that is only called otherwise has not changed. A field that changed alike in every
 * pair is told once.
 */
export function computeExperimentDifference(before: Experiment, after: Experiment): readonly FieldDifference[] {
  const pairs = pairArms(before.arms, after.arms);
  const armsByChange = new Map<string, { readonly difference: FieldDifference; readonly arms: string[] }>();
  for (const [old, arm] of pairs) {
    for (const difference of compare(readArm(old), readArm(arm), "")) {
      const text = renderCanonical(difference);
      const change = armsByChange.get(text) ?? { difference, arms: [] };
      change.arms.push(arm.id);
      armsByChange.set(text, change);
    }
  }
  const told = [...armsByChange.values()].flatMap(({ difference, arms }) =>
    arms.length === pairs.length
      ? [difference]
      : arms.map((arm) => ({ ...difference, field: `arms.${arm}.${difference.field}` })),
  );
  const paired = new Set<Arm>(pairs.flat());
  const lost = before.arms.filter((arm) => !paired.has(arm));
  const added = after.arms.filter((arm) => !paired.has(arm));
  return [
    ...compare(readFrame(before), readFrame(after), ""),
    ...told,
    ...lost.map(({ id }) => ({ field: `arms.${id}`, before: id, after: null })),
    ...added.map(({ id }) => ({ field: `arms.${id}`, before: null, after: id })),
  ];
}

type Arm = ResolvedArm<unknown>;

function pairArms(before: readonly Arm[], after: readonly Arm[]): readonly (readonly [Arm, Arm])[] {
  const free = new Set(before);
  const oldByArm = new Map<Arm, Arm>();
  const pairBy = (render: (arm: Arm, index: number) => string): void => {
    const oldByText = new Map(before.flatMap((arm, index) => (free.has(arm) ? [[render(arm, index), arm]] : [])));
    for (const [index, arm] of after.entries()) {
      const old = oldByArm.has(arm) ? undefined : oldByText.get(render(arm, index));
      if (old !== undefined && free.delete(old)) oldByArm.set(arm, old);
    }
  };
  pairBy((arm) => renderCanonical(readArm(arm)));
  pairBy(({ id }) => id);
  // An arm that changed alone may be called otherwise for it; it stands where it stood.
  pairBy((_, index) => String(index));
  return after.flatMap((arm) => {
    const old = oldByArm.get(arm);
    return old === undefined ? [] : [[old, arm] as const];
  });
}

function readArm({ generations, settings }: Arm): Json {
  return { generations, ...renameFields(settings as Readonly<Record<string, Json>>) };
}

/** Settings at the paths that the file has for them. */
function renameFields(settings: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const entries = Object.entries(settings).map(([name, value]) => [pathBySetting[name] ?? name, value]);
  return Object.fromEntries(entries);
}

const pathBySetting: Readonly<Record<string, string>> = {
  params: "model.params",
  firstParams: "model.first.params",
  start: "model.start",
  selection: "select",
  alsoScore: "score",
  decode: "evaluate.decode",
  metrics: "evaluate.metrics",
  // Of the frame and of the Gaussian.
  base: "model.base",
  trainer: "model.trainer",
  dimensions: "system.dimensions",
  samples: "system.samples",
  covariance: "system.covariance",
  draws: "system.draws",
};

function readFrame(experiment: Experiment): Json {
  const { system, seeds } = experiment;
  return {
    system,
    seeds,
    ...(experiment.system === "language"
      ? renameFields({ ...experiment.language } as unknown as Readonly<Record<string, Json>>)
      : {}),
  } as unknown as Json;
}

function compare(before: Json | undefined, after: Json | undefined, path: string): readonly FieldDifference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])];
    return keys.flatMap((key) => compare(before[key], after[key], path === "" ? key : `${path}.${key}`));
  }
  if (renderCanonical(before ?? null) === renderCanonical(after ?? null)) return [];
  return [{ field: path === "" ? "experiment" : path, before: before ?? null, after: after ?? null }];
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
