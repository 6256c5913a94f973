// What a change comes to, on the record of a run that is marked as finished and never ran: which fields make which
// stage stale, what stands in its place, what it took.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { composeExperiment } from "../../../src/experiment/compose/compose.ts";
import { addCosts, type Plan, readPlan } from "../../../src/experiment/plan.ts";
import { type PreparedExperiment, prepareExperiment } from "../../../src/experiment/prepare.ts";
import { readExperiment } from "../../../src/experiment/read.ts";
import { describeStages } from "../../../src/experiment/stage-list.ts";
import type { Json } from "../../../src/keys/canonical.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const { signal } = new AbortController();
const cwd = createTemporaryFolder({ after: (hook) => after(hook as () => void) });
const directory = join(cwd, "run");
const tiny = ["dataset.train=40", "dataset.test=10", "generations=1", "seeds=[0]"];

const prepare = async (...sets: readonly string[]): Promise<PreparedExperiment> =>
  prepareExperiment(await readExperiment("newswire", { cwd, sets: [...tiny, ...sets] }), signal);

const plan = async (...sets: readonly string[]): Promise<Plan> => readPlan(await prepare(...sets), directory);

/** Records the plan as a run does, and marks everything in it as done. */
async function recordRun(prepared: PreparedExperiment): Promise<void> {
  const folder = await openRunFolder(directory, { clock: systemClock, holder: { pid: process.pid } });
  const composition = await composeExperiment(prepared, {
    shelf: folder.shelf,
    directory,
    hosting: { clock: systemClock, records: folder.endpoints, acceptsChange: false },
  });
  const { experiment, materials } = prepared;
  const resolved = { experiment, materials, header: composition.header } as unknown as Json;
  await folder.writeRun({ name: experiment.name, source: experiment.source, resolved });
  await folder.writePlan(await describeStages(composition.trials, composition.system), composition.arms);
  await composition.close();
  await folder.close();
  change("UPDATE stage SET state = 'done', duration_ms = 500, started_ms = 1000 * id, finished_ms = 1000 * id + 500");
  change(
    `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_count, cost_usd, intended_ms)
     SELECT id, 'all', 40, 'done', 1, 2, 0.25, 0 FROM stage WHERE kind = 'sample'`,
  );
}

function change(statement: string): void {
  const connection = new Database(join(directory, "state.db"));
  connection.exec(statement);
  connection.close();
}

before(async () => recordRun(await prepare()));

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
const lostKeys = ({ rows }: Plan): ReadonlySet<string> => new Set(rows.flatMap(({ replaces }) => replaces ?? []));

test("nothing changed: everything is reused and there is nothing to tell", async () => {
  const { rows, changes, reused, lost, redo } = await plan();
  assert.ok(rows.length > 80 && rows.every(({ state, seconds }) => state === "done" && seconds === 0.5));
  assert.deepEqual([changes, sum(reused), lost, redo.stages], [[], rows.length, {}, {}]);
  const unread = await plan("keepModels=none", "workers=1");
  assert.ok(unread.rows.every(({ state }) => state === "done"));
  assert.deepEqual(
    unread.changes.map(({ field, stale }) => [field, stale]),
    [
      ["workers", {}],
      ["keepModels", {}],
    ],
  );
});

test("of several changed fields each stale stage is told its own, directly or through its inputs", async () => {
  const sets = [
    "sample.temperature=0.5",
    "verifiers.weak.model.real=75%",
    "evaluate.decode={ temperature: 0.3 }",
  ] as const;
  const joint = await plan(...sets);
  const alone = await Promise.all(sets.map((set) => plan(set)));
  const fields = ["verifiers.weak.model.real", "sample.temperature", "evaluate.decode.temperature"];
  assert.deepEqual(joint.changes.map(({ field }) => field).sort(), [...fields].sort());
  const stale = joint.rows.filter(({ state }) => state === "stale");
  assert.ok(stale.length > 60);
  for (const row of stale) {
    const expected = alone.flatMap((one) => (lostKeys(one).has(row.replaces ?? "") ? one.changes : []));
    assert.deepEqual(row.why.map(({ field }) => field).sort(), expected.map(({ field }) => field).sort(), row.kind);
  }
  const kinds = (field: string, isDirect: boolean): string[] => {
    const told = stale.filter(({ why }) =>
      why.some((one) => one.field === field && (one.through.length === 0) === isDirect),
    );
    return [...new Set(told.map(({ kind }) => kind))].sort();
  };
  assert.deepEqual(kinds("sample.temperature", true), ["sample"]);
  assert.deepEqual(kinds("sample.temperature", false), ["assemble", "evaluate", "sample", "select", "train", "verify"]);
  assert.deepEqual(kinds("verifiers.weak.model.real", true), ["assemble"]);
  assert.deepEqual(kinds("evaluate.decode.temperature", false), ["evaluate"]);
  for (const { field, stale: counts, own } of joint.changes) {
    assert.equal(sum(counts), stale.filter(({ why }) => why.some((one) => one.field === field)).length, field);
    assert.ok(sum(own) > 0 && sum(own) < sum(counts), field);
  }
});

test("what is done anew costs what it took the first time, by the run's own record", async () => {
  const { rows, lost, dropped, redo, reused } = await plan("sample.temperature=0.5");
  const samples = rows.filter(({ kind, state }) => kind === "sample" && state === "stale").length;
  assert.ok(samples > 0);
  assert.deepEqual([redo.calls, redo.usd, redo.tokens], [2 * samples, 0.25 * samples, 0]);
  // Stages that took half of every second, one after another: no two at once.
  assert.ok(Math.abs((redo.seconds ?? 0) - 0.5 * sum(redo.stages)) < 1e-9, `${redo.seconds}`);
  assert.deepEqual([redo.stages, dropped], [lost, {}]);
  assert.equal(sum(reused) + sum(redo.stages), rows.length);
  assert.deepEqual(addCosts([]), { calls: 0, tokens: 0, usd: 0, seconds: 0 });
});

test("an arm that is called otherwise by the change keeps its place; what has no successor is not done anew", async () => {
  const renamed = await plan(
    "arms=[{ corpus: [replace, accumulate], verifier: none }, { verifier: [oracle, weak, self, random], select.keep: 50% }]",
  );
  assert.ok(renamed.rows.some(({ arms }) => arms.includes("replace-oracle-50")));
  assert.ok(renamed.rows.every(({ state }) => state !== "new"));
  assert.deepEqual(renamed.dropped, {});
  assert.equal(renamed.changes.length, 4);
  assert.ok(renamed.changes.every(({ field }) => /^arms\.replace-\w+-50\.select\.keep$/.test(field)));

  const fewer = await plan("arms=[{ corpus: [replace, accumulate], verifier: none }]");
  assert.deepEqual([fewer.redo.stages, fewer.lost], [{}, fewer.dropped]);
  assert.ok(sum(fewer.lost) > 10);

  const metric = await plan("evaluate.metrics=[rouge1, rouge2, rougeL, loss, diversity, rougeLsum]");
  const added = metric.rows.filter(({ state }) => state !== "done");
  assert.deepEqual([...new Set(added.map(({ kind, state }) => `${kind} ${state}`))], ["evaluate new"]);
  assert.ok(added.every(({ why, replaces, seconds }) => why.length === 0 && replaces === null && seconds === 0.5));
  assert.deepEqual(metric.lost, {});

  const swapped = await plan("evaluate.metrics=[rouge1, rouge2, rougeLsum, loss, diversity]");
  assert.deepEqual(
    swapped.changes.map(({ field, own }) => [field, Object.keys(own)]),
    [["evaluate.metrics", ["evaluate"]]],
  );
});

test("an unfinished stage counts by what was paid for it, and not where all of it was done in this process", async () => {
  const unfinish = "UPDATE stage SET state = 'running', duration_ms = NULL WHERE kind = 'sample'";
  change(`${unfinish}; UPDATE attempt SET is_outside = 0`);
  const inside = await plan("sample.temperature=0.5");
  const paid = { calls: 2, tokens: 7, usd: 0.25 };
  change("UPDATE attempt SET is_outside = 1, token_count = 7");
  const outside = await plan("sample.temperature=0.5");
  // What proves an endpoint is asked for again anyway, and rows of a model that was given up are worth nothing.
  change("UPDATE attempt SET key = 'probe/all', row_count = 0");
  const proofs = await plan("sample.temperature=0.5");
  change("UPDATE attempt SET key = 'all', row_count = 40; UPDATE stage SET inputs_sha256 = '' WHERE kind = 'sample'");
  const disowned = await plan("sample.temperature=0.5");
  change("UPDATE stage SET state = 'done', duration_ms = 500, inputs_sha256 = NULL WHERE kind = 'sample'");

  for (const { lost, unfinished, changes } of [inside, proofs, disowned]) {
    assert.deepEqual(unfinished, { stages: {}, calls: 0, tokens: 0, usd: 0 });
    assert.ok(!("sample" in lost) && changes.every(({ stale }) => !("sample" in stale)));
  }
  const { rows, lost, unfinished, changes, redo } = outside;
  const count = unfinished.stages.sample ?? 0;
  assert.ok(count > 0 && !("sample" in lost));
  const whole = { calls: paid.calls * count, tokens: paid.tokens * count, usd: paid.usd * count };
  assert.deepEqual(unfinished, { stages: { sample: count }, ...whole });
  assert.deepEqual(
    changes.map((one) => [one.unfinished, one.stale.sample]),
    [[{ sample: count }, count]],
  );
  const stale = rows.filter(({ kind, state }) => kind === "sample" && state === "stale");
  assert.equal(stale.length, count);
  assert.equal(redo.stages.sample, count);
});

test("another way of making stages is told as such, with the version or the parameter that differs", async () => {
  change("UPDATE stage SET key = 'older ' || key, version = 0 WHERE kind = 'verify'");
  const { rows, changes, lost } = await plan();
  change("UPDATE stage SET key = substr(key, 7), version = 1 WHERE kind = 'verify'");
  assert.deepEqual(Object.keys(lost), ["verify"]);
  const told = rows.filter(({ state }) => state === "stale");
  assert.ok(told.length > 0 && told.every(({ kind, why }) => kind === "verify" && why[0]?.field === "refeed"));
  assert.deepEqual(
    changes.map(({ field, before: old, after: now }) => [field, old, now]),
    [
      ["refeed", null, null],
      ["refeed.verify.version", 0, 1],
    ],
  );
  assert.ok((await plan()).rows.every(({ state }) => state === "done"));
});
