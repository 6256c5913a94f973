// A model that is another one behind its name while a stage that asks it is half done: the run stops, and where the model is
// taken no stage is left with rows of both. What was finished stays, what was paid stays counted.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { BudgetError, ProviderError } from "../../src/errors.ts";
import { type Json, renderCanonical } from "../../src/keys/canonical.ts";
import { readStatus } from "../../src/store/status.ts";
import { speak } from "../helpers/environment.ts";
import { type GivenServer, startGivenServer } from "../helpers/given-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Every request costs a cent, so that a cap in dollars stops it wherever a test wants. */
const write = (cwd: string, { base }: GivenServer, role: "teacher" | "scorer"): void => {
  const [first, verifier] =
    role === "teacher" ? [", first: { endpoint: hosted }", "none"] : ["", "weak, select.keep: 50%"];
  const text = `schema: 1
name: small
system: language
dataset: { name: newswire, train: 12, test: 4 }
prompt: article
model: { trainer: scripted${first} }
generations: 1
real: 50%
sample: { candidates: 2, maxTokens: 16 }
endpoints:
  hosted:
    url: "${base}"
    model: tiny
    ask: completions
    join: " "
    draws: single
    price: { input: 0, output: 0, request: 0.01 }
verifiers:
  weak: { kind: perplexity, model: { endpoint: hosted } }
arms:
  - { corpus: replace, verifier: ${verifier} }
seeds: [0]
evaluate: { metrics: [${role === "teacher" ? "rouge1, loss" : "rouge1"}] }
`;
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "small.yaml"), text);
};

const run = (cwd: string, ...args: readonly string[]) =>
  speak(createRunCommand, ["small.yaml", "--quiet", ...args], { cwd });
const resume = (cwd: string, ...args: readonly string[]) =>
  speak(createResumeCommand, ["small", "--quiet", ...args], { cwd });

interface Kept {
  readonly key: string;
  readonly state: string;
  readonly rows: string;
}

/** What each stage that asks the endpoint has by now. */
function readStages(cwd: string): ReadonlyMap<string, Kept> {
  const connection = new Database(join(cwd, "runs/small/state.db"), { readonly: true });
  const rows = connection
    .prepare<[], Kept>(
      `SELECT key, state, coalesce(
         (SELECT json_group_array(json_array(c.id, c.completion)) FROM candidate c WHERE c.stage_id = s.id HAVING count(*) > 0),
         (SELECT json_group_array(json_array(o.candidate_id, o.score)) FROM score o WHERE o.stage_id = s.id HAVING count(*) > 0),
         (SELECT json_group_array(json_array(m.name, m.value)) FROM metric m WHERE m.stage_id = s.id)) AS rows
       FROM stage s WHERE EXISTS (SELECT 1 FROM attempt a WHERE a.stage_id = s.id AND a.is_outside = 1)`,
    )
    .all();
  connection.close();
  return new Map(rows.map((row) => [row.key, row]));
}

function readDollars(cwd: string): number {
  const connection = new Database(join(cwd, "runs/small/state.db"), { readonly: true });
  const usd = connection.prepare("SELECT total(cost_usd) FROM attempt WHERE is_outside = 1").pluck().get() as number;
  connection.close();
  return usd;
}

/** As a process leaves it that was killed after it had sent one more. */
function hold(cwd: string, stage: string): void {
  const connection = new Database(join(cwd, "runs/small/state.db"));
  connection
    .prepare(
      `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_usd, cost_usd, try_token_count, intended_ms)
       SELECT id, 'one more', 1, 'sent', 1, 0.01, 0.01, 10, 0 FROM stage WHERE key = ?`,
    )
    .run(stage);
  connection.close();
}

/** Rows that the refusal says are asked for again. */
function readCount(error: unknown): number {
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.exitCode, 3);
  assert.match(error.message, /^endpoint hosted: tiny is no longer the model that this run asked: it writes another/);
  const told =
    /refeed resume <run> --accept-changes: finished stages stay as they are, (\d+) unfinished rows are asked for again, for which ([\d.]+) USD were paid$/.exec(
      error.next ?? "",
    );
  assert.ok(told, error.next);
  assert.ok(Number(told[2]) > 0 && Number(told[2]) <= 0.2);
  return Number(told[1]);
}

const roles = ["teacher", "scorer"] as const;

async function checkRole(context: TestContext, role: (typeof roles)[number]): Promise<void> {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = createTemporaryFolder(context);
  write(cwd, server, role);
  await assert.rejects(run(cwd, "--max-cost", "0.2"), BudgetError);
  const torn = readStages(cwd);
  const open = [...torn.values()].filter(({ state, rows }) => state !== "done" && rows !== "[]");
  assert.ok(open.length > 0);

  hold(cwd, open[0]?.key ?? "");
  server.become({ model: "another" });
  let told = 0;
  await assert.rejects(resume(cwd, "--max-cost", "50"), (error) => {
    told = readCount(error);
    return told > 0;
  });
  for (const [key, { rows }] of readStages(cwd)) assert.equal(rows, torn.get(key)?.rows ?? "[]");

  const before = readDollars(cwd);
  await resume(cwd, "--accept-changes");
  const taken = readStages(cwd);
  // What was paid stays spent, and what nobody saw an answer of possibly paid, though nobody asks for it again.
  const { spent, reserved, possiblyPaid, unanswered } = readStatus(join(cwd, "runs/small"));
  assert.deepEqual([unanswered, possiblyPaid], [1, { usd: 0.01, requests: 1, tokens: 10 }]);
  assert.deepEqual(reserved, { usd: 0, requests: 0, tokens: 0 });
  assert.ok(Math.abs(spent.usd + possiblyPaid.usd - readDollars(cwd)) < 1e-9 && spent.usd > before - 0.01);
  // The same experiment from its start to its end with the model that is there now.
  write(join(cwd, "whole"), server, role);
  await run(join(cwd, "whole"));
  const whole = readStages(join(cwd, "whole"));
  assert.deepEqual(new Set(taken.keys()), new Set(whole.keys()));
  for (const [key, { state, rows }] of taken) {
    assert.equal(state, "done");
    const old = torn.get(key);
    assert.equal(rows, old?.state === "done" ? old.rows : whole.get(key)?.rows);
  }
  // So it is another model, and not one row of it is one of the other's.
  for (const { key, rows } of open) {
    const old = new Set((JSON.parse(rows) as readonly Json[]).map(renderCanonical));
    const kept = (JSON.parse(taken.get(key)?.rows ?? "[]") as readonly Json[]).filter((row) =>
      old.has(renderCanonical(row)),
    );
    assert.deepEqual(kept, []);
  }
  // What the old model brought stays paid, and the new one is paid for as much again.
  const usd = readDollars(cwd);
  assert.ok(usd >= before + 0.01 * told, `${usd} after ${before} and ${told} rows again`);
}

test("a model that changed within a stage is taken for all of the stage or for none of it", {
  concurrency: true,
}, async (context) => {
  // Side by side: a run that stops at its budget waits a second for what may still come.
  await Promise.all(roles.map((role) => context.test(role, (each) => checkRole(each, role))));
});

test("a stage that lacks a row before its last is begun anew as a whole, where a changed model is taken", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = createTemporaryFolder(context);
  write(cwd, server, "teacher");
  await run(cwd);
  // As a process leaves it that was killed when all but the first draw had been answered.
  const connection = new Database(join(cwd, "runs/small/state.db"));
  const torn = connection
    .prepare<[], { id: number; key: string; attempt: number }>(
      `SELECT s.id, s.key, c.attempt_id AS attempt FROM stage s JOIN candidate c ON c.stage_id = s.id AND c.id = 0
       WHERE (SELECT count(*) FROM candidate WHERE stage_id = s.id) = 24`,
    )
    .get();
  assert.ok(torn);
  connection.prepare("DELETE FROM candidate WHERE stage_id = ? AND id = 0").run(torn.id);
  connection.prepare("UPDATE attempt SET state = 'sent', closed_ms = NULL WHERE id = ?").run(torn.attempt);
  connection
    .prepare("UPDATE stage SET state = 'running', value = NULL, output_sha256 = NULL WHERE id = ?")
    .run(torn.id);
  connection.close();
  server.become({ model: "another" });
  await resume(cwd, "--accept-changes");
  write(join(cwd, "whole"), server, "teacher");
  await run(join(cwd, "whole"));
  assert.equal(readStages(cwd).get(torn.key)?.rows, readStages(join(cwd, "whole")).get(torn.key)?.rows);
});
