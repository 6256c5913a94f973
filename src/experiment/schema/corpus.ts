// The corpus key: a policy by its name, or with its options.

import { z } from "zod";
import type { Policy } from "../../domain/corpus.ts";
import { createProblem, findNode, findPlace, type Node, type PlacedProblem } from "../document/node.ts";
import { count, readShare, share, strict } from "./strict.ts";

/** As the domain names them. */
const policyNames = ["replace", "accumulate", "accumulate-doubling", "accumulate-subsample", "mix"] as const;

/** By its name alone, where there is nothing to choose. */
const policySchema = z
  .enum(policyNames)
  .describe(
    "replace: the newest selection alone. accumulate: the real rows and every selection so far. accumulate-doubling: " +
      "each generation adds as many rows as there are already. accumulate-subsample: a fixed number of rows drawn from " +
      "all of those. mix: the newest selection with a fixed share of real rows in it.",
  );

/** Options are optional here and held against the policy in resolveCorpus, which can say whose they are. */
export const corpusSchema = z
  .union([
    policySchema,
    strict({
      policy: policySchema,
      budget: count(1)
        .nullable()
        .optional()
        .describe("accumulate-subsample: rows to draw. As many as generation 0 has, unless given."),
      replacement: z
        .boolean()
        .optional()
        .describe("accumulate-subsample: whether a row may be drawn twice. false unless given."),
      share: share().optional().describe("mix: the share of real rows, such as 10%. It must be given."),
    }),
  ])
  .default("replace")
  .describe("What the next model is trained on: the name of a policy, or {policy: mix, share: 10%}.");

export type CorpusConfig = z.output<typeof corpusSchema>;

/** The policy in full; options that belong to another policy are problems. */
export function resolveCorpus(config: CorpusConfig, tree: Node, problems: PlacedProblem[]): Policy {
  const options = typeof config === "string" ? { policy: config } : config;
  const { policy, budget = null, replacement = false, share: part } = options;
  const refuse = (key: string, of: string): void => {
    const what = `corpus.${key} is an option of ${of}, not of ${policy}`;
    problems.push(createProblem(findPlace(tree, ["corpus", key]), what, "leave it out"));
  };
  if (policy !== "accumulate-subsample") {
    if (options.budget !== undefined) refuse("budget", "accumulate-subsample");
    if (options.replacement !== undefined) refuse("replacement", "accumulate-subsample");
  }
  if (policy !== "mix" && part !== undefined) refuse("share", "mix");
  if (policy === "accumulate-subsample") return { kind: policy, budget, replacement };
  if (policy !== "mix") return { kind: policy };
  if (part === undefined && findNode(tree, ["corpus", "share"]) === undefined) {
    const what = "corpus.share is missing: mix needs the share of real rows";
    problems.push(createProblem(findPlace(tree, ["corpus"]), what, "write {policy: mix, share: 10%}"));
  }
  return { kind: policy, share: readShare(part ?? 1) };
}
