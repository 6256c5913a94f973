// What an arm is told apart by: its settings as named values in one order, those that differ, and an id joined of them.

import type { Policy } from "../../domain/corpus.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";

/** One setting of an arm, by its schema path or the last part of it where that says enough. */
export interface Field {
  readonly name: string;
  /** undefined where the arm has no such setting, as an option of another policy. */
  readonly value: Json | undefined;
  /** A share, told in percent: 0.25 makes `25`. */
  readonly isShare?: boolean;
}

/** The fields of a corpus policy. */
export function corpusFields(policy: Policy): readonly Field[] {
  const isSubsample = policy.kind === "accumulate-subsample";
  return [
    { name: "corpus", value: policy.kind },
    { name: "budget", value: isSubsample ? policy.budget : undefined },
    { name: "replacement", value: isSubsample ? policy.replacement : undefined },
    { name: "share", value: policy.kind === "mix" ? policy.share : undefined, isShare: true },
  ];
}

/** Names of the fields in which arms that have them differ, in the order of the fields; all arms list the same ones. */
export function findDiffering(arms: readonly (readonly Field[])[]): readonly string[] {
  const [first = []] = arms;
  return first.flatMap(({ name }, index) => {
    const values = arms.map((fields) => fields[index]?.value).filter((value) => value !== undefined);
    return new Set(values.map((value) => JSON.stringify(value))).size > 1 ? [name] : [];
  });
}

/** Picks fields by name, as a record. */
export function pickFields(fields: readonly Field[], names: readonly string[]): Readonly<Record<string, Json>> {
  const picked = fields.filter(({ name }) => names.includes(name));
  return Object.fromEntries(picked.map(({ name, value = null }) => [name, value]));
}

/**
 * Ids of the arms, unique and safe as names of files: the values of the differing fields joined, without nulls.
 * Arms that differ in nothing are called by their first field. `taken` are names that are given already.
 */
export function createArmIds(arms: readonly (readonly Field[])[], taken: readonly string[]): readonly string[] {
  const differing = findDiffering(arms);
  const used = new Set(taken);
  return arms.map((fields) => {
    const told = differing.length > 0 ? fields.filter(({ name }) => differing.includes(name)) : fields.slice(0, 1);
    const id = createUnique(joinLabels(told.flatMap(renderLabel)), used);
    used.add(id);
    return id;
  });
}

/** An id of at most 64 characters; a longer one is cut and told apart by a digest. */
function joinLabels(labels: readonly string[]): string {
  const id = labels.join("-") || "arm";
  return id.length <= longest
    ? id
    : `${id.slice(0, longest - 9).replace(/[.-]+$/, "")}-${computeDigest(id).slice(0, 8)}`;
}

/** Room for a number that tells equal ids apart. */
const longest = 58;

function createUnique(id: string, used: ReadonlySet<string>): string {
  let unique = id;
  for (let number = 2; used.has(unique); number++) unique = `${id}-${number}`;
  return unique;
}

function renderLabel({ name, value, isShare }: Field): readonly string[] {
  if (value === null || value === undefined) return [];
  const leaf = name.slice(name.lastIndexOf(".") + 1);
  const text =
    typeof value === "boolean"
      ? `${value ? "" : "no-"}${leaf}`
      : typeof value === "number"
        ? renderNumber(isShare ? Number(`${value}e2`) || value * 100 : value)
        : String(value);
  const safe = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return safe === "" ? [] : [safe];
}

/** Short, and without an exponent's plus or a sign that reads as a dash. */
function renderNumber(value: number): string {
  return String(Number(value.toPrecision(12)))
    .replace("-", "minus")
    .replace("+", "");
}
