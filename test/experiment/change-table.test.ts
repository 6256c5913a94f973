// Change detection, field by field: exactly the stages that depend on a field get another key when it changes.
// Nothing runs. A field of the schema without a row in the table fails, and so does a row of no field.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import type { MetricBasis, TextMetric } from "../../src/domain/metric.ts";
import type { Shelf } from "../../src/domain/shelf.ts";
import type { Description } from "../../src/domain/stage.ts";
import { ConfigError } from "../../src/errors.ts";
import { computeFieldChanges, listFieldDifferences } from "../../src/experiment/change/fields.ts";
import { composeExperiment } from "../../src/experiment/compose/compose.ts";
import type { Experiment, LanguageExperiment } from "../../src/experiment/experiment.ts";
import { parseExperiment } from "../../src/experiment/parse.ts";
import { prepareExperiment } from "../../src/experiment/prepare.ts";
import { describeStages } from "../../src/experiment/stage-list.ts";
import { createJsonSchema, type JsonSchema } from "../../src/experiment/validation/json-schema.ts";
import { renderCanonical } from "../../src/keys/canonical.ts";
import type { DescribedStage } from "../../src/loop/describing.ts";
import type { LanguageParts } from "../../src/systems/language/settings.ts";
import { createLanguageSystem } from "../../src/systems/language/system.ts";
import { createTemplate } from "../../src/systems/language/template.ts";
import { createLanguageParts } from "../helpers/language-run.ts";
import { writePulled } from "../helpers/pulled.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { bases, type ChangeRow, changeTable, partTable } from "./change-table.ts";

const folder = createTemporaryFolder({ after: (hook) => after(hook as () => void) });
const renderRow = (index: number, words: string): string =>
  `${JSON.stringify({ id: `row-${index}`, title: `title ${index}`, article: `${words} ${index}`, summary: `few ${index}` })}\n`;
const renderRows = (words: string): string =>
  Array.from({ length: 80 }, (_, index) => renderRow(index, words)).join("");
for (const [name, text] of [
  ["rows.jsonl", renderRows("many words")],
  ["copy.jsonl", renderRows("many words")],
  ["other.jsonl", renderRows("other words")],
  ["same.jinja", "{{ article }}"],
  ["other.jinja", "In short: {{ article }}"],
  ["question.jinja", "{{ candidate }} {{ verdict }}"],
  ["unmarked.jinja", "{{ candidate }}"],
  ["score.js", "// scores"],
  ["other-score.js", "// other scores"],
] as const) {
  writeFileSync(join(folder, name), text);
}

/** What `datasets pull` leaves: one data set alone, another twice, one of two configurations, one of two commits. */
const named = (split: string) => ({
  train: renderRows(`${split} train`),
  test: renderRows(`${split} test`),
  dev: renderRows(`${split} dev`),
});
const pulledRoot = join(folder, "datasets");
writePulled(pulledRoot, { repository: "org/rows", splits: named("many") });
writePulled(join(folder, "elsewhere"), { repository: "org/rows", splits: named("many") });
writePulled(pulledRoot, { repository: "org/copy", splits: named("many") });
writePulled(pulledRoot, { repository: "org/two", config: "one", splits: named("many") });
writePulled(pulledRoot, { repository: "org/two", config: "two", splits: named("other") });
writePulled(pulledRoot, { repository: "org/old", splits: named("many") });
writePulled(pulledRoot, { repository: "org/old", revision: "b".repeat(40), splits: named("other") });

const file = join(folder, "experiment.yaml");

type Keys = ReadonlyMap<string, string>;

/** Every stage by where it stands, told apart by what it is for: `B/0 verify:perplexity 1`. */
function listPlaces(stages: readonly DescribedStage[], { arms, seeds }: Experiment): Keys {
  const letters = new Map<string, string>();
  for (const { id, isLine } of arms) letters.set(id, isLine ? "L" : (["A", "B", "C"][letters.size] ?? "?"));
  const uses = findUses(stages);
  const keys = new Map<string, string>();
  for (const { key, description, turns } of stages) {
    const kinds = uses.get(key) ?? [renderKind(description)];
    for (const { arm, seed, generation } of turns) {
      for (const kind of kinds) {
        const place = `${letters.get(arm.id)}/${seeds.indexOf(seed)} ${kind} ${generation}`;
        assert.equal(keys.get(place) ?? key, key, `two stages stand at ${place}`);
        keys.set(place, key);
      }
    }
  }
  return keys;
}

/** What models, their corpora and test answers are for; consumers come last, so they are looked at first. */
function findUses(stages: readonly DescribedStage[]): ReadonlyMap<string, ReadonlySet<string>> {
  const uses = new Map<string, Set<string>>();
  const add = (key: string, use: string): void => void uses.set(key, (uses.get(key) ?? new Set()).add(use));
  for (const { key, description, inputs } of stages.toReversed()) {
    for (const input of inputs) {
      if (input.kind === "sample" && description.kind === "evaluate") add(input.key, `sample:${basisOf(description)}`);
      if (input.kind === "train" && description.kind === "verify") add(input.key, "train:weak");
      if (input.kind === "assemble" && uses.get(key)?.has("train:weak")) add(input.key, "assemble:weak");
    }
  }
  return uses;
}

const basisOf = ({ parameters }: Description): string => (parameters as { readonly basis: string }).basis;

function renderKind({ kind, parameters }: Description): string {
  const told = parameters as {
    readonly metric?: string;
    readonly policy?: unknown;
    readonly verifier?: { readonly kind: string };
  };
  if (kind === "sample") return "sample:candidates";
  if (kind === "evaluate") return `evaluate:${told.metric}`;
  if (kind === "assemble") return told.policy === "real" ? "assemble:real" : "assemble";
  return kind === "verify" ? `verify:${told.verifier?.kind}` : kind;
}

const signal = new AbortController().signal;
const known = new Map<string, Promise<Keys>>();

/** The stages of an experiment; each asked for once. */
function readKeys(system: ChangeRow["system"], sets: readonly string[]): Promise<Keys> {
  const id = [system, ...sets].join("\n");
  const read = async (): Promise<Keys> => {
    const experiment = parseExperiment(bases[system], { file, sets });
    const composition = await composeExperiment(await prepareExperiment(experiment, signal), null);
    const described = await describeStages(composition.trials, composition.system);
    await composition.close();
    return listPlaces(described, experiment);
  };
  const keys = known.get(id) ?? read();
  known.set(id, keys);
  return keys;
}

const list = (places: Iterable<string>): string[] => [...new Set(places)].sort();

/** `AB train 0-2` stands for every arm and generation in it, `evaluate:*` for every metric there is. */
function expand(places: readonly string[], there: Iterable<string>): string[] {
  const all = [...there];
  return list(
    places.flatMap((place) => {
      const [arms = "", kind = "", generations = ""] = place.split(" ");
      const [first = 0, last = first] = generations.split("-").map(Number);
      const found = all.filter((other) => {
        const [trial = "", otherKind = "", generation = ""] = other.split(" ");
        const isKind = kind.endsWith("*") ? otherKind.startsWith(kind.slice(0, -1)) : otherKind === kind;
        return arms.includes(trial[0] ?? "?") && isKind && Number(generation) >= first && Number(generation) <= last;
      });
      assert.ok(found.length > 0, `the row names ${place}, where nothing stands`);
      return found;
    }),
  );
}

const render = ({ system, path, at, to, with: given }: ChangeRow): string =>
  `${system} ${at ?? path}=${to}${given ? ` (${given.join(", ")})` : ""}`;

test("a changed field makes exactly the stages stale that depend on it", async () => {
  let count = 0;
  const faults: string[] = [];
  for (const row of changeTable) {
    const { system, path, at = path, to, with: given = [], stale = [], added = [], dropped = [], refused } = row;
    const change = readKeys(system, [...given, `${at}=${to}`]);
    change.catch(() => undefined);
    try {
      const before = await readKeys(system, given);
      if (refused) {
        await assert.rejects(change, (error: Error) => {
          assert.ok(error instanceof ConfigError, error.stack);
          assert.match(error.problems.map(({ what }) => what).join("\n"), refused);
          return true;
        });
        continue;
      }
      const now = await change;
      const found = {
        stale: list([...before].flatMap(([place, key]) => (now.has(place) && now.get(place) !== key ? place : []))),
        added: list([...now.keys()].filter((place) => !before.has(place))),
        dropped: list([...before.keys()].filter((place) => !now.has(place))),
      };
      const expected = {
        stale: expand(stale, before.keys()),
        added: expand(added, now.keys()),
        dropped: expand(dropped, before.keys()),
      };
      for (const kind of ["stale", "added", "dropped"] as const) {
        const wrongly = found[kind].filter((place) => !expected[kind].includes(place));
        const missing = expected[kind].filter((place) => !found[kind].includes(place));
        if (wrongly.length > 0) faults.push(`${render(row)}: wrongly ${kind}: ${wrongly.join(", ")}`);
        if (missing.length > 0) faults.push(`${render(row)}: not ${kind}: ${missing.join(", ")}`);
      }
    } catch (error) {
      faults.push(`${render(row)}: ${(error as Error).message}`);
    }
    count += 1;
  }
  assert.deepEqual(faults, []);
  assert.ok(count > 150, `${count} rows`);
});

test("a field that resolves to something else is told as a difference, one that does not is not", () => {
  const plain = ({ arms, gates, ...experiment }: Experiment): string => {
    const { source: _, sets: __, ...rest } = { ...experiment, gates: gates.map(({ where: ___, ...gate }) => gate) };
    return renderCanonical({
      ...rest,
      arms: arms.map(({ generations, settings }) => ({ generations, settings })),
    } as never);
  };
  for (const row of changeTable) {
    if (row.refused) continue;
    const { system, path, at = path, to, with: given = [] } = row;
    const read = (sets: readonly string[]) => parseExperiment(bases[system], { file, sets });
    const [before, after] = [read(given), read([...given, `${at}=${to}`])];
    const told = listFieldDifferences({ experiment: before, materials: null }, { experiment: after, materials: null });
    assert.equal(told.length > 0, plain(before) !== plain(after), `${render(row)}: ${told.map(({ field }) => field)}`);
  }
});

const metric = (basis: MetricBasis, version = 1): TextMetric => ({
  version,
  metrics: [{ name: basis, basis, better: "neither" }],
  measure: () => assert.fail("a plan measures nothing"),
});
const parts = createLanguageParts(null as unknown as Shelf, {
  metrics: { rouge1: metric("answers"), loss: metric("gold"), diversity: metric("samples") },
});
const { dataset, trainer, verifiers } = parts;
const weak = verifiers.weak!;
const otherParts: Readonly<Record<keyof typeof partTable, Partial<LanguageParts>>> = {
  "base model": { trainer: { ...trainer, base: "another" } },
  "trainer version": { trainer: { ...trainer, version: 2 } },
  "sampler version": { sampler: { ...parts.sampler, version: 2 } },
  "scorer version": { scorer: { ...parts.scorer, version: 2 } },
  "prompt template": { template: createTemplate("In short: {{ article }}", "other") },
  "train rows": { dataset: { ...dataset, train: { ...dataset.train, digest: "another" } } },
  "test rows": { dataset: { ...dataset, test: { ...dataset.test, digest: "another" } } },
  "verifier version": { verifiers: { ...verifiers, weak: { ...weak, verifier: { ...weak.verifier, version: 2 } } } },
  "verifier parameters": { verifiers: { ...verifiers, weak: { ...weak, parameters: { kind: "perplexity", by: 2 } } } },
  "metric version": { metrics: { ...parts.metrics, rouge1: metric("answers", 2) } },
};

test("a changed part makes exactly the stages stale that are made by it", async () => {
  const experiment = parseExperiment(bases.language, { file }) as LanguageExperiment;
  const trials = experiment.arms.map((arm) => ({ arm, seed: 0 }));
  const read = async (change: Partial<LanguageParts>): Promise<Keys> =>
    listPlaces(await describeStages(trials, createLanguageSystem({ ...parts, ...change })), experiment);
  const before = await read({});
  for (const [name, { stale }] of Object.entries(partTable)) {
    const now = await read(otherParts[name as keyof typeof partTable]);
    assert.deepEqual(list(now.keys()), list(before.keys()), name);
    const found = list([...before].flatMap(([place, key]) => (now.get(place) === key ? [] : place)));
    assert.deepEqual(found, expand(stale, before.keys()), name);
  }
});

/** Every path of a schema with the values it has to choose from; `*` is a name of the user's, `[]` an item of a list. */
function* walk(schema: JsonSchema, path: string): Generator<readonly [string, readonly unknown[]]> {
  const values = [...((schema.enum as unknown[] | undefined) ?? []), ...("const" in schema ? [schema.const] : [])];
  if (values.length > 0) yield [path.replace(/\[\]$/, ""), values];
  else if (path !== "") yield [path, []];
  for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* walk(choice, path);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") yield* walk(schema.additionalProperties, `${path}.*`);
  for (const [key, child] of Object.entries(schema.properties ?? {}))
    yield* walk(child, path === "" ? key : `${path}.${key}`);
}

type Fields = Readonly<Record<ChangeRow["system"], ReadonlyMap<string, readonly unknown[]>>>;

const fieldsBySystem: Fields = Object.fromEntries(
  (createJsonSchema().anyOf ?? []).map((schema) => {
    const valuesByPath = new Map<string, unknown[]>();
    for (const [path, values] of walk(schema, ""))
      valuesByPath.set(path, [...(valuesByPath.get(path) ?? []), ...values]);
    return [valuesByPath.has("dataset") ? "language" : "gaussian", valuesByPath];
  }),
) as Readonly<Record<string, ReadonlyMap<string, readonly unknown[]>>> as Fields;

test("every field of the schema has a row, every choice of it is made, and no row is of a field that is not there", () => {
  const systems = ["language", "gaussian"] as const;
  const paths = systems.flatMap((system) => [...fieldsBySystem[system].keys()].map((path) => `${system} ${path}`));
  // An item of a list is changed with its list; only the keys of one have rows.
  const needed = paths.filter((path) => !path.endsWith("[]"));
  assert.ok(needed.length > 100, `${needed.length} fields`);
  const rows = new Set(changeTable.map(({ system, path }) => `${system} ${path}`));
  assert.deepEqual(
    [...rows].filter((row) => !needed.includes(row)),
    [],
  );
  assert.deepEqual(
    needed.filter((path) => !rows.has(path)),
    [],
  );
  const missing = systems.flatMap((system) =>
    [...fieldsBySystem[system]].flatMap(([path, values]) => {
      const chosen = changeTable
        .filter((row) => row.system === system && [path, `${path}.policy`].includes(row.path))
        .flatMap(({ to }) => parse(to));
      return values.filter((value) => !chosen.includes(value)).map((value) => `${system} ${path}: ${value}`);
    }),
  );
  assert.deepEqual(missing, []);
});

/** A field as told, beside the paths that a file may have: names that a user chose stand as `*`. */
function isWritten(field: string, system: ChangeRow["system"]): boolean {
  const inner = field.replace(/^(?:arms|lines)\.[^.]+\.?/, "");
  const named = inner
    .replace(/^(endpoints|verifiers)\.[^.]+/, "$1.*")
    .replace(/^(endpoints\.\*\.params|verifiers\.\*\.criteria|lint)\.[^.]+/, "$1.*");
  return inner === "" || [inner, named].some((path) => fieldsBySystem[system].has(path));
}

test("a change is told by a path that a file has, and in its words", () => {
  const wrong = new Map<string, string>();
  for (const row of changeTable) {
    if (row.refused) continue;
    const { system, path, at = path, to, with: given = [] } = row;
    const read = (sets: readonly string[]) => parseExperiment(bases[system], { file, sets });
    const [before, after] = [given, [...given, `${at}=${to}`]].map((sets) => ({
      experiment: read(sets),
      materials: null,
    }));
    for (const { edit: _, ...told } of computeFieldChanges(before!, after!)) {
      // Programs are told of these alone.
      assert.deepEqual(Object.keys(told).sort(), ["after", "before", "field"], render(row));
      if (!isWritten(told.field, system)) wrong.set(told.field, render(row));
      // What was set to a plain value is told as that value.
      const value = parse(to) as unknown;
      if (path.startsWith("endpoints.*.") && told.field === at && ["string", "boolean"].includes(typeof value))
        assert.deepEqual(told.after, value, render(row));
    }
  }
  assert.deepEqual([...wrong], []);
});
