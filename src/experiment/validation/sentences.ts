// What the schema finds wrong, as the end of a sentence that begins with the key.

import type { z } from "zod";
import type { Path } from "../document/node.ts";

type Issue = z.core.$ZodIssue;

/** The end of a sentence that begins with the key. */
export function renderIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return "is missing";
  const found = `found ${renderFound(issue.input)}`;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kindNames[issue.expected] ?? issue.expected}, ${found}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}, ${found}`;
    case "too_small":
      if (issue.origin === "array") return "must not be an empty list";
      if (issue.origin === "string") return "must not be empty";
      return `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}, ${found}`;
    case "too_big":
      return `must be at most ${issue.maximum}, ${found}`;
    case "invalid_union": {
      const kind = (issue.input as Readonly<Record<string, unknown>> | null)?.kind;
      const options = (issue as { readonly options?: readonly unknown[] }).options ?? [];
      return kind === undefined ? "is missing" : `must be one of ${options.join(", ")}, found ${renderFound(kind)}`;
    }
    default:
      return "is not valid";
  }
}

/** Kinds of values, as a reader of YAML knows them. */
const kindNames: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
};

/** The value as it stands in the file, short enough for a line; of lists and mappings only the kind. */
export function renderFound(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}..."`;
}

/** No branch takes values of this kind at all. */
export function renderAlternatives(branches: readonly (readonly Issue[])[], value: unknown): string {
  const tops = branches.map((branch) => branch.find(({ path }) => path.length === 0));
  const shared = tops[0]?.message ?? "";
  if (!shared.includes("found") && tops.every((top) => top?.message === shared)) return shared;
  const names = tops.map((top) => {
    if (top?.code === "invalid_value") return top.values.length > 1 ? `one of ${top.values.join(", ")}` : top.values[0];
    if (top?.code === "invalid_type") return kindNames[top.expected] ?? top.expected;
    return "a mapping";
  });
  return `must be ${[...new Set(names)].join(" or ")}, found ${renderFound(value ?? null)}`;
}

/** `gates[0].op` */
export function renderPath(path: Path): string {
  return path
    .map((segment, index) => (typeof segment === "number" ? `[${segment}]` : `${index ? "." : ""}${segment}`))
    .join("");
}
