// Finished runs that never ran: deterministic records for tests of reports, one with texts and items, one of pure numbers.

import type { LintTurn } from "../../src/domain/lint.ts";
import type { ArmRecord, ExampleRecord, LineageRecord, MeasurementRecord, RunRecord } from "../../src/domain/record.ts";
import type { Json } from "../../src/keys/canonical.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

export interface FakeArm {
  readonly id: string;
  readonly fields: Readonly<Record<string, Json>>;
  /** What each generation adds to the quality of the model. */
  readonly slope: number;
  readonly line?: boolean;
}

export interface FakeOptions {
  readonly arms?: readonly FakeArm[];
  readonly seeds?: number;
  readonly generations?: number;
  readonly items?: number;
  readonly name?: string;
  /** Passes through every text of the record, for tests of escaping. */
  readonly dress?: (text: string) => string;
}

export const newswireArms: readonly FakeArm[] = [
  { id: "replace", fields: { corpus: "replace", verifier: "none", keep: 1 }, slope: -0.04 },
  { id: "accumulate", fields: { corpus: "accumulate", verifier: "none", keep: 1 }, slope: 0 },
  { id: "replace-oracle-25", fields: { corpus: "replace", verifier: "oracle", keep: 0.25 }, slope: 0.015 },
  { id: "replace-random-25", fields: { corpus: "replace", verifier: "random", keep: 0.25 }, slope: -0.05 },
  { id: "full", fields: { corpus: null, verifier: null, keep: null }, slope: 0.12, line: true },
];

/** A run of a language experiment: ROUGE-1 and test loss with items, diversity and rows without. */
export function createFakeRecord(options: FakeOptions = {}): RunRecord {
  const { arms = newswireArms, seeds = 3, generations = 3, items = 40, name = "newswire" } = options;
  const dress = options.dress ?? ((text: string) => text);
  const records = arms.map(
    (arm): ArmRecord => ({
      id: dress(arm.id),
      generations: arm.line ? 0 : generations,
      isLine: arm.line ?? false,
      fields: dressFields(arm.fields, dress),
    }),
  );
  return {
    name: dress(name),
    state: "done",
    progress: { done: 12, planned: 12 },
    source: dress(`schema: 1\nname: ${name}\nseeds: ${seeds}\n`),
    system: "language",
    facts: [
      { name: dress("dataset"), value: dress("newswire, 2000 train and 300 test rows") },
      { name: dress("base model"), value: dress("embedded:newswire") },
      { name: "test split", value: `${items} rows, sha256 5f0c` },
    ],
    arms: records,
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    metrics: [
      { name: "rouge1", basis: "answers", better: "higher" },
      { name: "loss", basis: "gold", better: "lower" },
      { name: "types", basis: "samples", better: "neither" },
      { name: "rows", basis: "none", better: "neither" },
    ],
    lint: {},
    lintTurns: () =>
      records.flatMap(({ id, generations: last }) =>
        Array.from({ length: (last + 1) * seeds }, (_, index) =>
          createLintTurn({ arm: id, seed: Math.floor(index / (last + 1)), generation: index % (last + 1), last }),
        ),
      ),
    *measurements() {
      for (const [index, arm] of arms.entries()) {
        for (let seed = 0; seed < seeds; seed++) {
          for (let generation = 0; generation <= records[index]!.generations; generation++) {
            yield* listMeasurements({ arm, id: records[index]!.id, seed, generation, items });
          }
        }
      }
    },
    *lineage() {
      for (const [index, arm] of arms.entries()) {
        for (let seed = 0; seed < seeds; seed++) {
          for (let generation = 0; generation <= records[index]!.generations; generation++) {
            yield* listDepths(arm, generation).map((one) => ({ ...one, arm: records[index]!.id, seed, generation }));
          }
        }
      }
    },
    examples: (count) => listExamples(arms, records, { count, generations, dress }),
  };
}

/** 200 candidates, of which each generation repeats 60 more; one in two is kept. */
export function createLintTurn({
  arm,
  seed,
  generation,
  last,
}: Pick<LintTurn, "arm" | "seed" | "generation"> & { readonly last: number }): LintTurn {
  const training = { rows: 250, losses: { cutArticles: 3, cutCompletions: 0, unknownTokens: 500 } };
  const turn = { arm, seed, generation, training, copies: 0 };
  if (generation === last) return { ...turn, sample: null, selection: null };
  const distinct = 200 - 60 * generation;
  const counts = { truncated: 2, empty: 0, refused: 0, unparsable: 0, markers: 0, drawnAgain: 0, drawnAlike: 0 };
  const changes = { changed: 1, lost: 0, ambiguous: 0, cut: 1, unknown: 0, respelt: 0, markers: 0 };
  return {
    ...turn,
    sample: {
      version: 101,
      candidates: { ...counts, candidates: 200, texts: 200, distinct, effective: distinct / 2 },
      prompts: { prompts: 100, ...changes },
    },
    selection: { rows: 100, candidates: 200, rejected: { "below-rank": 96, unscorable: 4 } },
  };
}

/** Real rows alone at first; later also, or under replace only, what the models before wrote. */
function listDepths({ fields }: FakeArm, generation: number): Pick<LineageRecord, "depth" | "rows" | "share">[] {
  if (generation === 0) return [{ depth: 0, rows: 250, share: 1 }];
  if (fields.corpus !== "accumulate") {
    return [{ depth: generation, rows: 2000 * Number(fields.keep ?? 1), share: 1 }];
  }
  const total = 250 + 2000 * generation;
  return Array.from({ length: generation + 1 }, (_, depth) => {
    const rows = depth === 0 ? 250 : 2000;
    return { depth, rows, share: rows / total };
  });
}

interface Turn {
  readonly arm: FakeArm;
  readonly id: string;
  readonly seed: number;
  readonly generation: number;
  readonly items: number;
}

function* listMeasurements({ arm, id, seed, generation, items }: Turn): Generator<MeasurementRecord> {
  // Generation 0 is the same model under every arm but a line, which is a better one.
  const quality = arm.line ? arm.slope : arm.slope * generation;
  const owner = generation === 0 && !arm.line ? "shared" : arm.id;
  const difficulty = createRandom(computeSeed("item"));
  const noise = createRandom(computeSeed("noise", owner, seed, generation));
  const luck = 0.01 * createRandom(computeSeed("seed", seed)).normal();
  const rouge = Float64Array.from({ length: items }, () => {
    const score = 0.58 + quality + luck + 0.15 * difficulty.normal() + 0.03 * noise.normal();
    return Math.min(1, Math.max(0, score));
  });
  const loss = rouge.map((score) => 1.3 - score);
  const base = { arm: id, seed, generation };
  yield createItemMeasurement(base, "rouge1", rouge);
  yield createItemMeasurement(base, "loss", loss);
  const plain = { ...base, low: null, high: null, itemCount: null, items: null };
  yield { ...plain, metric: "types", value: Math.round(640 + 200 * quality + 3 * noise.normal()) };
  const rows =
    generation === 0
      ? 250
      : arm.fields.corpus === "accumulate"
        ? 250 + 2000 * generation
        : 2000 * Number(arm.fields.keep ?? 1);
  yield { ...plain, metric: "rows", value: rows };
}

function createItemMeasurement(
  base: Pick<MeasurementRecord, "arm" | "seed" | "generation">,
  metric: string,
  items: Float64Array,
): MeasurementRecord {
  const value = items.reduce((sum, item) => sum + item, 0) / items.length;
  return { ...base, metric, value, low: value - 0.02, high: value + 0.02, itemCount: items.length, items };
}

function listExamples(
  arms: readonly FakeArm[],
  records: readonly ArmRecord[],
  options: { readonly count: number; readonly generations: number; readonly dress: (text: string) => string },
): ExampleRecord[] {
  const { count, generations, dress } = options;
  const examples: ExampleRecord[] = [];
  for (let generation = 0; generation <= generations; generation++) {
    for (let index = 0; index < count; index++) {
      examples.push({
        seed: 0,
        generation,
        id: `test-${index}`,
        article: dress(
          `on monday the harbour board of port ${index} said that it would close the old pier . rumours of a sale were denied .`,
        ),
        reference: dress(`port ${index} board closes old pier`),
        outputs: arms.flatMap((arm, position) =>
          generation > records[position]!.generations
            ? []
            : [
                {
                  arm: records[position]!.id,
                  text: dress(`${arm.id} board ${"closes ".repeat(generation + 1)}pier ${index}`),
                },
              ],
        ),
      });
    }
  }
  return examples;
}

function dressFields(fields: Readonly<Record<string, Json>>, dress: (text: string) => string): Record<string, Json> {
  const entries = Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? dress(value) : value]);
  return Object.fromEntries(entries) as Record<string, Json>;
}

/** A Gaussian under replace and accumulate: many seeds, many generations, values over orders of magnitude, no items. */
export function createGaussianRecord(
  options: { readonly seeds?: number; readonly generations?: number } = {},
): RunRecord {
  const { seeds = 100, generations = 100 } = options;
  const arms = ["replace", "accumulate"];
  return {
    name: "gaussian",
    state: "done",
    progress: { done: 12, planned: 12 },
    source: "schema: 1\nsystem: { kind: gaussian, samples: 10 }\n",
    system: "gaussian",
    facts: [{ name: "samples", value: "10" }],
    arms: arms.map((id) => ({ id, generations, isLine: false, fields: { corpus: id } })),
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    metrics: [
      { name: "traceRatio", basis: "none", better: "neither" },
      { name: "meanError", basis: "none", better: "lower" },
    ],
    lint: {},
    lintTurns: () => [],
    *measurements() {
      for (const arm of arms) {
        for (let seed = 0; seed < seeds; seed++) yield* listGaussian(arm, seed, generations);
      }
    },
    lineage: () => [],
    examples: () => [],
  };
}

function* listGaussian(arm: string, seed: number, generations: number): Generator<MeasurementRecord> {
  const random = createRandom(computeSeed("gaussian", arm, seed));
  let log = 0;
  let mean = 0;
  for (let generation = 0; generation <= generations; generation++) {
    const pace = arm === "replace" ? 1 : 1 / (generation + 1);
    log += -0.15 * pace * pace + 0.45 * pace * random.normal();
    mean += 0.3 * pace * Math.exp(log / 2) * random.normal();
    const base = { arm, seed, generation, low: null, high: null, itemCount: null, items: null };
    yield { ...base, metric: "traceRatio", value: Math.exp(log) };
    yield { ...base, metric: "meanError", value: mean * mean };
  }
}
