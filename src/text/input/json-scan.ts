// Says where and why a text is not JSON, and where the members of a JSON object lie (RFC 8259).
// Slower than JSON.parse and only asked when that has failed or a message needs a place; builds no values.
// It keeps its own stack, so depth costs memory and not the call stack.

/** A member of the outermost object; offsets are in UTF-16 code units. */
export interface JsonMember {
  readonly key: string;
  readonly keyOffset: number;
  readonly valueOffset: number;
}

export interface JsonScan {
  /** Undefined for valid JSON. `offset` is in UTF-16 code units. */
  readonly problem: { readonly offset: number; readonly what: string } | undefined;
  /** The members of the outermost object, in order, repeated keys included. */
  readonly members: readonly JsonMember[];
  /** Where the items of the outermost array begin. */
  readonly items: readonly number[];
}

/** What may come next; the scan is a state machine over this and the stack of open containers. */
type Expected = "value" | "value or end" | "key" | "key or end" | "colon" | "comma or end" | "nothing";

interface Place {
  readonly expected: Expected;
  readonly container: "{" | "[" | undefined;
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordPattern = /[-+]?[A-Za-z_$][\w$]*/y;
const spacePattern = /[ \t\n\r]*/y;

/** Ends the scan at the first problem; thrown and caught within this file alone. */
class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, what: string) {
    super(what);
    this.offset = offset;
  }
}

/** Stops early, without a problem, once there are `memberLimit` members. */
export function computeJsonScan(text: string, memberLimit = Infinity): JsonScan {
  const found = { members: [] as JsonMember[], items: [] as number[] };
  try {
    scan(text, found, memberLimit);
    return { problem: undefined, ...found };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { problem: { offset: error.offset, what: error.message }, ...found };
  }
}

interface Found {
  readonly members: JsonMember[];
  readonly items: number[];
}

function scan(text: string, { members, items }: Found, memberLimit: number): void {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let key: { readonly text: string; readonly offset: number } | undefined;
  let at = skip(text, 0, spacePattern);
  for (; at < text.length; at = skip(text, at, spacePattern)) {
    const character = text[at]!;
    const container = open[open.length - 1];
    const isEnd = character === (container === "{" ? "}" : "]") && container !== undefined;
    if (isEnd && expected.endsWith("or end")) {
      open.pop();
      expected = open.length > 0 ? "comma or end" : "nothing";
      at += 1;
    } else if (expected.startsWith("key")) {
      const end = character === '"' ? skipString(text, at) : fail(text, at, { expected, container });
      if (open.length === 1) key = { text: JSON.parse(text.slice(at, end)) as string, offset: at };
      expected = "colon";
      at = end;
    } else if (expected.startsWith("value")) {
      // The value of a member of the outermost object begins here; deeper ones are nobody's business.
      if (key !== undefined && open.length === 1 && container === "{") {
        members.push({ key: key.text, keyOffset: key.offset, valueOffset: at });
        if (members.length >= memberLimit) return;
      } else if (open.length === 1 && container === "[") items.push(at);
      if (character === "{" || character === "[") {
        open.push(character);
        expected = character === "{" ? "key or end" : "value or end";
        at += 1;
      } else {
        at = skipScalar(text, at, () => fail(text, at, { expected, container }));
        expected = open.length > 0 ? "comma or end" : "nothing";
      }
    } else if (expected === "colon" && character === ":") {
      expected = "value";
      at += 1;
    } else if (expected === "comma or end" && character === ",") {
      expected = container === "{" ? "key" : "value";
      at += 1;
    } else fail(text, at, { expected, container });
  }
  if (expected === "nothing") return;
  if (open.length === 0) throw new Stop(at, "there is nothing");
  throw new Stop(at, `ends inside ${open[open.length - 1] === "{" ? "an object" : "an array"}`);
}

/** The offset behind a string, number or word; `otherwise` throws for anything else. */
function skipScalar(text: string, at: number, otherwise: () => never): number {
  if (text[at] === '"') return skipString(text, at);
  const afterWord = skip(text, at, wordPattern);
  const word = text.slice(at, afterWord);
  if (word === "true" || word === "false" || word === "null") return afterWord;
  const afterNumber = skip(text, at, numberPattern);
  if (afterNumber > at) return afterNumber;
  if (word !== "") throw new Stop(at, `${clip(word)} is not a JSON value`);
  return otherwise();
}

/** The offset behind a string. A regular expression would overflow its stack on a text of many megabytes. */
function skipString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) throw new Stop(at, `raw control character ${renderCode(code)} in a string`);
    if (code !== 0x5c) continue;
    const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
    const end = skip(text, at + 1, escaped);
    if (end === at + 1 && end < text.length)
      throw new Stop(at, `bad escape ${clip(text.slice(at, at + 2))} in a string`);
    at = end - 1;
  }
  throw new Stop(start, "unterminated string");
}

/** Tells what was expected, in the words of somebody who looks at the file. */
function fail(text: string, at: number, { expected, container }: Place): never {
  const found = String.fromCodePoint(text.codePointAt(at)!);
  const shown = found < " " ? renderCode(found.charCodeAt(0)) : `'${found}'`;
  if (expected === "nothing") throw new Stop(at, `${shown} after the end of the value`);
  const end = container === "{" ? "'}'" : "']'";
  const wanted = {
    value: "a value",
    "value or end": "a value or ']'",
    key: "a key in double quotes",
    "key or end": "a key in double quotes or '}'",
    colon: "':'",
    "comma or end": `',' or ${end}`,
  }[expected];
  throw new Stop(at, `expected ${wanted}, found ${shown}`);
}

/** The offset behind a sticky pattern, or the same offset where it does not match. */
function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function clip(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}..` : text;
}

function renderCode(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
