import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { openLock } from "../../src/store/lock.ts";
import { readStatus } from "../../src/store/status.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 2
arms:
  - { corpus: [replace, accumulate] }
seeds: [0]
`;

async function createRun(context: TestContext): Promise<string> {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), experiment);
  const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet"], { cwd });
  assert.equal(code, 0, stderr);
  return cwd;
}

function change(directory: string, statements: string): void {
  const connection = new Database(join(directory, "state.db"));
  connection.exec(statements);
  connection.close();
}

/** Replaces the plan by a small language-like one: generation, kind and state of every stage of the one trial. */
function place(directory: string, stages: readonly (readonly [number, string, string])[]): void {
  const rows = stages.map(
    ([generation, kind, state], index) =>
      `INSERT INTO stage (id, key, kind, version, parameters, inputs, state)
         VALUES (${index + 1}, 'k${index}', '${kind}', 1, '{}', '[]', '${state}');
       INSERT INTO turn VALUES ('replace', 0, ${generation}, ${index}, ${index + 1});`,
  );
  change(directory, `DELETE FROM turn; DELETE FROM metric; DELETE FROM stage; ${rows.join("\n")}`);
}

test("status shows the first stage of each trial that is not done, and the trial's worst state", async (context) => {
  const cwd = await createRun(context);
  const directory = join(cwd, "runs/small");
  const where = (): unknown[] =>
    readStatus(directory).arms.map(({ generation, stage, state }) => [generation, stage, state]);
  place(directory, [
    [0, "train", "done"],
    [0, "evaluate", "done"],
    [1, "sample", "done"],
    [1, "train", "new"],
    [1, "evaluate", "new"],
    [2, "train", "new"],
  ]);
  assert.deepEqual(where(), [[1, "train", "new"]]);
  change(directory, "UPDATE stage SET state = 'failed' WHERE id = 4");
  assert.deepEqual(where(), [[1, "train", "failed"]]);
  change(directory, "UPDATE stage SET state = 'done'");
  assert.deepEqual(where(), [[2, "train", "done"]]);
});

test("a run whose process is gone is stopped, with nothing in flight and the way on; a live one is running", async (context) => {
  const cwd = await createRun(context);
  const directory = join(cwd, "runs/small");
  place(directory, [
    [0, "train", "done"],
    [1, "sample", "running"],
  ]);
  change(
    directory,
    `UPDATE run SET state = 'running';
     INSERT INTO attempt (stage_id, key, row_count, state, is_outside, intended_ms) VALUES (2, 'a', 1, 'sent', 0, 0)`,
  );
  const lock = openLock(directory, { pid: process.pid });
  const live = readStatus(directory);
  assert.deepEqual([live.state, live.inFlight, live.stages.running, live.arms[0]?.state], ["running", 1, 1, "running"]);
  lock.close();
  const dead = readStatus(directory);
  assert.deepEqual(
    [dead.state, dead.inFlight, dead.stages.running, dead.arms[0]?.state],
    ["stopped", 0, undefined, "new"],
  );
  assert.match((await runRefeed(["status"], { cwd })).stdout, /^runs\/small: stopped\n.*\n.*resume runs\/small$/m);
  assert.match((await runRefeed(["list"], { cwd })).stdout, /^runs\/small +small +stopped/m);
});

test("a damaged run is listed as such and hides no other; an unknown name is told its nearest", async (context) => {
  const cwd = await createRun(context);
  mkdirSync(join(cwd, "runs/broken"));
  writeFileSync(join(cwd, "runs/broken/state.db"), "no database ".repeat(500));
  const listed = await runRefeed(["list"], { cwd });
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^runs\/small +small +done/m);
  assert.match(listed.stdout, /^runs\/broken +broken +damaged/m);
  for (const verb of ["status", "resume", "report"]) assert.equal((await runRefeed([verb], { cwd })).code, 0, verb);
  assert.equal((await runRefeed(["status", "broken"], { cwd })).code, 5);
  for (const verb of ["status", "resume", "report", "compare"]) {
    const { code, stderr } = await runRefeed([verb, "smal"], { cwd });
    assert.deepEqual([code, stderr], [2, '"smal": there is no such run\n  did you mean small?\n'], verb);
  }
  mkdirSync(join(cwd, "runs/empty"));
  writeFileSync(join(cwd, "runs/empty/state.db"), "");
  const empty = await runRefeed(["status", "empty"], { cwd });
  assert.deepEqual([empty.code, empty.stderr.includes("holds no run yet\n  start it again")], [5, true], empty.stderr);
});

test("a folder that is no run, no folder, or not to be written to is refused in one line and left as it is", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), experiment);
  const cases = [
    [".", 2, /is not empty and holds no run/],
    ["", 2, /--run: names no folder/],
    ["small.yaml", 5, /small\.yaml: is a file, or lies below one/],
    ["small.yaml/run", 5, /small\.yaml\/run: is a file, or lies below one/],
    ["/proc/refeed-run", 5, /\/proc\/refeed-run: cannot be /],
  ] as const;
  for (const [run, expected, message] of cases) {
    const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet", "--run", run], { cwd });
    assert.equal(code, expected, `${run}: ${stderr}`);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split("\n").length <= 2, stderr);
  }
  assert.deepEqual(readdirSync(cwd), ["small.yaml"]);
  assert.equal(readFileSync(join(cwd, "small.yaml"), "utf8"), experiment);
});

test("a report that cannot be written, and output to a full device, are one line and exit 5", async (context) => {
  const cwd = await createRun(context);
  const other = join(cwd, "runs/other");
  mkdirSync(other);
  const connection = new Database(join(cwd, "runs/small/state.db"));
  await connection.backup(join(other, "state.db"));
  connection.close();
  writeFileSync(join(other, "report"), "in the way");
  const report = await runRefeed(["report", "other"], { cwd });
  assert.deepEqual([report.code, report.stderr.trim().split("\n").length], [5, 2], report.stderr);

  const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;
  const full = spawnSync("/bin/sh", ["-c", `"${process.execPath}" "${refeed}" schema > /dev/full`], {
    encoding: "utf8",
  });
  assert.deepEqual([full.status, full.stderr.split("\n")[0]], [5, "standard output: disk full (ENOSPC)"]);
});

test("models that were not kept are trained again when new generations need them", async (context) => {
  const cwd = createTemporaryFolder(context);
  const run = (...sets: readonly string[]) =>
    runRefeed(
      [
        "run",
        "newswire",
        "--quiet",
        "--run",
        "r",
        ...["scale=tiny", "keepModels=none", ...sets].flatMap((set) => ["--set", set]),
      ],
      { cwd },
    );
  const first = await run();
  assert.equal(first.code, 0, first.stderr);
  const lines = (): string[] => readFileSync(join(cwd, "r/report/metrics.csv"), "utf8").trim().split("\n");
  const before = lines();
  const more = await run("generations=2");
  assert.equal(more.code, 0, more.stderr);
  const after = new Set(lines());
  assert.ok(before.length > 50 && before.every((line) => after.has(line)), "what was measured stands");
  assert.ok(after.size > before.length);
  assert.deepEqual(readdirSync(join(cwd, "r/artifacts")), []);
});
