// S5: no name that a file, a flag or a database supplies becomes a path to somewhere else.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { ConfigError } from "../../src/errors.ts";
import { createArmIds } from "../../src/experiment/arms/fields.ts";
import { parseExperiment } from "../../src/experiment/parse.ts";
import { writeReport } from "../../src/report/report.ts";
import { openRunFolder } from "../../src/store/run-folder.ts";
import { createFakeRecord } from "../helpers/fake-record.ts";
import { speakLine } from "../helpers/host.ts";
import { payloads } from "../helpers/payloads.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

const refused: readonly string[] = [
  "..",
  ".",
  "../up",
  "a/../../up",
  "..\\up",
  "a\\b",
  "%2e%2e%2fup",
  "%252e%252e%252fup",
  "..%2fup",
  "/etc/passwd",
  "a/b",
  "C:",
  "c:\\windows",
  "c:up",
  "\\\\host\\share",
  "//host/share",
  "a.",
  "a ",
  " a",
  ".hidden",
  "-flag",
  "~",
  "$HOME",
  "a\nb",
  "a\tb",
  "x".repeat(65),
  "x".repeat(4096),
  "\u2025",
  "\uff0e\uff0e",
  "\u2024\u2024/up",
  "\uff0fup",
  "caf\u00e9",
  "cafe\u0301",
  "Small",
  "SMALL",
  "con",
  "nul",
  "con.txt",
  "aux.a.b",
  "com1",
  "lpt9.log",
  "prn",
  "__proto__",
  "a:stream",
  "a*",
  "a?",
  "<a>",
  'a"b',
  "a|b",
  "",
];

const least = "schema: 1\ndataset: { name: newswire }\n";

const places: Readonly<Record<string, (name: string) => string>> = {
  name: (name) => `name: ${JSON.stringify(name)}\n`,
  "a line": (name) => `lines: { ${JSON.stringify(name)}: { real: 50% } }\n`,
  "a verifier": (name) => `verifiers: { ${JSON.stringify(name)}: { kind: oracle } }\n`,
  "a scale": (name) => `scales: { ${JSON.stringify(name)}: { dataset.train: 10 } }\n`,
};

for (const [place, write] of Object.entries(places)) {
  test(`${place} is a name, or the experiment is refused`, () => {
    for (const name of refused) {
      assert.throws(() => parseExperiment(`${least}${write(name)}`), ConfigError, JSON.stringify(name));
    }
    for (const name of ["a", "small-2", "v1.5_b", "con-trol", "nullable", "x".repeat(64)]) {
      parseExperiment(`${least}${write(name)}`);
    }
    // Control characters are refused by the reader of YAML, before any name is looked at.
    assert.throws(() => parseExperiment(`${least}${write("a-name")}`.replace("a-name", "a\u0000b")), ConfigError);
  });
}

test("a name from a flag is held to the same, and a packaged experiment is found by its name alone", async (context) => {
  const cwd = createTemporaryFolder(context);
  for (const name of refused.filter((each) => !/[\n\t]/.test(each))) {
    const { code, stderr } = await speakLine(["check", "newswire", "--set", `name=${JSON.stringify(name)}`], { cwd });
    assert.equal(code, 2, `${JSON.stringify(name)}: ${stderr}`);
    const found = await speakLine(["check", `..%2f${name}`], { cwd });
    assert.equal(found.code, 2);
    assert.doesNotMatch(stderr + found.stderr, /internal error/);
  }
  assert.deepEqual(readdirSync(cwd), []);
});

test("a file whose name is no name gives its experiment another one", () => {
  for (const name of ["..", "con", "A B", "%2e%2e", "x".repeat(65)]) {
    assert.equal(parseExperiment(least, { file: `${name}.yaml` }).name, "experiment", name);
  }
});

test("a prompt without a slash is a packaged template or nothing", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "secret.jinja"), "secret");
  for (const name of refused.filter((each) => !/[/\n\t]/.test(each) && each !== "")) {
    const { code, stdout } = await speakLine(["check", "newswire", "--set", `prompt=${JSON.stringify(name)}`], { cwd });
    assert.deepEqual([code, stdout], [2, ""], name);
  }
});

test("ids of arms are names, whatever values they are made of", () => {
  const values = [...payloads, ...refused];
  const ids = createArmIds(
    values.map((value) => [{ name: "file", value }]),
    [],
  );
  assert.equal(new Set(ids).size, values.length);
  for (const id of ids) assert.match(id, /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/);
});

test("files of a report stay in its folder, whatever metrics are called", async () => {
  const record = createFakeRecord({ seeds: 1, generations: 1, items: 2 });
  const names = [
    "../up",
    "/etc/passwd",
    "..\\up",
    "%2e%2e%2fup",
    "C:up",
    "\uff0e\uff0e\uff0fup",
    "__proto__",
    "con",
    "",
  ];
  const metrics = [...record.metrics, ...names.map((name) => ({ ...record.metrics[2]!, name }))];
  const measurements = function* () {
    for (const each of record.measurements()) {
      yield each;
      if (each.metric === "types") for (const metric of names) yield { ...each, metric };
    }
  };
  const files: string[] = [];
  await writeReport({ ...record, metrics, measurements }, async (file) => void files.push(file));
  assert.ok(files.length > 2 * names.length);
  assert.equal(new Set(files.map((file) => file.toLowerCase())).size, files.length);
  for (const file of files) assert.match(file, /^[A-Za-z0-9_-]+(\.[a-z0-9]+)+$/);
});

test("a digest out of a database that is none becomes no path", async (context) => {
  const folder = createTemporaryFolder(context);
  const directory = join(folder, "run");
  const options = { clock: systemClock, holder: {} };
  await (await openRunFolder(directory, options)).close();
  writeFileSync(join(folder, "precious"), "precious");
  mkdirSync(join(directory, "artifacts"));
  const run = await openRunFolder(directory, options);
  context.after(() => run.close());
  const planted = new Database(join(directory, "state.db"));
  for (const digest of ["../../precious", join(folder, "precious"), "..", "A".repeat(64), `${"a".repeat(64)}/x`, ""]) {
    planted
      .prepare("INSERT OR IGNORE INTO artifact (sha256, kind, bytes, state) VALUES (?, 'file', 1, 'kept')")
      .run(digest);
    await assert.rejects(run.artifacts.release(digest), /is no digest of an artifact/, digest);
  }
  planted.close();
  assert.ok(existsSync(join(folder, "precious")));
});
