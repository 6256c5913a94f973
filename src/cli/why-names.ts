// How examples are named on the command line, and what is said of a name that fits nothing.

import { UsageError } from "../errors.ts";
import { findNearest } from "../experiment/document/nearest.ts";
import type { UseStory } from "../store/lineage/examples.ts";
import type { ExampleStory, Lineage } from "../store/lineage/lineage.ts";
import type { StageNode, TurnCorpus } from "../store/lineage/stage-graph.ts";

/** What a name stands for. */
export type Named =
  | { readonly kind: "corpus"; readonly turn: TurnCorpus }
  | { readonly kind: "example"; readonly story: ExampleStory };

export type Names = ReturnType<typeof createNames>;

const candidateName = /^([0-9a-f]{1,64}):(\d{1,15})$/i;
const shortest = 8;
const listed = 5;

/** True for what reads like the name of an example, whether or not there is one. */
export function isExampleName(name: string): boolean {
  return candidateName.test(name) || /^.+\/-?\d+\/\d+(\/\d+)?$/.test(name);
}

export function createNames(lineage: Lineage) {
  const length = computeLength(lineage.samples.map(({ key }) => key));
  const nameCandidate = (stage: string, id: number): string => `${stage.slice(0, length)}:${id}`;

  const readCandidate = (name: string, start: string, id: number): Named => {
    const matches = lineage.samples.filter(({ key }) => key.startsWith(start.toLowerCase()));
    const [sample] = matches;
    if (!sample || matches.length > 1) throw createStageError(name, matches, lineage.samples, length);
    const story = lineage.readCandidate(sample, id);
    if (story) return { kind: "example", story };
    const next =
      sample.state === "done" ? "refeed why <run> --find finds examples by their text" : "go on with the run";
    const what = `sample stage ${sample.key.slice(0, length)} (${sample.state}) has no candidate ${id}`;
    throw new UsageError(what, { where: JSON.stringify(name), next });
  };

  const readPlace = (name: string): Named => {
    const arms = [...new Set(lineage.turns.map(({ arm }) => arm))];
    const arm = arms.find((one) => name === one || name.startsWith(`${one}/`));
    const [seed = "", generation = "", row, ...rest] = name.slice((arm ?? "").length + 1).split("/");
    if (arm === undefined || rest.length > 0) throw createArmError(name, arms);
    const turns = lineage.turns.filter((turn) => turn.arm === arm);
    const ofSeed = turns.filter((turn) => String(turn.seed) === seed);
    const turn = ofSeed.find((one) => String(one.generation) === generation);
    if (!turn) throw createTurnError(name, { arm, turns, ofSeed });
    if (row === undefined) return { kind: "corpus", turn };
    const story = /^\d{1,15}$/.test(row) ? lineage.readRow(turn, Number(row)) : undefined;
    if (story) return { kind: "example", story };
    throw createRowError(name, turn, lineage.countRows(turn));
  };

  return {
    nameCandidate,
    nameUse,
    /** Throws UsageError for a name that fits nothing, with what would. */
    read(name: string): Named {
      const [, start, id] = candidateName.exec(name) ?? [];
      return start !== undefined && id !== undefined ? readCandidate(name, start, Number(id)) : readPlace(name);
    },
  };
}

export function nameUse({ arm, seed, generation, row }: UseStory): string {
  return `${arm}/${seed}/${generation}/${row}`;
}

/** Digits of a key that tell all of them apart. */
function computeLength(keys: readonly string[]): number {
  let length = shortest;
  while (length < 64 && new Set(keys.map((key) => key.slice(0, length))).size < keys.length) length += 1;
  return length;
}

function createArmError(name: string, arms: readonly string[]): UsageError {
  const [asked = "", ...rest] = name.split("/");
  const near = arms.includes(asked) ? undefined : findNearest(asked, arms);
  const more = arms.length > listed ? " and others" : "";
  const next =
    near !== undefined
      ? `did you mean ${[near, ...rest].join("/")}?`
      : `name one as <arm>/<seed>/<generation>/<row> or <stage>:<candidate>; the arms are ${arms.slice(0, listed).join(", ")}${more}`;
  return new UsageError("there is no such example", { where: JSON.stringify(name), next });
}

function createTurnError(
  name: string,
  found: { readonly arm: string; readonly turns: readonly TurnCorpus[]; readonly ofSeed: readonly TurnCorpus[] },
): UsageError {
  const { arm, turns, ofSeed } = found;
  const last = Math.max(...turns.map(({ generation }) => generation));
  const seeds = [...new Set(turns.map(({ seed }) => seed))];
  const more = seeds.length > listed ? ", .." : "";
  const next =
    ofSeed.length === 0
      ? `arm ${arm} has the seeds ${seeds.slice(0, listed).join(", ")}${more}: ${arm}/${seeds[0]}/${last}/0 is a row of its last corpus`
      : `arm ${arm} has the generations 0 to ${last}: ${arm}/${ofSeed[0]?.seed}/${last}/0 is a row of its last corpus`;
  return new UsageError("there is no such example", { where: JSON.stringify(name), next });
}

function createRowError(name: string, { corpus }: TurnCorpus, rows: number): UsageError {
  const where = JSON.stringify(name);
  if (rows > 0)
    return new UsageError("there is no such row", { where, next: `the corpus has the rows 0 to ${rows - 1}` });
  if (corpus.state === "done") return new UsageError("the corpus is empty: selection kept nothing", { where });
  return new UsageError(`the corpus is not assembled yet (${corpus.state})`, { where, next: "go on with the run" });
}

function createStageError(
  name: string,
  matches: readonly StageNode[],
  samples: readonly StageNode[],
  length: number,
): UsageError {
  const short = (nodes: readonly StageNode[]): string =>
    nodes
      .slice(0, listed)
      .map(({ key }) => key.slice(0, length))
      .join(", ");
  const where = JSON.stringify(name);
  if (matches.length > 1) {
    return new UsageError(`${matches.length} sample stages begin so`, { where, next: `give more: ${short(matches)}` });
  }
  const near = findNearest(
    name.split(":")[0] ?? "",
    samples.map(({ key }) => key.slice(0, length)),
  );
  const next = near !== undefined ? `did you mean ${near}:${name.split(":")[1]}?` : `they begin ${short(samples)}, ..`;
  return new UsageError("no sample stage begins so", { where, next });
}
