import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { runRefeed } from "../helpers/command-line.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 3
arms:
  - { corpus: [replace, accumulate] }
seeds: [0, 1, 2]
`;

function createFolder(context: Parameters<typeof createTemporaryFolder>[0], text = experiment): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), text);
  return cwd;
}

const parseLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("run, run again, resume: the same bytes, and nothing is run twice", async (context) => {
  const cwd = createFolder(context);
  const first = await runRefeed(["run", "small.yaml"], { cwd });
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^Trace ratio .*\n.*\nreplace +3 /m);
  assert.match(first.stdout, /report: runs\/small\/report\/index\.html\n$/);
  const csv = readFileSync(join(cwd, "runs/small/report/metrics.csv"));
  assert.match(csv.toString(), /^arm,seed,generation,metric,value,low,high,items\nreplace,0,0,traceRatio,/);
  assert.equal(readFileSync(join(cwd, "runs/small/experiment.yaml"), "utf8"), experiment);

  const again = await runRefeed(["run", "small.yaml"], { cwd });
  assert.match(again.stdout, /^runs\/small is finished: all 6 stages are done, nothing to run\n/);
  const resumed = await runRefeed(["resume", "--json"], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  const events = parseLines(resumed.stdout);
  const done = events.find(({ event }) => event === "run-done");
  assert.deepEqual([done?.stageCount, done?.reusedCount], [6, 6]);
  const [compared] = parseLines((await runRefeed(["compare", "small", "--json"], { cwd })).stdout);
  const { metrics } = events.find(({ event }) => event === "results") ?? {};
  const [arms, same] = [metrics, compared?.metrics].map((each) => (each as { arms: { run: string }[] }[])[0]!.arms);
  assert.deepEqual(arms, same);
  assert.ok(arms!.every((arm) => arm.run === "small"));
  assert.deepEqual(readFileSync(join(cwd, "runs/small/report/metrics.csv")), csv);
});

test("plan names exactly the stages that the run then makes", async (context) => {
  const cwd = createFolder(context);
  const planned = parseLines((await runRefeed(["plan", "small.yaml", "--json"], { cwd })).stdout);
  assert.equal(existsSync(join(cwd, "runs")), false, "planning writes nothing");
  assert.ok(planned.every(({ state, calls, usd }) => state === "new" && calls === 0 && usd === 0));
  assert.equal((await runRefeed(["run", "small.yaml"], { cwd })).code, 0);
  const connection = new Database(join(cwd, "runs/small/state.db"), { readonly: true });
  const keys = connection.prepare("SELECT key FROM stage").pluck().all();
  connection.close();
  assert.deepEqual(new Set(planned.map(({ key }) => key)), new Set(keys));
  const after = parseLines((await runRefeed(["plan", "small.yaml", "--json"], { cwd })).stdout);
  assert.ok(after.every(({ state, seconds }) => state === "done" && typeof seconds === "number"));
});

test("more seeds only add stages; a changed field stops with the difference until it is accepted", async (context) => {
  const cwd = createFolder(context);
  assert.equal((await runRefeed(["run", "small.yaml"], { cwd })).code, 0);
  const more = await runRefeed(["run", "small.yaml", "--set", "seeds=[0, 1, 2, 3]", "--json"], { cwd });
  assert.equal(more.code, 0, more.stderr);
  const planned = parseLines(more.stdout).find(({ event }) => event === "run-planned");
  assert.deepEqual([planned?.stages, planned?.done], [8, 6]);

  const changed = await runRefeed(["run", "small.yaml", "--set", "seeds=[0, 1, 2, 3]", "--set", "system.samples=20"], {
    cwd,
  });
  assert.equal(changed.code, 2);
  assert.match(changed.stderr, /8 finished stages would no longer be used/);
  assert.match(changed.stderr, /--accept-changes/);
  assert.match(changed.stderr, /system\.samples: 10 -> 20 makes 8 stale: trial 8 directly/);
  const plan = await runRefeed(
    ["plan", "small.yaml", "--set", "seeds=[0, 1, 2, 3]", "--set", "system.samples=20", "--json"],
    { cwd },
  );
  const lines = parseLines(plan.stdout);
  assert.equal(lines.pop()?.event, "changes");
  assert.ok(lines.every(({ state, why }) => state === "stale" && (why as unknown[]).length > 0));
  const accepted = await runRefeed(
    ["run", "small.yaml", "--set", "seeds=[0, 1, 2, 3]", "--set", "system.samples=20", "--accept-changes"],
    { cwd },
  );
  assert.equal(accepted.code, 0, accepted.stderr);
  const csv = readFileSync(join(cwd, "runs/small/report/metrics.csv"), "utf8");
  assert.equal(
    csv.trim().split("\n").length,
    1 + 2 * 4 * 4 * 4,
    "two arms, four seeds, four generations, four metrics",
  );
});

test("a broken gate exits 100 and says which; one that holds says nothing", async (context) => {
  const text = `${experiment}gates:\n  - { metric: traceRatio, arm: replace, generation: 3, op: ">", value: 5 }\n`;
  const cwd = createFolder(context, text);
  const { code, stderr } = await runRefeed(["run", "small.yaml"], { cwd });
  assert.equal(code, 100);
  assert.match(stderr, /gate broken: traceRatio of replace at generation 3 is 0\.\d+, declared > 5/);
  const held = await runRefeed(["run", "small.yaml", "--run", "held", "--set", "gates.0.value=0"], { cwd });
  assert.ok(held.code === 0 || held.code === 2, held.stderr);
});

test("status and list tell where a run stands", async (context) => {
  const cwd = createFolder(context);
  assert.match((await runRefeed(["list"], { cwd })).stdout, /^no runs below runs/);
  assert.deepEqual((await runRefeed(["status"], { cwd })).code, 2);
  assert.equal((await runRefeed(["run", "small.yaml"], { cwd })).code, 0);
  const [status] = parseLines((await runRefeed(["status", "--json"], { cwd })).stdout);
  assert.equal(status?.run, "small");
  assert.equal(status?.state, "done");
  assert.equal((status!.arms as unknown[]).length, 6);
  assert.deepEqual(status?.spent, { usd: 0, requests: 0, tokens: 0 });
  assert.equal(status?.possiblyPaidTwice, 0);
  assert.match((await runRefeed(["list"], { cwd })).stdout, /^runs\/small +small +done +6\/6 /m);
});

test("what is no run is refused with exit code 2, a damaged one with 5", async (context) => {
  const cwd = createFolder(context);
  const missing = await runRefeed(["status", "nowhere"], { cwd });
  assert.deepEqual([missing.code, missing.stderr.split("\n").length], [2, 3]);
  assert.equal((await runRefeed(["run", "small.yaml"], { cwd })).code, 0);
  appendFileSync(join(cwd, "runs/small/state.db"), "");
  writeFileSync(join(cwd, "runs/small/state.db"), "not a database, and long enough to be looked at twice".repeat(99));
  const damaged = await runRefeed(["resume", "small"], { cwd });
  assert.equal(damaged.code, 5);
  assert.match(damaged.stderr, /state\.db: is damaged or no run database/);
});

test("Ctrl-C drains, exits 130 and prints how to go on", async (context) => {
  const cwd = createFolder(context);
  const args = [
    "run",
    "small.yaml",
    "--run",
    "runs/my run",
    "--set",
    "generations=5000",
    "--set",
    "seeds={count: 60, first: 0}",
  ];
  const stopped = await runRefeed(args, {
    cwd,
    watch: (child) => child.stderr.once("data", () => child.kill("SIGINT")),
  });
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /resume 'runs\/my run'$/m);
  const [status] = parseLines((await runRefeed(["status", "--json"], { cwd })).stdout);
  assert.equal(status?.state, "interrupted");
});

test("a run killed after its last stage and before it said so is done when it is resumed", async (context) => {
  const cwd = createFolder(context);
  assert.equal((await runRefeed(["run", "small.yaml"], { cwd })).code, 0);
  const page = readFileSync(join(cwd, "runs/small/report/index.html"));
  const connection = new Database(join(cwd, "runs/small/state.db"));
  connection.prepare("UPDATE run SET state = 'running'").run();
  connection.close();
  assert.equal((await runRefeed(["resume", "small"], { cwd })).code, 0);
  const [status] = parseLines((await runRefeed(["status", "small", "--json"], { cwd })).stdout);
  assert.equal(status?.state, "done");
  assert.deepEqual(readFileSync(join(cwd, "runs/small/report/index.html")), page);
});
