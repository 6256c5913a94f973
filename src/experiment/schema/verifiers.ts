// The verifiers key: what gives candidates their scores, by names that arms select by.

import { z } from "zod";
import { count, nameSchema, strict } from "./strict.ts";
import { auxiliarySchema } from "./training.ts";

export const rougeNames = ["rouge1", "rouge2", "rougeL", "rougeLsum"] as const;

const oracleSchema = strict({
  kind: z.literal("oracle").describe("ROUGE against the reference, which no model is shown otherwise."),
  metric: z.enum(rougeNames).default("rouge1").describe("Which ROUGE; its F-measure is the score."),
  stem: z.boolean().default(false).describe("Whether words are stemmed before they are compared."),
});

const perplexitySchema = strict({
  kind: z.literal("perplexity").describe("How probable a candidate is under another model."),
  model: auxiliarySchema,
});

/** Names of criteria are members of the judge's answer, beside `id` and `reason`. */
const criterionSchema = z
  .string()
  .regex(
    /^(?!(?:id|reason|winner)$)[a-z][a-z0-9_]{0,39}$/,
    "must be a name of small letters, but not id, reason or winner",
  );

const judgeSchema = strict({
  kind: z.literal("judge").describe("What a hosted model says of a candidate when it is asked."),
  endpoint: nameSchema.describe("The endpoint that judges; it must name its model."),
  mode: z
    .enum(["rubric", "pairwise"])
    .default("rubric")
    .describe(
      "rubric: a whole number on a scale for each criterion. pairwise: which of two texts is better, asked in both orders.",
    ),
  prompt: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The question: judge-rubric or judge-pairwise of the package; or, with a slash in it, a file relative to this one.",
    ),
  criteria: z
    .record(criterionSchema, z.string().min(1))
    .default({})
    .describe("What to judge by, {faithful: Says nothing that the article does not say}; the score is their mean."),
  scale: strict({
    low: z.int().min(-100).max(100).default(1).describe("The worst score."),
    high: z.int().min(-100).max(100).default(10).describe("The best score."),
  })
    .optional()
    .describe("Of a rubric: whole numbers from low to high, 1 to 10 unless given."),
  against: z
    .enum(["draws", "lead", "reference"])
    .optional()
    .describe(
      "Of pairs: the opponent. draws: the next draw of the prompt. lead: how the article begins. reference: the reference.",
    ),
  reference: z.boolean().default(false).describe("Whether the judge is shown the reference as well."),
  maxTokens: count(16, 100_000).default(400).describe("Tokens of a verdict, its reason among them."),
  canaries: count(0, 50)
    .default(8)
    .describe("Attacks that are judged in each stage beside the candidates, to tell how far they get."),
});

const rewardSchema = strict({
  kind: z.literal("reward").describe("The score that a hosted text classifier gives a prompt with its completion."),
  endpoint: nameSchema.describe("The endpoint of the classifier; it must name its model."),
  label: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("The label whose score counts; null where there is but one."),
  text: z
    .string()
    .min(1)
    .default("{{ prompt }}\n\n{{ completion }}")
    .describe("What is classified, a Jinja template of prompt, article and completion."),
});

const commandSchema = strict({
  kind: z.literal("command").describe("A program of one's own: candidates in, scores out, a line of JSON each."),
  command: z
    .array(z.string().refine((text) => !text.includes("\0"), "must not hold a NUL"))
    .min(1)
    .describe(
      "The program and its arguments, [node, ./score.js]; no shell reads them, paths are relative to this file.",
    ),
  version: count(0).default(1).describe("Raised by hand when the same command would give other scores."),
  env: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable"))
    .default([])
    .describe("Environment variables it may see beside PATH, HOME and the like."),
  reference: z.boolean().default(false).describe("Whether it is shown the reference as well."),
  window: count(1, 100_000).default(1000).describe("Candidates it may have read and not yet answered."),
  programs: count(1, 64).default(1).describe("How many of it may run at once, for several arms and seeds."),
  idleMs: count(1, 86_400_000).default(600_000).describe("Milliseconds without an answer after which it is killed."),
});

export const verifierSchema = z.discriminatedUnion("kind", [
  oracleSchema,
  perplexitySchema,
  judgeSchema,
  rewardSchema,
  commandSchema,
]);

export const verifiersSchema = z
  .record(nameSchema, verifierSchema)
  .default({})
  .describe(
    "Verifiers to choose from beside the built-in ones: none, oracle (ROUGE-1), self (the perplexity of a candidate " +
      "under the model that wrote it) and random. An own oracle may be declared under that name.",
  );

export type VerifierConfig = z.output<typeof verifierSchema>;

/** Names that need no declaration. Only the oracle has options, so only it may be declared anew. */
export const builtInVerifiers = ["none", "oracle", "self", "random"] as const;
