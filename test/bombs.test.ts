// Small inputs that unfold: refused within a second or two of CPU and within bounds of memory, measured in a process of its
// own. Seconds are CPU seconds, so that a busy machine does not matter.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeBadFiles } from "./helpers/bad-files.ts";
import type { Measured } from "./helpers/measured.ts";
import { createTemporaryFolder } from "./helpers/temporary-folder.ts";
import { yamlBombs } from "./helpers/yaml-bombs.ts";

const folder = createTemporaryFolder({ after });
const megabyte = 2 ** 20;

function measure(lines: readonly (readonly string[])[]): Measured {
  const script = new URL("helpers/measured.ts", import.meta.url).pathname;
  const argument = JSON.stringify({ cwd: folder, lines });
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", script, argument], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Measured;
}

test("experiments: one second and 200 MB", () => {
  const bombs = Object.entries(yamlBombs);
  for (const [index, [, [text]]] of bombs.entries()) writeFileSync(join(folder, `${index}.yaml`), text);
  const lines = bombs.map((_, index) => ["check", `${index}.yaml`]);
  const { spoken, mostBytes } = measure(lines);
  for (const [index, [name]] of bombs.entries()) {
    const { code, stdout, stderr, cpuSeconds } = spoken[index]!;
    assert.deepEqual([code, stdout], [2, ""], name);
    assert.ok(stderr.startsWith(`${index}.yaml:`), stderr.slice(0, 200));
    assert.doesNotMatch(stderr, /^\s+at |internal error/m);
    assert.ok(stderr.length < 20_000, `${name}: ${stderr.length} characters`);
    assert.ok(cpuSeconds < 1, `${name} took ${cpuSeconds} CPU seconds`);
  }
  assert.ok(mostBytes < 200 * megabyte, `${mostBytes / megabyte} MiB`);
  assert.equal(spoken.length, 17);
});

test("datasets: two seconds and 500 MB", async () => {
  const fixtures = new URL("fixtures/bad-input/", import.meta.url).pathname;
  const kept = ["gzip-nested.jsonl.gz", "zstd.jsonl", "huge.parquet", "arrow.jsonl"];
  for (const name of kept) cpSync(join(fixtures, name), join(folder, name));
  await makeBadFiles(folder, { after });
  const columns = Array.from({ length: 300_000 }, (_, index) => `"c${index}":1`).join(",");
  writeFileSync(join(folder, "columns.jsonl"), `{${columns}}\n`);
  writeFileSync(join(folder, "keys.jsonl"), `{"article":"a","summary":"b",${'"article":"a",'.repeat(280_000)}"x":1}\n`);
  writeFileSync(join(folder, "unclosed.jsonl"), `{"article":"${"\\u0061".repeat(650_000)}\n`);
  const names = [
    ...kept,
    ..."bomb.jsonl.gz bomb-rows.jsonl.gz long-line.jsonl deep-open.jsonl deep-text.jsonl tiny-lines.jsonl columns.jsonl keys.jsonl unclosed.jsonl".split(
      " ",
    ),
  ];
  const shown = names.map((name) => ["datasets", "show", name]);
  const scored = names.map((name) => ["score", name, name]);
  const { spoken, mostBytes } = measure([...shown, ...scored]);
  for (const [index, { code, stdout, stderr, cpuSeconds }] of spoken.entries()) {
    const name = names[index % names.length]!;
    assert.deepEqual([code, stdout], [2, ""], name);
    assert.ok(stderr.startsWith(`${name}:`) && stderr.length < 2000, stderr.slice(0, 200));
    assert.ok(cpuSeconds < 2, `${name} took ${cpuSeconds} CPU seconds`);
  }
  assert.ok(mostBytes < 500 * megabyte, `${mostBytes / megabyte} MiB`);
  assert.equal(spoken.length, 26);
});
