import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../bench/", import.meta.url);

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [new URL("run.ts", folder).pathname, ...args], { encoding: "utf8" });
}

test("without a name the benchmarks are listed", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".bench.ts"));
  const { status, stdout } = bench();
  assert.deepEqual(
    [status, stdout.trim().split("\n")],
    [0, files.map((file) => file.slice(0, -".bench.ts".length)).sort()],
  );
  assert.ok(files.length > 0);
});

test("an unknown name is one line and a failing exit", () => {
  const { status, stdout, stderr } = bench("nope");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^there is no benchmark "nope"; there are .*rouge.*\n$/);
});
