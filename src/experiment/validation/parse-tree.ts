// Reads a tree by a schema. Where the tree is not valid, everything wrong is told and the rest is read all the same,
// so that checks beyond the schema find their own problems in the same go.

import type { z } from "zod";
import { type Node, type Path, type PlacedProblem, toPlain } from "../document/node.ts";
import { createProblems, listChosen, type ProblemContext } from "./problems.ts";
import { renderIssue } from "./sentences.ts";

type Issue = z.core.$ZodIssue;

/** A tree as the schema reads it. Where it is not valid, what is wrong is left out and `isWhole` is false. */
export interface ParsedTree<Config> {
  readonly config: Config;
  readonly isWhole: boolean;
}

/** Adds everything that is wrong to `problems`; null where nothing can be made of the rest either. */
export function parseTree<Config>(
  schema: z.ZodType<Config>,
  tree: Node,
  { problems, context }: { readonly problems: PlacedProblem[]; readonly context: ProblemContext },
): ParsedTree<Config> | null {
  const result = schema.safeParse(toPlain(tree), { error: renderIssue });
  if (result.success) return { config: result.data, isWhole: true };
  const issues = result.error.issues.flatMap((issue) => listChosen(issue, tree));
  for (const issue of issues) problems.push(...createProblems(issue, tree, context));
  return parseRest(schema, toPlain(tree), issues, tree);
}

/** Leaves out what is wrong, again where that lets something else lack what it needs. */
function parseRest<Config>(
  schema: z.ZodType<Config>,
  value: unknown,
  issues: readonly Issue[],
  tree: Node,
): ParsedTree<Config> | null {
  let found = issues;
  for (let round = 0; round < 4; round++) {
    removePaths(value, found.flatMap(listPaths));
    const rest = schema.safeParse(value);
    if (rest.success) return { config: rest.data, isWhole: false };
    found = rest.error.issues.flatMap((issue) => listChosen(issue, tree));
  }
  return null;
}

function listPaths(issue: Issue): readonly Path[] {
  const path = issue.path as Path;
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

/** The value without what stands at these paths; where nothing stands there, without what lacks it. */
function removePaths(value: unknown, paths: readonly Path[]): void {
  for (const path of paths) {
    let holder = value as Record<string, unknown>;
    let key = String(path[0] ?? "");
    for (const segment of path.slice(1)) {
      const inner = holder[key];
      if (typeof segment === "number" || typeof inner !== "object" || inner === null || !(segment in inner)) break;
      holder = inner as Record<string, unknown>;
      key = String(segment);
    }
    delete holder[key];
  }
}
