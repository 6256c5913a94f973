// The keys that every experiment has, whatever its system.

import { z } from "zod";
import { createProblem, findNode, type Node, type PlacedProblem, type Scalar } from "../document/node.ts";
import { count, nameSchema, strict } from "./strict.ts";

/** One upper bound for every system: simulations reach hundreds, and a slip of a digit is caught. */
const generationsSchema = count(0, 100_000);

/** Dotted paths to values. They are checked where it matters: in the arm that they make. */
const pathsSchema = z.record(z.string(), z.unknown());

const armSchema = pathsSchema.describe(
  "Paths of this schema, each with one value or a list of them: {corpus: [replace, accumulate], select.keep: 25%}. " +
    "Every combination is an arm.",
);

const gateSchema = strict({
  metric: z.string().min(1).describe("The metric as metrics.csv names it."),
  arm: z.string().min(1).describe("The id of an arm or the name of a line."),
  generation: generationsSchema.describe("The generation it is measured at."),
  op: z.enum(["<", "<=", ">", ">="]).describe('How the mean over seeds must compare; quote it: ">=".'),
  value: z.number().describe("The number it is compared with."),
});

/** Seeds are names of draws, so any whole number will do. */
const seedList = z.array(count(0, Number.MAX_SAFE_INTEGER)).min(1);

/** One shape for all systems, so that no key comes to mean two things. */
export const frameShape = {
  schema: z
    .literal(1, "must be 1, the version that this Refeed reads: a file of a later version needs a later Refeed")
    .default(1)
    .describe("Version of this schema."),
  name: nameSchema.optional().describe("Name of the run and its folder. The file's name unless given."),
  generations: generationsSchema
    .default(3)
    .describe("Index of the last model: generation 0 is trained on real data, so 3 makes four models."),
  arms: z
    .union([armSchema, z.array(armSchema).min(1)])
    .default({})
    .describe("What is compared: a product over paths of this schema, or a list of such products."),
  lines: z
    .record(nameSchema, pathsSchema)
    .default({})
    .describe("Reference arms by name, each with one value a path: {full: {real: 100%, generations: 0}}."),
  seeds: z
    .union([
      seedList,
      strict({
        count: count(1, 100_000).describe("How many."),
        first: count(0).default(0).describe("The first of them."),
      }),
    ])
    .default([0])
    .describe("Every arm runs once a seed: [0, 1, 2], or {count: 100, first: 0}."),
  scales: z
    .record(nameSchema, pathsSchema)
    .default({})
    .describe("Other sizes of this experiment by name, {tiny: {dataset.train: 200}}; chosen by --set scale=tiny."),
  gates: z
    .array(gateSchema)
    .default([])
    .describe("Conditions on results; where one is broken, the run ends with exit code 100."),
  budget: strict({
    usd: z.number().gt(0).nullable().default(null).describe("US dollars, more than 0; --max-cost stands above it."),
    requests: count(1)
      .nullable()
      .default(null)
      .describe(
        "Requests: whatever a vendor bills or limits the rate of. Every sending that asks a model for something is one, a " +
          "repeat and one that is turned away with 429 as well, and each row of a batch; what asks only which models " +
          "there are is none, nor what reached nobody.",
      ),
    tokens: count(1, Number.MAX_SAFE_INTEGER).nullable().default(null).describe("Tokens of prompts and completions."),
  })
    .prefault({})
    .describe(
      "Caps on what leaves this process over the whole run, reserved before it is sent; null for none. Where one is " +
        "reached the run stops with exit code 4, and goes on when it is raised.",
    ),
  workers: count(1, 1024)
    .nullable()
    .default(null)
    .describe("Worker threads; null for one a core. Changes how long a run takes and nothing else."),
};

/** Keys that say what to run, and so cannot stand inside an arm. */
export const outerKeys = ["arms", "lines", "scales", "gates"] as const;

/** A seed listed twice would be the very same trial, counted twice. */
export function checkSeeds(tree: Node, problems: PlacedProblem[]): void {
  const node = findNode(tree, ["seeds"]);
  const countBySeed = new Map<Scalar, number>();
  for (const item of node?.kind === "list" ? node.items : []) {
    // A number that could not be read has been told already, and another stands in for it.
    if (item.kind !== "scalar" || problems.some(({ where }) => where === item.place.where)) continue;
    const count = (countBySeed.get(item.value) ?? 0) + 1;
    countBySeed.set(item.value, count);
    if (count !== 2) continue;
    problems.push(createProblem(item.place, `the seed ${item.value} is listed more than once`, "list every seed once"));
  }
}

/** The seeds as a list. */
export function resolveSeeds(
  config: readonly number[] | { readonly count: number; readonly first: number },
): readonly number[] {
  if (!("count" in config)) return config;
  return Array.from({ length: config.count }, (_, index) => config.first + index);
}
