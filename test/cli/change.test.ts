// A run meets an experiment that changed: what run, plan and resume say of it, and what becomes of the results.

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createPlanCommand } from "../../src/cli/plan.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { type Speech, speak } from "../helpers/environment.ts";
import { readProblems } from "../helpers/refusal.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const text = `name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 3
arms: { corpus: [replace, accumulate] }
seeds: [0, 1]
`;

function createFolder(context: TestContext): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), text);
  return cwd;
}

const run = (cwd: string, ...args: readonly string[]): Promise<Speech> =>
  speak(createRunCommand, ["small.yaml", "--quiet", ...args], { cwd });
const resume = (cwd: string, ...args: readonly string[]): Promise<Speech> =>
  speak(createResumeCommand, ["small", "--quiet", ...args], { cwd });
const plan = (cwd: string, ...args: readonly string[]): Promise<Speech> =>
  speak(createPlanCommand, ["small.yaml", ...args], { cwd });

/** The problems a refusal tells, a line each. */
async function readRefusal(speech: Promise<Speech>): Promise<readonly string[]> {
  const problems = await readProblems(speech);
  return problems.map(({ where, what, next }) => `${where}: ${what}${next ? `; ${next}` : ""}`);
}

const readReport = (cwd: string, name = "runs/small"): string =>
  readFileSync(join(cwd, name, "report/metrics.csv"), "utf8");

function readStates(cwd: string): Readonly<Record<string, number>> {
  const connection = new Database(join(cwd, "runs/small/state.db"), { readonly: true });
  const rows = connection
    .prepare<[], { state: string; n: number }>("SELECT state, count(*) AS n FROM stage GROUP BY state")
    .all();
  connection.close();
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

test("a changed run is refused with field, count and cost; nothing is written until it is accepted", async (context) => {
  const cwd = createFolder(context);
  await run(cwd);
  const changed = ["--set", "system.samples=20", "--set", "seeds=[0]"];
  const [head, ...fields] = await readRefusal(run(cwd, ...changed));
  assert.match(
    head ?? "",
    /^\S+runs\/small: 4 finished stages would no longer be used, because the experiment changed/,
  );
  assert.match(head ?? "", /; 2 would be done anew \(about \d+\.\d s, 0 calls, 0 tokens, 0 USD\), 0 are reused; /);
  assert.match(head ?? "", /--accept-changes to go on and keep them as stale$/);
  assert.deepEqual(fields, [
    "seeds: [0,1] -> [0] makes 2 stale: trial 2 directly",
    "system.samples: 10 -> 20 makes 4 stale: trial 4 directly",
  ]);
  assert.deepEqual(readStates(cwd), { done: 4 });
  assert.equal(readFileSync(join(cwd, "runs/small/experiment.yaml"), "utf8"), text);

  const { out } = await plan(cwd, ...changed);
  assert.match(
    out,
    /^changed since runs\/small was made:\n {2}seeds: \[0,1\] -> \[0\]\n {4}makes 2 stale: trial 2 directly\n/m,
  );
  assert.match(
    out,
    /^finished and reused: none\nfinished and stale: 4 \(trial 4\)\n {2}of these not asked for any more: 2 \(trial 2\)\n/m,
  );
  assert.match(out, /^to be done anew: 2 \(trial 2\), about \d+\.\d s, 0 calls, 0 tokens, 0 USD\n/m);
  assert.deepEqual(readStates(cwd), { done: 4 }, "a plan writes nothing");
});

test("accepted, the report holds the new results alone; changed back, it reuses the old and does nothing again", async (context) => {
  const cwd = createFolder(context);
  await run(cwd);
  const before = readReport(cwd);
  const changed = ["--set", "system.samples=20"];
  await run(cwd, ...changed, "--accept-changes");
  assert.deepEqual(readStates(cwd), { done: 4, stale: 4 });
  await run(cwd, ...changed, "--run", "fresh");
  assert.equal(readReport(cwd), readReport(cwd, "fresh"));
  assert.notEqual(readReport(cwd), before);

  const back = (await plan(cwd, "--json")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    back.slice(0, -1).map(({ state }) => state),
    ["done", "done", "done", "done"],
  );
  const { event, changes, redo, reused, lost, dropped } = back.at(-1);
  const impact = {
    field: "system.samples",
    before: 20,
    after: 10,
    stale: { trial: 4 },
    unfinished: {},
    own: { trial: 4 },
  };
  assert.deepEqual([event, changes], ["changes", [impact]]);
  assert.deepEqual([reused, lost, dropped, redo.stages], [{ trial: 4 }, { trial: 4 }, { trial: 4 }, {}]);
  assert.match((await readRefusal(run(cwd)))[0] ?? "", /; none would be done anew, 4 are reused; /);

  const { out } = await run(cwd, "--accept-changes", "--json");
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([events[0].event, events[0].stages, events[0].done], ["run-planned", 4, 4]);
  assert.ok(events.every((line) => line.event !== "stage-started"));
  assert.equal(readReport(cwd), before);
  assert.deepEqual(readStates(cwd), { done: 4, stale: 4 });
});

test("resume stops where the experiment file says something else by now, and names both ways on", async (context) => {
  const cwd = createFolder(context);
  await run(cwd, "--set", "seeds=[0]");
  const file = join(cwd, "small.yaml");
  writeFileSync(file, `# a remark\n${text}`);
  assert.match((await resume(cwd)).out, /is finished: all 2 stages are done/, "no other experiment, in other words");

  writeFileSync(file, text.replace("samples: 10", "samples: 20").replace("generations: 3", "generations: 4"));
  const refusal = await readRefusal(resume(cwd));
  assert.deepEqual(refusal, [
    "small.yaml: has changed since runs/small was made; resume goes by the run's own record",
    "generations: 3 -> 4",
    "system.samples: 10 -> 20",
    "as recorded: npx refeed resume runs/small --from-record",
    "as it is now: npx refeed run small.yaml --run runs/small --set 'seeds=[0]' --accept-changes",
  ]);
  // To accept what changed outside is not to take the file: that is asked as before.
  const accepting = await readRefusal(resume(cwd, "--accept-changes"));
  assert.equal(accepting[3], "as recorded: npx refeed resume runs/small --from-record --accept-changes");
  assert.deepEqual([...accepting.slice(0, 3), accepting[4]], [...refusal.slice(0, 3), refusal[4]]);
  assert.match((await resume(cwd, "--from-record")).out, /is finished: all 2 stages are done/);
  assert.deepEqual(readStates(cwd), { done: 2 });
  await run(cwd, "--run", "runs/small", "--set", "seeds=[0]", "--accept-changes");
  assert.deepEqual(readStates(cwd), { done: 2, stale: 2 });
  assert.match((await resume(cwd)).out, /is finished: all 2 stages are done/, "what was accepted is the record now");

  writeFileSync(file, `${text}samples: 7\n`);
  assert.deepEqual(await readRefusal(resume(cwd)), [
    "small.yaml: has changed since runs/small was made, and is no valid experiment any more",
    "as recorded: npx refeed resume runs/small --from-record",
    "what is wrong: npx refeed check small.yaml --set 'seeds=[0]'",
  ]);
});

test("a run whose experiment file is gone, or no file, is resumed from its record", async (context) => {
  const cwd = createFolder(context);
  await run(cwd);
  rmSync(join(cwd, "small.yaml"));
  assert.match((await resume(cwd)).out, /is finished/);
  cpSync(join(cwd, "runs/small"), join(cwd, "small.yaml"), { recursive: true });
  assert.match((await resume(cwd)).out, /is finished/);
});
