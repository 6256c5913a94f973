// The lint key: how much of each thing that goes wrong in sampling is too much, and whether it ends the run.
// Limits say what is told, never what is made: they enter no key.

import { z } from "zod";
import type { LintLimit, LintLimits } from "../../domain/lint.ts";
import { type LintName, lintDeclarations, lintNames } from "../../evaluation/lint/checks.ts";
import { count, readShare, strict } from "./strict.ts";

const message = "must be a share from 0 to 100 %, such as 5% or 0.05, or null for no limit";
const limitShare = z.union([
  z.number({ error: message }).min(0, message).max(1, message),
  z.string({ error: message }).regex(/^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?) ?%$/, message),
]);

const fatal = () => z.boolean().default(false).describe("Whether a breach ends the run, with exit code 100.");

/** What a share is one of, in the words of the documentation. */
const subjects: Readonly<Record<LintName, string>> = {
  duplicates: "texts that repeat an earlier one of their stage",
  effective: "the effective number of texts, by the number of texts",
  truncated: "candidates cut at maxTokens",
  empty: "candidates without a text",
  refused: "candidates that were refused",
  acceptance: "candidates that became rows, where sample.accept says what one is",
  unparsable: "candidates that cannot be parsed",
  markers: "candidates that hold chat markers",
  reusedSeeds: "prompts, of those drawn from more than once, that gave one text each time",
  copiedStages: "other sample stages with the very same candidates",
  changedPrompts: "prompts that the way through the template and the tokenizer changes",
  rowMarkers: "real rows that hold chat markers",
  accepted: "candidates that the selection kept",
  unscorable: "candidates without a score",
  attacks: "attacks on a judge that got at least what the median candidate got",
};

function createLimit(name: LintName) {
  const { default: limit } = lintDeclarations[name];
  const bound = name === "copiedStages" ? count(0) : limitShare;
  const isLeast = limit.min !== null || name === "accepted" || name === "acceptance";
  const most = { max: bound.nullable().default(limit.max).describe("The most that is not told of; null for any.") };
  const least = { min: bound.nullable().default(limit.min).describe("The least that is not told of; null for any.") };
  const shape = isLeast ? { ...least, fatal: fatal() } : { ...most, fatal: fatal() };
  return strict(shape)
    .prefault({})
    .describe(`Limit on ${name === "copiedStages" ? "" : "the share of "}${subjects[name]}.`);
}

const shape = Object.fromEntries(lintNames.map((name) => [name, createLimit(name)])) as Record<
  LintName,
  ReturnType<typeof createLimit>
>;

export const lintSchema = strict(shape)
  .prefault({})
  .describe(
    "What is told of each generation's candidates, {duplicates: {max: 30%, fatal: true}}; it changes no result.",
  );

/** Every limit in full, shares as numbers. */
export function resolveLint(config: z.output<typeof lintSchema>): LintLimits {
  const read = (value: number | string | null | undefined): number | null => (value == null ? null : readShare(value));
  return Object.fromEntries(
    lintNames.map((name): [string, LintLimit] => {
      const given = config[name] as { readonly max?: number | null; readonly min?: number | null; fatal: boolean };
      return [name, { max: read(given.max), min: read(given.min), fatal: given.fatal }];
    }),
  );
}
