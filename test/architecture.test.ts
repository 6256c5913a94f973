// The floor plan, guarded: who may import whom, which vendor lives in which room, what is a parameter and never a global,
// how files are called and how large they may grow. Reads text only.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const root = new URL("..", import.meta.url).pathname;
const list = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));

interface Source {
  readonly path: string;
  readonly text: string;
  /** Paths from the project's root, or package names. */
  readonly imports: readonly string[];
}

const sources: Source[] = list("src").map((path) => {
  const text = readFileSync(join(root, path), "utf8");
  const specifiers = [...text.matchAll(/(?:from |import\()"([^"\n]+)"|^import "([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2]!,
  );
  const imports = specifiers.map((name) => (name.startsWith(".") ? normalize(join(dirname(path), name)) : name));
  return { path, text, imports };
});

const floors: readonly (readonly string[])[] = [
  ["math", "text", "keys", "errors.ts"],
  ["domain"],
  "loop systems verifiers selection corpora evaluation embedded datasets providers trainers launchers store contracts".split(
    " ",
  ),
  ["experiment", "report"],
  ["cli", "index.ts"],
];
const roomOf = (path: string): string => path.split("/")[1]!;
const floorOf = (path: string): number => floors.findIndex((rooms) => rooms.includes(roomOf(path)));
const failing = (check: (source: Source) => readonly string[]): string[] =>
  sources.flatMap((source) => check(source).map((problem) => `${source.path}: ${problem}`));

test("there are sources, and each stands on a floor", () => {
  assert.ok(sources.length > 50);
  assert.deepEqual(
    failing(({ path }) => (floorOf(path) < 0 ? ["is in no room of the house"] : [])),
    [],
  );
});

test("imports go down, never up or sideways", () => {
  const problems = failing(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith("src/"))
      .filter((name) => {
        const sameRoom = roomOf(name) === roomOf(path);
        const inPart = roomOf(path) !== "systems" || path.split("/")[2] === name.split("/")[2];
        // Floor 0 is one floor of pure functions; its rooms may use each other.
        const below = floorOf(name) < floorOf(path) || (floorOf(name) === 0 && floorOf(path) === 0);
        const isIndex = path === "src/index.ts" && roomOf(name) !== "cli";
        return !(sameRoom ? inPart : below || isIndex);
      }),
  );
  assert.deepEqual(problems, []);
});

test("there is no import cycle", () => {
  const importsByPath = new Map(
    sources.map(({ path, imports }) => [path, imports.filter((name) => name.startsWith("src/"))]),
  );
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") return void cycles.push([...trail.slice(trail.indexOf(path)), path].join(" > "));
    state.set(path, "open");
    for (const name of importsByPath.get(path) ?? []) visit(name, [...trail, path]);
    state.set(path, "done");
  };
  // Types are erased, but a knot of types is a knot all the same: they count.
  for (const path of importsByPath.keys()) visit(path, []);
  assert.deepEqual(cycles, []);
});

test("every vendor has its rooms", () => {
  const rooms: Readonly<Record<string, readonly string[]>> = {
    "better-sqlite3": ["store"],
    "@jax-js/jax": ["embedded"],
    "@huggingface/jinja": ["systems"],
    "p-limit": ["loop"],
    commander: ["cli"],
    vega: ["report"],
    "vega-lite": ["report"],
    yaml: ["experiment", "datasets"],
    zod: ["experiment"],
    undici: ["providers"],
    openai: ["providers"],
    "@huggingface/inference": ["providers"],
    hono: ["providers"],
    "@hono/node-server": ["providers"],
    hyparquet: ["datasets"],
    "hyparquet-compressors": ["datasets"],
    "@huggingface/hub": ["datasets"],
    "node:child_process": ["launchers"],
  };
  const problems = failing(({ path, imports }) =>
    imports
      .filter((name) => !name.startsWith("src/"))
      .filter((name) => {
        const allowed = rooms[name];
        return allowed ? !allowed.includes(roomOf(path)) : !name.startsWith("node:");
      }),
  );
  assert.deepEqual(problems, []);
});

test("randomness, time, environment and console are handed down", () => {
  const isHost = (path: string): boolean => path === "src/cli/main.ts" || /(^|[/-])worker\.ts$/.test(path);
  const globals =
    /\b(Math\.random|Date\.now|new Date\(\)|performance\.now|process\.(env|exit|stdout|stderr|argv|cwd)|console\.\w+)/g;
  const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  assert.deepEqual(
    failing(({ path, text }) => (isHost(path) ? [] : [...code(text).matchAll(globals)].map(String))),
    [],
  );
});

test("names and sizes", () => {
  const forbidden = /^(utils?|helpers?|common|types|constants|index|misc)\.ts$/;
  const problems = failing(({ path, text, imports }) => {
    const name = path.split("/").at(-1)!;
    const lines = text.split("\n").length - 1;
    return [
      ...(forbidden.test(name) && path !== "src/index.ts" ? ["is a drawer, not a name"] : []),
      ...(/^[a-z0-9]+(-[a-z0-9]+){0,2}\.ts$/.test(name) ? [] : ["is not called in kebab-case"]),
      ...(lines > 300 ? [`has ${lines} lines, the cap is 300`] : []),
      ...(imports.length > 12 && !path.startsWith("src/cli/") && path !== "src/index.ts"
        ? [`has ${imports.length} imports, the cap is 12`]
        : []),
      ...(path.split("/").length > 4 ? ["lies deeper than two folders"] : []),
      ...(/^\/\/ /.test(text) ? [] : ["has no header that says what it is"]),
    ];
  });
  assert.deepEqual(problems, []);
});

test("folders stay small", () => {
  const free = ["src/cli", "src/math"];
  const counts = new Map<string, number>();
  for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const large = [...counts].filter(([folder, count]) => count > 14 && !free.includes(folder));
  assert.deepEqual(large, []);
});

test("the loop knows no system, no text and no storage", () => {
  const words = /rouge|prompt|token|gaussian|sqlite/i;
  assert.deepEqual(
    sources
      .filter(({ path }) => roomOf(path) === "loop")
      .filter(({ text }) => words.test(text))
      .map(({ path }) => path),
    [],
  );
});
