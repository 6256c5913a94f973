// S14: nothing that a verb prints is obeyed by a terminal, whatever a model, a dataset, a file or an argument is called.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Colours, a title, a link, a clipboard, eight-bit controls, a bell, a lone return, direction overrides, a forged line. */
const hostile =
  "x\u001b[31m\u001b]0;title\u0007\u001b]8;;http://x\u001b\\\u001b]52;c;eA==\u0007\u009b31m\u0090\u0007\rok\u202e\u2066\u200b\u2028\nforged: ok";
/** The same as far as a file may be called so. */
const fileName = hostile.replaceAll("/", "");
/** The parser of arguments shows what the user has typed just now, line feeds included. */
const line = hostile.replaceAll("\n", "");

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const clearLine = "\r\u001b[2K";

const cwd = createTemporaryFolder({ after: (work: () => void) => after(work) } as never);

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 1
arms: { corpus: [replace, accumulate] }
gates: [{ metric: traceRatio, arm: replace, generation: 1, op: "<", value: 0 }]
`;

before(async () => {
  mkdirSync(join(cwd, fileName));
  writeFileSync(join(cwd, fileName, "small.yaml"), experiment);
  writeFileSync(join(cwd, fileName, `${fileName}.yaml`), experiment.replace("name: small\n", ""));
  writeFileSync(
    join(cwd, fileName, "bad.yaml"),
    `schema: 1\n"${JSON.stringify(hostile).slice(1, -1)}": 1\nprompt: 7\n`,
  );
  const rows = Array.from({ length: 30 }, (_, index) => ({
    id: `${hostile}${index}`,
    article: hostile,
    summary: hostile,
  }));
  writeFileSync(join(cwd, `${fileName}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(join(cwd, "broken.jsonl"), `{"id": 1, "article": "a", "summary": ${JSON.stringify(hostile)}\n`);
  const { code } = await speakLine(["run", `${fileName}/small.yaml`, "--quiet"], { cwd });
  assert.equal(code, 100, "its gate is broken on purpose");
  // What no experiment file can say, a database made by somebody can.
  const connection = new Database(join(cwd, "runs/small/state.db"));
  const rename = (text: string): string => text.replaceAll("'", "''");
  connection.exec(`UPDATE run SET name = '${rename(hostile)}', state = 'failed', reason = '${rename(hostile)}';
    UPDATE arm SET id = '${rename(hostile)}' WHERE id = 'replace'; UPDATE turn SET arm = '${rename(hostile)}' WHERE arm = 'replace';
    UPDATE metric SET name = '${rename(hostile)}' WHERE name = 'sigma'`);
  connection.close();
  for (const name of [fileName, "kept"]) cpSync(join(cwd, "runs/small"), join(cwd, "runs", name), { recursive: true });
});

const file = `${fileName}.jsonl`;
const table: readonly (readonly string[])[] = [
  ["run", `${fileName}/${fileName}.yaml`, "--run", `new-${fileName}`],
  ["run", `${fileName}/${fileName}.yaml`, "--run", `new-${fileName}`, "--set", "seeds=[0, 1]"],
  ["run", `${fileName}/small.yaml`, "--set", "system.samples=20"],
  ["run", `${fileName}/small.yaml`, "--set", `system.samples=${hostile}`],
  ["run", `${fileName}/small.yaml`, "--dry-run", "--run", fileName],
  ["run", hostile],
  ["resume", fileName],
  ["resume", hostile],
  ["plan", `${fileName}/small.yaml`, "--set", "system.samples=20"],
  ["plan", `${fileName}/small.yaml`, "--run", `runs/${fileName}`, "--json"],
  ["status", fileName],
  ["status", fileName, "--json"],
  ["status", hostile],
  ["list"],
  ["list", "--json"],
  ["list", hostile],
  ["compare", fileName, "small"],
  ["compare", fileName, "small", "--metric", "all", "--json"],
  ["compare", fileName, "--metric", hostile],
  ["compare", fileName, "--against", hostile],
  ["why", "kept"],
  ["why", "kept", hostile],
  ["serve", fileName],
  ["serve", hostile],
  ["serve", "kept", "--host", hostile],
  ["serve", "kept", "--port", hostile],
  ["doctor", "kept"],
  ["doctor", hostile],
  ["report", fileName],
  ["report", fileName, "--json"],
  ["score", file, file],
  ["score", file, hostile],
  ["score", "broken.jsonl", file, "--metrics", hostile],
  ["datasets", "list"],
  ["datasets", "show", `./${file}`],
  ["datasets", "show", `./${file}`, "--json"],
  ["datasets", "show", "./broken.jsonl"],
  ["datasets", "show", hostile],
  ["datasets", "show", `./${file}`, "--article", hostile],
  ["datasets", "make", hostile, "--out", file],
  ["check", `${fileName}/small.yaml`],
  ["check", `${fileName}/small.yaml`, "--json"],
  ["check", `${fileName}/bad.yaml`],
  ["check", `${fileName}/bad.yaml`, "--json"],
  ["check", `${fileName}/small.yaml`, "--set", hostile],
  ["schema"],
  ["init", `made-${fileName}`],
  ["init", fileName],
  ["base", `--${line}`],
  [line],
  [`--${line}`],
  ["help", line],
];

test("every verb there is stands in the table", async () => {
  const { stdout } = await speakLine(["--help"], { cwd });
  const verbs = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!);
  assert.ok(verbs.length >= 13);
  const told = new Set(table.map(([verb]) => verb));
  assert.deepEqual(
    verbs.filter((verb) => !told.has(verb)),
    [],
  );
});

for (const columns of [undefined, 100]) {
  test(`no verb prints a byte that a terminal obeys, ${columns ? "on" : "without"} a terminal`, async () => {
    for (const args of table) {
      const { code, stdout, stderr } = await speakLine(args, { cwd, ...(columns && { columns }) });
      const told = JSON.stringify({ args, code, stdout, stderr });
      assert.ok(stdout.length + stderr.length > 0, told);
      const live = columns === undefined ? stderr : stderr.replaceAll(clearLine, "");
      assert.doesNotMatch(stdout, obeyed, told);
      assert.doesNotMatch(live, obeyed, told);
      assert.doesNotMatch(stdout + live, /^forged/m, told);
      assert.doesNotMatch(stderr, /internal error/, told);
    }
  });
}

test("what programs read keeps every value: escapes in JSON are undone by reading it", async () => {
  const status = await speakLine(["status", "kept", "--json"], { cwd });
  const read = JSON.parse(status.stdout) as { run: string; reason: string; arms: { arm: string }[] };
  assert.deepEqual([read.run, read.reason, read.arms[0]?.arm], ["kept", hostile, hostile]);
  const show = await speakLine(["datasets", "show", `./${file}`, "--json"], { cwd });
  assert.ok(
    show.stdout.includes("\\u009b31m") && JSON.stringify(JSON.parse(show.stdout)).includes(JSON.stringify(hostile)),
  );
  assert.ok(readdirSync(join(cwd, "runs", fileName, "report")).includes("index.html"));
});
