// Which stages that are finished, or paid for in part, lose their place by which change. Each change is made alone on the
// run's record and the loop is walked again: what is then no longer asked for depends on that field, by its own parameters
// or through an input.

import type { DescribedStage } from "../../loop/describing.ts";
import type { KnownStage } from "../../store/known-stages.ts";
import { composeExperiment } from "../compose/compose.ts";
import type { Experiment } from "../experiment.ts";
import type { RunRecordSource } from "../prepare.ts";
import { describeStages } from "../stage-list.ts";
import type { FieldDifference } from "./difference.ts";
import { computeFieldChanges, type FieldChange } from "./fields.ts";

/** Stages by kind. */
export type Counts = Readonly<Record<string, number>>;

export interface ChangeImpact extends FieldDifference {
  /** Stages, finished or paid for in part, that this change alone makes stale. */
  readonly stale: Counts;
  /** Those of them that are not finished. */
  readonly unfinished: Counts;
  /** Those of them that it changes themselves; the others read what these put out. */
  readonly own: Counts;
}

/** Why one stage is stale. */
export interface Why extends FieldDifference {
  /** Kinds of the inputs that it reached the stage through; none where it changes the stage's own parameters. */
  readonly through: readonly string[];
}

export interface Impact {
  readonly changes: readonly ChangeImpact[];
  /** By the key of a lost stage. */
  readonly whyByKey: ReadonlyMap<string, readonly Why[]>;
}

/** `lost` are stages of the record `before`, finished or paid for in part, that `after` does not ask for. */
export async function computeImpact(
  lost: readonly KnownStage[],
  before: RunRecordSource,
  after: RunRecordSource,
): Promise<Impact> {
  const kindByKey = new Map(lost.map(({ key, kind }) => [key, kind]));
  const base = addVerifiers(before, after);
  const findLost = async (record: RunRecordSource): Promise<ReadonlySet<string>> => {
    const asked = new Set((await describeAlone(record)).map(({ key }) => key));
    return new Set(lost.flatMap(({ key }) => (asked.has(key) ? [] : [key])));
  };
  // Lost although nothing was changed: this program makes the stage in another way than the one that made it.
  const made = lost.length > 0 ? await findLost(base) : new Set<string>();
  const whyByKey = new Map<string, Why[]>();
  const changes: ChangeImpact[] = [];
  const attribute = (difference: FieldDifference, found: ReadonlySet<string>): void => {
    const told = lost.filter(({ key }) => found.has(key));
    const own = told.filter(({ inputs }) => !inputs.some((input) => found.has(input)));
    const unfinished = countKinds(told.filter(({ isDone }) => !isDone));
    changes.push({ ...difference, stale: countKinds(told), unfinished, own: countKinds(own) });
    for (const { key, inputs } of told) {
      const through = [
        ...new Set(inputs.filter((input) => found.has(input)).map((input) => kindByKey.get(input) ?? "")),
      ];
      whyByKey.set(key, [...(whyByKey.get(key) ?? []), { ...difference, through }]);
    }
  };
  if (made.size > 0) attribute({ field: "refeed", before: null, after: null }, made);
  const edits = computeFieldChanges(before, after);
  for (const { edit, ...difference } of edits) {
    const found = lost.length > 0 ? await findLost(edit(base)) : made;
    attribute(difference, new Set([...found].filter((key) => !made.has(key))));
  }
  tellJointly(lost, edits, whyByKey);
  return { changes, whyByKey };
}

/** What no change loses alone, all of them do together. */
function tellJointly(lost: readonly KnownStage[], edits: readonly FieldChange[], whyByKey: Map<string, Why[]>): void {
  const all = edits.map(({ field, before, after }) => ({ field, before, after, through: [] }));
  for (const { key } of lost) if (!whyByKey.has(key)) whyByKey.set(key, all);
}

async function describeAlone(record: RunRecordSource): Promise<readonly DescribedStage[]> {
  const composition = await composeExperiment(record, null);
  try {
    return await describeStages(composition.trials, composition.system);
  } finally {
    await composition.close();
  }
}

/** Arms may name verifiers that only one of the two records lists, because no arm of the other used them. */
function addVerifiers({ experiment, materials }: RunRecordSource, after: RunRecordSource): RunRecordSource {
  if (experiment.system !== "language" || after.experiment.system !== "language") return { experiment, materials };
  const { language } = experiment;
  const { language: other } = after.experiment;
  const joined = {
    ...language,
    verifiers: { ...other.verifiers, ...language.verifiers },
    // Records of older runs know no endpoints.
    endpoints: { ...other.endpoints, ...language.endpoints },
  };
  const verifiers = { ...after.materials?.verifiers, ...materials?.verifiers };
  return {
    experiment: { ...experiment, language: joined } satisfies Experiment,
    materials: materials && { ...materials, verifiers },
  };
}

export function countKinds(stages: Iterable<{ readonly kind: string }>): Counts {
  const counts: Record<string, number> = {};
  for (const { kind } of stages) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
