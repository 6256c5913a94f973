// The arms and lines of an experiment, each resolved as a whole experiment of its own. It knows no system: a reader
// brings the schema, the settings it makes and the fields arms are told by.

import type { z } from "zod";
import type { Problem } from "../../errors.ts";
import { renderCanonical } from "../../keys/canonical.ts";
import { createProblem, findPlace, type MapNode, omitKeys, type Place, type PlacedProblem } from "../document/node.ts";
import { applyOverrides, listOverrides, type Override } from "../document/override.ts";
import type { ResolvedArm } from "../experiment.ts";
import { outerKeys } from "../schema/frame.ts";
import { parseTree } from "../validation/parse-tree.ts";
import type { ProblemContext } from "../validation/problems.ts";
import { createArmIds, type Field, findDiffering, pickFields } from "./fields.ts";
import { type ArmDraft, expandArms, expandLines } from "./product.ts";

/** All that is read of an experiment without knowing its system. */
type Config = { readonly generations: number };

export interface ArmReader<Own extends Config, Settings> {
  readonly schema: z.ZodType<Own>;
  /** Paths that hold for the whole run. */
  readonly runPaths: readonly string[];
  readonly context: ProblemContext;
  resolve(own: Own, tree: MapNode, problems: PlacedProblem[]): Settings;
  listFields(settings: Settings, generations: number): readonly Field[];
  /** What cannot be met by the rows there will be; each `where` is the path at fault. */
  findRowProblems(settings: Settings, generations: number): readonly Problem[];
}

/** An arm before it has a name: a name needs all of them. */
interface Arm<Settings> {
  readonly draft: ArmDraft;
  readonly generations: number;
  readonly settings: Settings;
  readonly fields: readonly Field[];
  readonly isWhole: boolean;
  /** What keeps it from being whole. */
  readonly told: readonly string[];
  /** Told with the arm's name. */
  readonly problems: readonly PlacedProblem[];
}

export interface ResolvedArms<Settings> {
  readonly arms: readonly ResolvedArm<Settings>[];
  /**
   * Ids tell what differs between arms: what is wrong with the whole file alike changes none of them, unless there is
   * but one arm, which is called by what it has.
   */
  readonly areIdsCertain: boolean;
}

/** `config` is what the schema makes of the file as it stands. */
export function resolveArms<Own extends Config, Settings>(
  root: MapNode,
  config: Own,
  { reader, problems }: { readonly reader: ArmReader<Own, Settings>; readonly problems: PlacedProblem[] },
): ResolvedArms<Settings> {
  const known = new Set(problems.map(renderProblem));
  checkScales(root, reader, problems);
  const base = omitKeys(root, outerKeys);
  const none: MapNode = { kind: "map", place: root.place, entries: new Map() };
  const drafts = [
    ...expandArms(root.entries.get("arms")?.node ?? none, problems),
    ...expandLines(root.entries.get("lines")?.node, problems),
  ];
  const arms = drafts.flatMap((draft): readonly Arm<Settings>[] => {
    const faultCount = problems.length;
    const overrides = draft.overrides.filter((override) => isFree(override, reader.runPaths, problems));
    const { root: tree, problems: faults } = applyOverrides(base, overrides);
    problems.push(...faults);
    const parsed = parseTree(reader.schema, tree, { problems, context: reader.context });
    if (parsed === null) return [];
    const own = parsed.config;
    checkRunPaths({ own, config, tree }, reader.runPaths, problems);
    // What cannot differ is read as if it did not, so such an arm may look like another.
    const told = problems.slice(faultCount).map(renderProblem);
    const isWhole = told.length === 0;
    const settings = reader.resolve(own, tree, problems);
    const fields = reader.listFields(settings, own.generations);
    const found = isWhole ? reader.findRowProblems(settings, own.generations) : [];
    const placed = found.map(({ where, what, next }) => createProblem(findPlace(tree, where.split(".")), what, next));
    return [{ draft, generations: own.generations, settings, fields, isWhole, told, problems: placed }];
  });
  const areIdsCertain = arms.length === drafts.length && arms.every(({ told }) => told.every((f) => known.has(f)));
  const isAlone = arms.filter(({ draft }) => draft.line === null).length === 1 && arms.some(({ isWhole }) => !isWhole);
  return { areIdsCertain: areIdsCertain && !isAlone, arms: nameArms(arms, problems) };
}

function renderProblem({ where, what }: PlacedProblem): string {
  return `${where}: ${what}`;
}

/** Whether an arm may change what stands at this path. */
function isFree({ path, place }: Override, runPaths: readonly string[], problems: PlacedProblem[]): boolean {
  const name = path.join(".");
  const held = [...runPaths, ...outerKeys].find((held) => name === held || name.startsWith(`${held}.`));
  if (held === undefined) return true;
  problems.push(createHeldProblem(place, held));
  return false;
}

function createHeldProblem(place: Place, path: string): PlacedProblem {
  const next = path === "verifiers" ? "declare another verifier and name it under verifier" : undefined;
  return createProblem(place, `${path} holds for the whole run: arms cannot differ in it`, next);
}

/** Ids, the fields that differ, and arms that are one another: all three need every arm. */
function nameArms<Settings>(
  arms: readonly Arm<Settings>[],
  problems: PlacedProblem[],
): readonly ResolvedArm<Settings>[] {
  const lineNames = arms.flatMap(({ draft }) => draft.line ?? []);
  const named = arms.filter(({ draft }) => draft.line === null).map(({ fields }) => fields);
  const taken = createArmIds(named, []).filter((id) => lineNames.includes(id));
  const ids = createArmIds(named, lineNames);
  const differing = findDiffering(arms.map(({ fields }) => fields));
  const idByArm = new Map<string, string>();
  return arms.map(({ draft, generations, settings, fields, isWhole, problems: own }, index) => {
    // Lines come after the arms, so an arm's position among all is its position among the arms.
    const id = draft.line ?? (ids[index] as string);
    problems.push(...own.map((problem) => ({ ...problem, what: `arm ${id}: ${problem.what}` })));
    if (draft.line !== null && taken.includes(id) && arms.every((arm) => arm.isWhole)) {
      problems.push(createProblem(draft.place, `the line ${id} has the name of an arm`, "give the line another name"));
    }
    const text = renderCanonical({ generations, settings });
    const twin = isWhole ? idByArm.get(text) : undefined;
    if (twin !== undefined) {
      problems.push(createProblem(draft.place, `${twin} and ${id} are the same arm`, "leave one of them out"));
    } else if (isWhole) idByArm.set(text, id);
    return { id, generations, isLine: draft.line !== null, fields: pickFields(fields, differing), settings };
  });
}

/** Scales that are not chosen are validated as well: a mistake in one is not to wait for its day. */
function checkScales<Own extends Config, Settings>(
  root: MapNode,
  { schema, context }: ArmReader<Own, Settings>,
  problems: PlacedProblem[],
): void {
  const scales = root.entries.get("scales")?.node;
  if (scales?.kind !== "map") return;
  for (const { node } of scales.entries.values()) {
    if (node.kind !== "map") continue;
    const applied = applyOverrides(root, listOverrides(node));
    problems.push(...applied.problems);
    parseTree(schema, applied.root, { problems, context });
  }
}

/** What an arm changes by replacing a mapping around it: `model`, say, and with it `model.base`. */
function checkRunPaths(
  { own, config, tree }: { readonly own: unknown; readonly config: unknown; readonly tree: MapNode },
  runPaths: readonly string[],
  problems: PlacedProblem[],
): void {
  for (const path of runPaths) {
    const segments = path.split(".");
    if (renderCanonical(readAt(own, segments) ?? null) === renderCanonical(readAt(config, segments) ?? null)) continue;
    problems.push(createHeldProblem(findPlace(tree, segments), path));
  }
}

/** The value at a path; text on the way is the short form of what is asked for. */
function readAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const segment of path) {
    if (typeof found !== "object" || found === null) return found;
    found = (found as Readonly<Record<string, unknown>>)[segment];
  }
  return found;
}
