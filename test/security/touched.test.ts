// S21: what a foreign experiment would touch is told before it runs, word for word.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const rows = Array.from({ length: 40 }, (_, index) => ({
  id: `r${index}`,
  article: `a b ${index}`,
  summary: `a ${index}`,
}));

test("check and a dry run tell every file, the folder, and that nothing is started or asked", async (context) => {
  const cwd = createTemporaryFolder(context);
  mkdirSync(join(cwd, "foreign/prompts"), { recursive: true });
  writeFileSync(join(cwd, "news.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(join(cwd, "foreign/prompts/own.jinja"), "{{ article }}");
  writeFileSync(
    join(cwd, "foreign/small.yaml"),
    "schema: 1\nname: small\ndataset: { file: ../news.jsonl }\nprompt: prompts/own.jinja\ngenerations: 1\narms: { corpus: replace }\n",
  );
  const told = (folder: string): string =>
    `reads   news.jsonl, foreign/prompts/own.jinja\nwrites  ${folder}, and nothing outside of it\nstarts  no command\nasks    no host\n`;
  const check = await speakLine(["check", "foreign/small.yaml"], { cwd });
  assert.equal(check.code, 0, check.stderr);
  assert.equal(check.stdout, `ok: 1 arm x 1 seed, 1 generation\n${told("runs/small")}`);
  const dry = await speakLine(["run", "foreign/small.yaml", "--dry-run", "--run", "/elsewhere/x"], { cwd });
  assert.equal(dry.code, 0, dry.stderr);
  assert.ok(dry.stdout.includes(`\n${told("/elsewhere/x")}`), dry.stdout);
  assert.equal(existsSync(join(cwd, "runs")), false);
});

test("an experiment of the package reads no file of the user's", async (context) => {
  const cwd = createTemporaryFolder(context);
  const { stdout } = await speakLine(["check", "gaussian"], { cwd });
  assert.match(stdout, /^reads {3}no file but the experiment's own\nwrites {2}runs\/gaussian, /m);
});

test("every test that the page on security names is there", () => {
  const root = new URL("../..", import.meta.url).pathname;
  const page = readFileSync(join(root, "docs/security.md"), "utf8");
  const named = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1]!);
  assert.ok(new Set(named).size >= 10);
  for (const name of named) assert.ok(existsSync(join(root, name)), name);
});
