// YAML text to a tree of placed values: version 1.2, core schema, one document, no tags, no merge keys.
// Everything a config file could smuggle in is refused here; what a key means is decided elsewhere.

import { type Document, LineCounter, parseDocument, type Node as YamlNode } from "yaml";
import { convertYaml } from "./convert.ts";
import { findNestingFault } from "./nesting.ts";
import { createProblem, type Node, type Place, type PlacedProblem } from "./node.ts";
import { findSecrets, secretAdvice } from "./secrets.ts";

export interface YamlReading {
  /** Null where nothing usable was found. */
  readonly root: Node | null;
  readonly problems: readonly PlacedProblem[];
}

/** Reads a whole file; `file` names it in problems. */
export function parseFileText(text: string, file: string): YamlReading {
  const lines = new LineCounter();
  const first = text.startsWith("\ufeff") ? 1 : 0;
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { where: `${file}:${Math.max(1, line)}:${Math.max(1, line === 1 ? col - first : col)}`, order: offset };
  };
  return parseYaml(text, { lines, place });
}

/** Reads the value of a flag; every problem in it is the flag's. */
export function parseFlagText(text: string, place: Place): YamlReading {
  return parseYaml(text, { lines: new LineCounter(), place: () => place });
}

interface Source {
  readonly lines: LineCounter;
  readonly place: (offset: number) => Place;
}

function parseYaml(text: string, { lines, place }: Source): YamlReading {
  const fault = findTextFault(text) ?? findNestingFault(text);
  const faults: readonly TextFault[] = fault
    ? [fault]
    : findSecrets(text).map((offset) => ({ ...secretFault, offset }));
  if (faults.length > 0) {
    for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1)) lines.addNewLine(index + 1);
    if (lines.lineStarts[0] !== 0) lines.lineStarts.unshift(0);
    return { root: null, problems: faults.map(({ offset, what, next }) => createProblem(place(offset), what, next)) };
  }
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    lineCounter: lines,
    // Found in convert.ts instead: the library compares every key with every other.
    uniqueKeys: false,
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: "error",
  });
  const problems = listErrors(document, place);
  if (problems.length > 0) return { root: null, problems };
  if (document.contents === null) return { root: null, problems: [createProblem(place(0), "the file is empty")] };
  return convertYaml(document.contents as YamlNode, place);
}

interface TextFault {
  readonly offset: number;
  readonly what: string;
  readonly next?: string;
}

/** Nothing else of a file with a secret is told: a later problem might repeat it. */
const secretFault = { what: "looks like a key, a token or a password", next: secretAdvice };

/** What no YAML reader would refuse, and no person means. */
function findTextFault(text: string): TextFault | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
  const control = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
    return { offset: control, what: `holds the control character U+${code}` };
  }
  const carriage = text.search(/\r(?!\n)/);
  return carriage < 0 ? null : { offset: carriage, what: "ends its lines with lone carriage returns" };
}

/** The library's commonest errors in words that name the next step; the others keep its words. */
const sentences: Readonly<Record<string, readonly [what: string, next: string]>> = {
  TAB_AS_INDENT: ["a tab stands where YAML indents", "indent with spaces"],
  MULTIPLE_DOCS: ["a second YAML document begins", "keep one document a file"],
  MULTILINE_IMPLICIT_KEY: ["a line without a colon", "write key: value"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a mapping begins inside a value",
    "check the indentation of the next line, or quote the value",
  ],
  BAD_SCALAR_START: ["a plain value cannot begin with this character", "put it in quotes"],
  BAD_INDENT: ["the indentation is wrong or a bracket is not closed", "line the keys up"],
};

/** The library's errors, one a line: what follows on the same line is mostly its consequence. */
function listErrors(document: Document.Parsed, place: (offset: number) => Place): readonly PlacedProblem[] {
  const problemByLine = new Map<string, PlacedProblem>();
  if (document.directives?.yaml.version !== "1.2") {
    const problem = createProblem(place(0), "asks for another YAML than 1.2", "remove the %YAML line");
    problemByLine.set("directive", problem);
  }
  // Every tag is told by convert.ts, those that the library knows as well.
  const warnings = document.warnings.filter(({ code }) => code !== "TAG_RESOLVE_FAILED");
  for (const { code, message, pos } of [...document.errors, ...warnings]) {
    const at = place(pos[0]);
    const line = at.where.slice(0, at.where.lastIndexOf(":"));
    const [what, next] = sentences[code] ?? [`not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`];
    if (!problemByLine.has(line)) problemByLine.set(line, createProblem(at, what as string, next));
  }
  return [...problemByLine.values()];
}
