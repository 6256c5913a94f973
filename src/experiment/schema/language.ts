// The schema of an experiment with language models.

import { z } from "zod";
import { corpusSchema } from "./corpus.ts";
import { datasetSchema } from "./dataset.ts";
import { endpointsSchema } from "./endpoints.ts";
import { frameShape } from "./frame.ts";
import { lintSchema } from "./lint.ts";
import { count, share, strict } from "./strict.ts";
import { modelSchema } from "./training.ts";
import { rougeNames, verifiersSchema } from "./verifiers.ts";

/** Groups of metrics; diversity measures several. */
export const languageMetrics = [...rougeNames, "loss", "diversity"] as const;

/** What the embedded model writes at most. */
export const embeddedTokens = 16;

/** Shared by sampling and evaluation; defaults differ. */
const decoding = {
  temperature: z.number().min(0).max(100),
  topP: z.number().gt(0).max(1).nullable(),
  topK: count(1).nullable(),
};

/** Temperature 1 and no truncation unless asked for: anything else is a selection of its own. */
const sampleSchema = strict({
  candidates: count(1, 1024).default(1).describe("Draws a prompt."),
  temperature: decoding.temperature.default(1).describe("0 takes the most probable token each time."),
  topP: decoding.topP
    .default(null)
    .describe("Draw among the most probable tokens that make up this mass; null for all."),
  topK: decoding.topK.default(null).describe("Draw among so many of the most probable tokens; null for all."),
  maxTokens: count(1, 1_000_000)
    .default(embeddedTokens)
    .describe(`Tokens after which a candidate is cut. The embedded model writes ${embeddedTokens} at most.`),
  accept: strict({
    rows: count(1).describe("Rows to be accepted, exactly; select chooses among them."),
    candidates: count(1).describe(
      "Candidates at most; the run stops where they are not enough, and goes on with more.",
    ),
    begin: z.string().default("").describe("How a text begins, exactly, such as `user: `; nothing of it is left."),
    part: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        "Stands in a text exactly once, such as a line feed and `assistant: `: its own article before, its summary " +
          "after. null: all of it is the summary of the prompt's article.",
      ),
  })
    .nullable()
    .default(null)
    .describe(
      "Draw until so many texts are rows, in place of candidates; for hosted models. null: candidates says it.",
    ),
  stop: z
    .array(z.string().min(1))
    .max(4)
    .default([])
    .describe("Texts that end a candidate and are no part of it; for models behind endpoints."),
})
  .prefault({})
  .describe("How a model writes the candidates for the next corpus, from every prompt of the train split.");

/** The order of the three is fixed; the keys are written in it. */
const selectSchema = strict({
  best: count(1).nullable().default(null).describe("Best draws to keep of each prompt; null for all."),
  threshold: z.number().nullable().default(null).describe("Lowest score that survives; null for none."),
  keep: share()
    .default("100%")
    .describe("Share of the planned candidates that survives, best scores first; with best, of that many a prompt."),
})
  .prefault({})
  .describe("Which candidates survive, in this order: best, threshold, keep.");

/** Greedy unless asked for: then what differs between two models is the models. */
const evaluateSchema = strict({
  metrics: z
    .array(z.enum(languageMetrics))
    .min(1)
    .default(["rouge1", "rouge2", "rougeL", "loss", "diversity"])
    .describe("What is measured of every model. The rows, steps and tokens of its training always are."),
  decode: z
    .union([
      z.enum(["greedy", "sample"]),
      strict({
        temperature: decoding.temperature.default(0).describe("As sample.temperature."),
        topP: decoding.topP.default(null).describe("As sample.topP."),
        topK: decoding.topK.default(null).describe("As sample.topK."),
      }),
    ])
    .default("greedy")
    .describe("How answers on the test split are decoded: greedy, sample (as the arm samples), or options of its own."),
})
  .prefault({})
  .describe("How models are measured, on real data that none is trained on.");

/** The order of the keys is that of the documentation, and of what editors offer. */
export const languageSchema = strict({
  schema: frameShape.schema,
  name: frameShape.name,
  system: z
    .union([z.literal("language"), strict({ kind: z.literal("language").describe("Language models.") })])
    .default("language")
    .describe("What is trained: language, or {kind: gaussian, ..} for one without texts."),
  dataset: datasetSchema,
  prompt: z
    .string()
    .min(1)
    .default("article")
    .describe(
      "A packaged template, article or summary; with a slash in it, a file relative to this one; or none: hosted models " +
        "write whole texts from an empty prompt, which become rows as sample.accept says.",
    ),
  endpoints: endpointsSchema,
  model: modelSchema,
  generations: frameShape.generations,
  real: share().default("100%").describe("Share of the train split that generation 0 is trained on."),
  sample: sampleSchema,
  verifiers: verifiersSchema,
  corpus: corpusSchema,
  verifier: z
    .string()
    .default("none")
    .describe("What scores candidates: none, oracle, self, random, or a name declared under verifiers."),
  select: selectSchema,
  markers: z
    .enum(["keep", "reject", "escape"])
    .default("reject")
    .describe(
      "Chat markers such as <|im_start|> on the way into a corpus. keep: trained on as they stand. reject: candidates " +
        "that hold one are not kept. escape: kept with the marker broken by a blank. Real rows are never dropped: theirs " +
        "are broken under reject and escape.",
    ),
  score: z
    .enum(["needed", "all"])
    .default("needed")
    .describe("needed: candidates are scored by the verifier that selects. all: by every other as well, for analysis."),
  arms: frameShape.arms,
  lines: frameShape.lines,
  seeds: frameShape.seeds,
  evaluate: evaluateSchema,
  budget: frameShape.budget,
  scales: frameShape.scales,
  gates: frameShape.gates,
  lint: lintSchema,
  workers: frameShape.workers,
  keepModels: z
    .enum(["all", "last", "none"])
    .default("all")
    .describe("Which trained models stay on disk when the run is done; records stay of all."),
}).describe("An experiment with language models.");

export { resolveCorpus } from "./corpus.ts";
export { resolveDataset } from "./dataset.ts";
export { resolveLint } from "./lint.ts";

export type LanguageConfig = z.output<typeof languageSchema>;

/** Keys that hold for the whole run: no arm can change them. */
export const languageRunPaths = [
  "schema",
  "name",
  "system",
  "dataset",
  "prompt",
  "model.trainer",
  "model.base",
  "model.script",
  "model.endpoint",
  "endpoints",
  "verifiers",
  "seeds",
  "evaluate.metrics",
  "lint",
  "budget",
  "workers",
  "keepModels",
] as const;
