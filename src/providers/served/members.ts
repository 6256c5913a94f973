// The members of a request's body, read one by one: whatever is left unread at the end was not understood, and is refused.
// null counts as left out, as OpenAI's clients write it.

import { Refusal } from "./refusal.ts";

export interface Members {
  has(name: string): boolean;
  integer<Absent>(name: string, range: Range, absent: Absent): number | Absent;
  number<Absent>(name: string, range: Range, absent: Absent): number | Absent;
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** One text, or a list of them. */
  texts(name: string): readonly string[] | undefined;
  raw(name: string): unknown;
  /** Takes a member only where its value changes nothing. */
  inert(name: string, values: readonly unknown[]): void;
  finish(): void;
}

export interface Range {
  readonly least: number;
  readonly most: number;
  /** The least is no value itself. */
  readonly isOpen?: true;
}

export function parseMembers(body: unknown, where = "the body"): Members {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Refusal(`${where} is no JSON object`);
  const left = new Map(Object.entries(body));
  const take = (name: string): unknown => {
    const value = left.get(name);
    left.delete(name);
    return value ?? undefined;
  };
  const refuse = (name: string, value: unknown, wanted: string): never => {
    throw new Refusal(`${name} is ${show(value)}; it must be ${wanted}`, { param: name });
  };
  const readNumber = (name: string, { least, most, isOpen }: Range, isWhole: boolean): number | undefined => {
    const value = take(name);
    if (value === undefined) return undefined;
    const isIn = typeof value === "number" && value <= most && (isOpen ? value > least : value >= least);
    if (isIn && (!isWhole || Number.isSafeInteger(value))) return value;
    // What no double holds exactly is told apart from what is too small.
    const isBeyond = typeof value === "number" && value > most;
    const ends = most >= Number.MAX_SAFE_INTEGER && !isBeyond ? `${least} or more` : `from ${least} to ${most}`;
    const range = isOpen ? `above ${least} and up to ${most}` : ends;
    return refuse(name, value, `${isWhole ? "an integer" : "a number"} ${range}`);
  };
  return {
    has: (name) => (left.get(name) ?? undefined) !== undefined,
    integer: (name, range, absent) => readNumber(name, range, true) ?? absent,
    number: (name, range, absent) => readNumber(name, range, false) ?? absent,
    text(name) {
      const value = take(name);
      return value === undefined || typeof value === "string" ? value : refuse(name, value, "a string");
    },
    flag(name) {
      const value = take(name);
      return value === undefined || typeof value === "boolean" ? value === true : refuse(name, value, "true or false");
    },
    texts(name) {
      const value = take(name);
      if (value === undefined || typeof value === "string") return value === undefined ? value : [value];
      if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value as readonly string[];
      return refuse(name, value, "a string or a list of strings; token ids are not taken");
    },
    raw: take,
    inert(name, values) {
      const value = take(name);
      if (value === undefined || values.some((each) => JSON.stringify(each) === JSON.stringify(value))) return;
      const code = "unsupported_value";
      throw new Refusal(`${name} is ${show(value)}, which this server cannot heed; leave it out`, {
        param: name,
        code,
      });
    },
    finish() {
      const [name] = left.keys();
      if (name === undefined) return;
      const param = show(name).slice(1, -1);
      const code = "unsupported_parameter";
      throw new Refusal(`${param} is no member that this server understands; leave it out`, { param, code });
    },
  };
}

/** A value as a message may hold it: short, whatever was sent. */
export function show(value: unknown): string {
  const text =
    typeof value === "object" && value !== null ? (Array.isArray(value) ? "a list" : "an object") : undefined;
  const json = text ?? JSON.stringify(value) ?? "nothing";
  return json.length > 80 ? `${json.slice(0, 80)}..` : json;
}
