// The schema of an experiment with Gaussians.

import { z } from "zod";
import { gaussianMetrics } from "../../systems/gaussian/metrics.ts";
import { corpusSchema } from "./corpus.ts";
import { frameShape } from "./frame.ts";
import { count, strict } from "./strict.ts";

/** The bounds are those of the system, told here with a place in the file. */
const systemSchema = strict({
  kind: z.literal("gaussian").describe("Fit a Gaussian to rows, draw rows from it, fit the next."),
  dimensions: count(1, 100).default(1).describe("Dimensions of a row."),
  samples: count(2, 10_000_000).default(100).describe("Rows a generation, real ones included."),
  covariance: z
    .enum(["mle", "unbiased"])
    .default("mle")
    .describe("What the squares are divided by: the number of rows, or one less."),
  draws: z
    .enum(["statistics", "rows"])
    .default("statistics")
    .describe(
      "statistics draws mean and scatter directly, at a cost free of samples; rows draws every row. The same law.",
    ),
});

/** No dataset, prompt, verifier or selection: real rows come from a standard Gaussian, and all drawn ones are kept. */
export const gaussianSchema = strict({
  schema: frameShape.schema,
  name: frameShape.name,
  system: z
    .union([z.literal("gaussian"), systemSchema])
    .describe("What is trained: gaussian, or {kind: gaussian, dimensions: 1, samples: 100, covariance: mle}."),
  generations: frameShape.generations,
  corpus: corpusSchema,
  arms: frameShape.arms,
  lines: frameShape.lines,
  seeds: frameShape.seeds,
  evaluate: strict({
    metrics: z
      .array(z.enum(gaussianMetrics.map(({ name }) => name)))
      .min(1)
      .default(["traceRatio", "meanError", "determinantRatio", "wasserstein"])
      .describe("What is measured of every model; sigma in one dimension only."),
  })
    .prefault({})
    .describe("How models are measured, against the Gaussian that real rows come from."),
  budget: frameShape.budget,
  scales: frameShape.scales,
  gates: frameShape.gates,
  workers: frameShape.workers,
}).describe("An experiment with Gaussians.");

export type GaussianConfig = z.output<typeof gaussianSchema>;

/** The options of a system that is given by its name alone. */
export function resolveSystem(config: GaussianConfig["system"]): z.output<typeof systemSchema> {
  return typeof config === "string" ? systemSchema.parse({ kind: config }) : config;
}

/** Keys that hold for the whole run: no arm can change them. */
export const gaussianRunPaths = [
  "schema",
  "name",
  "system.kind",
  "seeds",
  "evaluate.metrics",
  "budget",
  "workers",
] as const;
