// What the schema finds wrong, as problems with a place: the key, what it must be, and what was probably meant.

import type { z } from "zod";
import { findByStart, findNearest } from "../document/nearest.ts";
import {
  createProblem,
  findNode,
  findPlace,
  type Node,
  type Path,
  type Place,
  type PlacedProblem,
  toPlain,
} from "../document/node.ts";
import { isSecretKey, secretAdvice } from "../document/secrets.ts";
import { listKnownPaths } from "./json-schema.ts";
import { renderAlternatives, renderPath } from "./sentences.ts";

type Issue = z.core.$ZodIssue;

export interface ProblemContext {
  readonly system: string;
  /** Keys of the mapping's top that belong to other systems. */
  readonly foreignKeys: readonly string[];
}

/** One problem an issue, but one a key where several are unknown. */
export function createProblems(issue: Issue, tree: Node, context: ProblemContext): readonly PlacedProblem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => createUnknownKey([...path, key], issue.message.split(" "), tree, context));
  }
  const node = findNode(tree, path);
  const place = issue.code === "invalid_key" ? findKeyPlace(tree, path) : findPlace(tree, path);
  const name = path.length === 0 ? "the experiment" : renderPath(path);
  return [createProblem(place, `${name} ${issue.message}`, node && findHint(issue, node))];
}

/**
 * An unknown key, with what was meant: a misspelt neighbour, else a key of that very name elsewhere in the schema, else
 * the one neighbour it is the beginning of.
 */
function createUnknownKey(path: Path, known: readonly string[], tree: Node, context: ProblemContext): PlacedProblem {
  const key = String(path.at(-1));
  const place = findKeyPlace(tree, path);
  if (path.length === 1 && context.foreignKeys.includes(key)) {
    const what = `${key} is no key of a ${context.system} experiment`;
    return createProblem(place, what, "remove it, or change system");
  }
  const name = renderPath(path);
  if (isSecretKey(key))
    return createProblem(place, `${name} is no key of an experiment: it would hold a secret`, secretAdvice);
  // Known at this very place, where its neighbours are others: a file and a hub's name, each good alone.
  if (path.length > 1 && listKnownPaths().includes(name)) {
    const what = `${name} does not go with the other keys of ${renderPath(path.slice(0, -1))}`;
    return createProblem(place, what, `remove it, or them: what goes with them is ${known.join(", ")}`);
  }
  const elsewhere = listKnownPaths().find((other) => other.endsWith(`.${key}`) && other !== name);
  const next = findNearest(key, known) ?? elsewhere ?? findByStart(key, known);
  return createProblem(place, `unknown key ${name}`, next === undefined ? listKeys(known) : `did you mean ${next}?`);
}

/** Where nothing like it is known, what is; a mapping of more keys than can be taken in is left to the schema. */
function listKeys(known: readonly string[]): string {
  return known.length > mostListed ? "refeed schema lists every key there is" : `its keys are ${known.join(", ")}`;
}

const mostListed = 12;

/** The step to take next, where the value found tells what it is: another YAML, a missing unit, a misspelling. */
function findHint(issue: Issue, node: Node): string | undefined {
  if (node.kind === "list") {
    if (issue.code === "too_small") return "list one at least";
    const isMapping = issue.message.startsWith("must be a mapping");
    return isMapping ? undefined : "to compare several values, list them at this path under arms";
  }
  if (node.kind !== "scalar") return undefined;
  const { value } = node;
  const expected = issue.code === "invalid_type" ? issue.expected : undefined;
  if (expected === "string" && value !== null) return "put it in quotes";
  if (typeof value === "number" && value > 1 && value <= 100 && issue.message.includes("share"))
    return `write ${value}%`;
  if (typeof value !== "string") return undefined;
  if (expected === "boolean" && /^(y|yes|on)$/i.test(value)) return "write true";
  if (expected === "boolean" && /^(n|no|off)$/i.test(value)) return "write false";
  const isSeparated = /^\d[\d_,']*\d$/.test(value) && (expected === "int" || expected === "number");
  if (isSeparated) return `write ${value.replace(/\D/g, "")}`;
  const known = listKnownValues(issue);
  const near = known && (findNearest(value, known) ?? findByStart(value, known));
  return near && `did you mean ${near}?`;
}

/** The words that would have been taken. */
function listKnownValues(issue: Issue): readonly string[] | undefined {
  if (issue.code === "invalid_value") return issue.values.map(String);
  const options = (issue as { readonly options?: readonly unknown[] }).options;
  return options?.map(String);
}

/** Where the last key of a path stands. */
function findKeyPlace(tree: Node, path: Path): Place {
  const parent = findNode(tree, path.slice(0, -1));
  const entry = parent?.kind === "map" ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.place ?? findPlace(tree, path);
}

/** Of a union, the issues of the branch that was meant: the one of the same kind, then the one with fewest issues. */
export function listChosen(issue: Issue, tree: Node): readonly Issue[] {
  if (issue.code === "invalid_key") {
    return [{ ...issue, message: issue.issues[0]?.message ?? issue.message }];
  }
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const kind = findNode(tree, issue.path as Path)?.kind;
  const rank = (branch: readonly Issue[]): number => {
    const isOther = branch.some(({ path, code }) => path.length === 0 && code === "invalid_type");
    const isScalarBranch = branch.some(({ path, code }) => path.length === 0 && code === "invalid_value");
    return branch.length + (isOther || (isScalarBranch && kind !== "scalar") ? 1000 : 0);
  };
  const [chosen, ...others] = issue.errors.toSorted((one, other) => rank(one) - rank(other));
  if (chosen === undefined || rank(chosen) < 1000 || others.length === 0) {
    const within = (chosen ?? []).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    return within.flatMap((inner) => listChosen(inner as Issue, tree));
  }
  const node = findNode(tree, issue.path as Path);
  const message = renderAlternatives(issue.errors, node && toPlain(node));
  return [{ ...issue, code: "custom", message } as Issue];
}
