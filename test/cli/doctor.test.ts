import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createDoctorCommand } from "../../src/cli/doctor.ts";
import { inspectSurroundings, type Machine } from "../../src/cli/surroundings.ts";
import type { Finding } from "../../src/store/inspection/finding.ts";
import { goOn } from "../crash/small-run.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const machine: Machine = {
  nodeVersion: "24.21.0",
  platform: "linux x64",
  coreCount: 2,
  freeMemory: 8e9,
  totalMemory: 16e9,
  now: Date.UTC(2026, 10, 21),
};

async function look(change: Partial<Machine>, runs: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of inspectSurroundings({ ...machine, ...change }, runs)) findings.push(finding);
  return findings;
}

test("the surroundings: all is well here, and what is not is told with the way out", async (context) => {
  const folder = createTemporaryFolder(context);
  const well = await look({}, join(folder, "no", "runs", "yet"));
  assert.deepEqual(
    well.map(({ check }) => check),
    ["node", "sqlite", "threads", "machine", "clock", "disk", "file system", "writing", "base model"],
  );
  assert.ok(!well.some(({ state }) => state === "problem"));
  assert.deepEqual(readdirSync(folder), [], "nothing is left behind");
  const cases: readonly (readonly [Partial<Machine>, string, string, RegExp])[] = [
    [{ nodeVersion: "20.11.0" }, "node", "problem", /npm install node@24/],
    [{ nodeVersion: "22.18.0" }, "node", "warning", /npm install node@24/],
    [{ freeMemory: 1e8 }, "machine", "warning", /close other programs/],
    [{ now: 0 }, "clock", "warning", /set the clock/],
  ];
  for (const [change, check, state, next] of cases) {
    const found = (await look(change, folder)).find((finding) => finding.check === check);
    assert.equal(found?.state, state, check);
    assert.match(found?.next ?? "", next);
  }
});

test("doctor of a whole run ends with 0, of a damaged one with 5, as a table and as JSON, and changes nothing", async (context) => {
  const cwd = createTemporaryFolder(context);
  const whole = join(cwd, "runs", "whole");
  await goOn(whole, { generations: 0 }, true);
  cpSync(whole, join(cwd, "runs", "hurt"), { recursive: true });
  const [model] = readdirSync(join(cwd, "runs", "hurt", "artifacts"));
  const file = join(cwd, "runs", "hurt", "artifacts", model as string);
  writeFileSync(file, readFileSync(file, "utf8").toUpperCase());

  const well = await speak(createDoctorCommand, ["whole"], { cwd });
  assert.equal(well.code, 0, well.out);
  assert.match(well.out, /^environment\ncheck +state +found\nnode/);
  assert.match(well.out, /\n\nruns\/whole\ncheck +state +found\n/);

  const before = readFileSync(join(cwd, "runs", "hurt", "state.db"));
  const hurt = await speak(createDoctorCommand, ["hurt", "--json"], { cwd });
  assert.equal(hurt.code, 5);
  const { ok, looks } = JSON.parse(hurt.out) as { ok: boolean; looks: { subject: string; findings: Finding[] }[] };
  assert.equal(ok, false);
  assert.deepEqual(
    looks.map(({ subject }) => subject),
    ["environment", "runs/hurt"],
  );
  const problems = looks[1]?.findings.filter(({ state }) => state === "problem");
  assert.deepEqual(
    problems?.map(({ check, where }) => [check, where]),
    [["artifacts", `artifacts/${model}`]],
  );
  assert.deepEqual(readFileSync(join(cwd, "runs", "hurt", "state.db")), before);
  const told = await speak(createDoctorCommand, ["hurt"], { cwd });
  assert.match(told.out, /the way out\n {2}.*restore it from a copy/s);
});

test("a run that is not there is a usage error; without one the environment alone is looked at", async (context) => {
  const cwd = createTemporaryFolder(context);
  const { code, stdout } = await runRefeed(["doctor", "--json"], { cwd });
  assert.equal(code, 0, stdout);
  assert.equal((JSON.parse(stdout) as { looks: unknown[] }).looks.length, 1);
  const missing = await runRefeed(["doctor", "nothing"], { cwd });
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^"nothing": there is no such run\n/);
});
