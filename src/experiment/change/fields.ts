// What changed between two experiments, field by field, each change with the edit that makes it alone: so that what
// one field makes stale can be told from what another does. It plans nothing.

import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Experiment, LanguageExperiment } from "../experiment.ts";
import type { LanguageMaterials, RunRecordSource } from "../prepare.ts";
import { type Arm, pairArms } from "./arm-pairs.ts";
import { computeDifference, type FieldDifference, writeAt } from "./difference.ts";
import { chain, type Edit, type FieldChange, keep } from "./edit.ts";
import { isMadeOfFiles, listVerifierChanges, readForm, takeVerifier } from "./verifier-changes.ts";
import { findWritten } from "./written.ts";

export type { Edit, FieldChange } from "./edit.ts";

/** Every changed field, in the order of the experiment: the whole first, then the arms, then what is read from files. */
export function computeFieldChanges(before: RunRecordSource, after: RunRecordSource): readonly FieldChange[] {
  const { experiment: old } = before;
  const { experiment } = after;
  if (old.system !== experiment.system) {
    return [{ field: "system", before: old.system, after: experiment.system, edit: () => after }];
  }
  const frame = [...listFrameChanges(old, experiment), ...listLanguageChanges(before, after)];
  const changes = foldDerived([...frame, ...listArmChanges(old, experiment)]);
  return [...changes, ...listContentChanges(before, after, changes)];
}

/** The same, without the edits. */
export function listFieldDifferences(before: RunRecordSource, after: RunRecordSource): readonly FieldDifference[] {
  return computeFieldChanges(before, after).map(({ field, before: old, after: now }) => ({
    field,
    before: old,
    after: now,
  }));
}

const editExperiment = (edit: (experiment: Json) => Json): Edit => {
  return (record) => ({ ...record, experiment: edit(record.experiment as unknown as Json) as unknown as Experiment });
};

/**
 * Everything but the arms, what is told of language below, and how the file was given. On most of it no stage depends;
 * whoever resumes a run may still want to know.
 */
function listFrameChanges(before: Experiment, after: Experiment): readonly FieldChange[] {
  const read = (experiment: Experiment): Json => {
    const kept = Object.entries(experiment).filter(([name]) => !isElsewhere.has(name));
    const gates = experiment.gates.map(({ where: _, ...gate }) => ({ ...gate }));
    return { ...Object.fromEntries(kept), gates };
  };
  return computeDifference(read(before), read(after)).map(({ path, before: old, after: now }) => ({
    field: path.join("."),
    before: old,
    after: now,
    edit: editExperiment((experiment) => writeAt(experiment, path, now)),
  }));
}

const isElsewhere: ReadonlySet<string> = new Set<keyof LanguageExperiment>([
  "system",
  "arms",
  "language",
  "file",
  "folder",
  "setFolder",
  "source",
  "sets",
]);

/** A dataset is known by its rows' digests: a setting of it brings those of the splits that it decides on. */
function listLanguageChanges(before: RunRecordSource, after: RunRecordSource): readonly FieldChange[] {
  if (before.experiment.system !== "language" || after.experiment.system !== "language") return [];
  const { verifiers: oldVerifiers, ...old } = before.experiment.language;
  const { verifiers, ...now } = after.experiment.language;
  const settings = listSettingChanges(old as unknown as Json, now as unknown as Json).map(({ path, to, ...change }) => {
    const edit = editExperiment((experiment) => writeAt(experiment, ["language", ...path], to));
    const splits = listSplits(change.field);
    const isPrompt = change.field === "prompt";
    return { ...change, edit: chain(edit, takeMaterials(after.materials, { splits, isPrompt })) };
  });
  const scored = scoresAll(before.experiment) && scoresAll(after.experiment);
  const names = [...new Set([...Object.keys(verifiers), ...Object.keys(oldVerifiers)])];
  const changed = names.flatMap((name) => {
    const [one, other] = [oldVerifiers[name], verifiers[name]] as const;
    // One that no arm used before, or uses now, is told by the arms, unless all score by every verifier there is.
    if ((!one || !other) && !scored) return [];
    const isWhole = readForm(one) !== readForm(other);
    const leaves = isWhole
      ? [{ path: [], before: (one ?? null) as Json, after: (other ?? null) as Json }]
      : computeDifference(one as unknown as Json, other as unknown as Json);
    return leaves.map(({ path, before: was, after: is }) => ({
      field: ["verifiers", name, ...path].join("."),
      before: was,
      after: is,
      edit: chain(
        one && other ? editVerifier([name, ...path], is) : editScored(name, other !== undefined),
        isWhole || isMadeOfFiles(path) ? takeVerifier(after.materials, name) : keep,
      ),
    }));
  });
  return [...settings, ...changed];
}

const editVerifier = (path: readonly string[], to: Json): Edit =>
  editExperiment((experiment) => writeAt(experiment, ["language", "verifiers", ...path], to));

/** A verifier more or less for arms that score by all of them. */
function editScored(name: string, isThere: boolean): Edit {
  return editArms(
    () => true,
    (arm) => {
      const { alsoScore } = arm.settings as { readonly alsoScore: readonly string[] };
      const others = alsoScore.filter((other) => other !== name);
      return { ...arm, settings: { ...(arm.settings as object), alsoScore: isThere ? [...others, name] : others } };
    },
  );
}

const scoresAll = ({ arms }: LanguageExperiment): boolean => arms.some(({ settings }) => settings.alsoScore.length > 0);

const splitNames = ["train", "test"] as const;
type Splits = readonly (typeof splitNames)[number][];

function listSplits(field: string): Splits {
  if (field === "dataset.train") return ["train"];
  if (field === "dataset.test") return ["test"];
  return field.startsWith("dataset") ? splitNames : [];
}

/** What the changed experiment reads, in place of what the record has read. */
function takeMaterials(
  after: LanguageMaterials | null,
  { splits, isPrompt }: { readonly splits: Splits; readonly isPrompt: boolean },
): Edit {
  return ({ experiment, materials }) => {
    if (!materials || !after) return { experiment, materials };
    const taken = Object.fromEntries(splits.map((split) => [split, after.dataset[split]]));
    const template = isPrompt ? after.template : materials.template;
    return { experiment, materials: { ...materials, dataset: { ...materials.dataset, ...taken }, template } };
  };
}

interface SettingChange extends FieldDifference {
  readonly path: readonly string[];
  /** The resolved value, which `after` shows as the file has it. */
  readonly to: Json;
}

/** Differences of resolved settings, by the paths and in the words of the file. */
function listSettingChanges(before: Json, after: Json): readonly SettingChange[] {
  const [old, now] = [before, after] as Readonly<Record<string, Json>>[] as [
    Record<string, Json>,
    Record<string, Json>,
  ];
  return Object.keys({ ...now, ...old }).flatMap((setting) => {
    const { field, show, isWhole, name, showAt } = findWritten(setting);
    const [was = null, is = null] = [old[setting], now[setting]];
    if (isWhole(was, is)) return [{ field, before: show(was), after: show(is), path: [setting], to: is }];
    return computeDifference(was, is, [setting]).flatMap(({ path, before: one, after: other }) => {
      const shown = (value: Json): Json => (path.length === 1 ? show(value) : showAt(path, value));
      const difference = { before: shown(one), after: shown(other) };
      return renderCanonical(difference.before) === renderCanonical(difference.after)
        ? []
        : [{ field: [field, ...name(path).slice(1)].join("."), ...difference, path, to: other }];
    });
  });
}

function editArms(has: (id: string) => boolean, edit: (arm: Arm) => Arm): Edit {
  return ({ experiment, materials }) => {
    const arms = (experiment.arms as readonly Arm[]).map((arm) => (has(arm.id) ? edit(arm) : arm));
    return { experiment: { ...experiment, arms } as Experiment, materials };
  };
}

/** A field that changed alike in every arm is told once. */
function listArmChanges(before: Experiment, after: Experiment): readonly FieldChange[] {
  const pairs = pairArms(before.arms, after.arms);
  const changesByText = new Map<string, { readonly change: SettingChange; readonly arms: [Arm, Arm][] }>();
  const read = ({ generations, settings }: Arm): Json => ({
    generations,
    ...(settings as Readonly<Record<string, Json>>),
  });
  for (const [old, arm] of pairs) {
    for (const change of listSettingChanges(read(old), read(arm))) {
      const text = renderCanonical({ ...change });
      const known = changesByText.get(text) ?? { change, arms: [] };
      known.arms.push([old, arm]);
      changesByText.set(text, known);
    }
  }
  const told = [...changesByText.values()].flatMap(({ change: { path, to, ...difference }, arms }) => {
    const at = path[0] === "generations" ? path : ["settings", ...path];
    const editIn = (ids: readonly string[]): Edit =>
      editArms(
        (id) => ids.includes(id),
        (arm) => writeAt(arm as unknown as Json, at, to) as unknown as Arm,
      );
    if (arms.length === pairs.length) return [{ ...difference, edit: editIn(arms.map(([old]) => old.id)) }];
    return arms.map(([old, arm]) => ({
      ...difference,
      field: `${renderArm(arm)}.${difference.field}`,
      edit: editIn([old.id]),
    }));
  });
  const paired = new Set<Arm>(pairs.flat());
  const lost = (before.arms as readonly Arm[]).filter((arm) => !paired.has(arm));
  const added = (after.arms as readonly Arm[]).filter((arm) => !paired.has(arm));
  return [
    ...told,
    ...lost.map((arm) => ({ field: renderArm(arm), before: arm.id, after: null, edit: dropArm(arm.id) })),
    ...added.map((arm) => ({ field: renderArm(arm), before: null, after: arm.id, edit: keep })),
  ];
}

const renderArm = ({ id, isLine }: Arm): string => `${isLine ? "lines" : "arms"}.${id}`;

function dropArm(id: string): Edit {
  return ({ experiment, materials }) => {
    const arms = (experiment.arms as readonly Arm[]).filter((arm) => arm.id !== id);
    return { experiment: { ...experiment, arms } as Experiment, materials };
  };
}

/** Fields that take another's value unless they have one of their own. */
const sources: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^evaluate\.decode\./, ["sample."]],
  [/^model\.first\.params\./, ["model.params."]],
  [/^verifiers\.[^.]+\.model\.params\./, ["model.params.", "model.first.params."]],
];

/** A change that came with the one it is derived from is no change of its own. */
function foldDerived(changes: readonly FieldChange[]): readonly FieldChange[] {
  const editsByField = new Map(changes.map(({ field, edit }) => [field, [edit]]));
  const own = changes.filter((change) => {
    const scope = /^(?:arms|lines)\.(?:(?!\.(?:evaluate|model|verifiers)\.).)*\./.exec(change.field)?.[0] ?? "";
    const inner = change.field.slice(scope.length);
    const [derived, names] = sources.find(([pattern]) => pattern.test(inner)) ?? [];
    if (!derived || !names) return true;
    const leaf = inner.replace(derived, "");
    const source = names
      .map((name) => changes.find(({ field }) => field === `${scope}${name}${leaf}`))
      .find((other) => other && renderChange(other) === renderChange(change));
    if (source) editsByField.get(source.field)?.push(change.edit);
    return !source;
  });
  return own.map((change) => ({ ...change, edit: (editsByField.get(change.field) ?? [change.edit]).reduce(chain) }));
}

const renderChange = ({ before, after }: FieldDifference): string => renderCanonical([before, after]);

/** Rows and templates that are others although nothing in the file says so. */
function listContentChanges(
  { materials: before }: RunRecordSource,
  { materials: after }: RunRecordSource,
  told: readonly FieldChange[],
): readonly FieldChange[] {
  if (!before || !after) return [];
  const covered = new Set(told.flatMap(({ field }) => listSplits(field)));
  const rows = splitNames.flatMap((split) => {
    const [old, now] = [before.dataset[split].digest, after.dataset[split].digest];
    if (old === now || covered.has(split)) return [];
    const edit = takeMaterials(after, { splits: [split], isPrompt: false });
    return [{ field: `dataset.${split}.sha256`, before: old, after: now, edit }];
  });
  const files = listVerifierChanges(before, after, told);
  const [old, now] = [before.template.text, after.template.text].map(computeDigest) as [string, string];
  if (old === now || told.some(({ field }) => field === "prompt")) return [...rows, ...files];
  const edit = takeMaterials(after, { splits: [], isPrompt: true });
  return [...rows, { field: "prompt.sha256", before: old, after: now, edit }, ...files];
}
