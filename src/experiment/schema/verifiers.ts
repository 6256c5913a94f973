// The verifiers key: what gives candidates their scores, by names that arms select by.

import { z } from "zod";
import { nameSchema, strict } from "./strict.ts";
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

export const verifierSchema = z.discriminatedUnion("kind", [oracleSchema, perplexitySchema]);

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
