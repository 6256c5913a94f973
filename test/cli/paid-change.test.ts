// A run meets an experiment that changed while a stage was half done: what was paid for it is no more passed over than what
// is finished. It is named and priced before anything is asked for, and there again where the change is undone.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createPlanCommand } from "../../src/cli/plan.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { BudgetError } from "../../src/errors.ts";
import { computeIdentityKey } from "../../src/keys/stage-identity.ts";
import { type Speech, speak } from "../helpers/environment.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { readProblems } from "../helpers/refusal.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

interface Written {
  readonly sample: string;
  readonly arm?: string;
  readonly more?: string;
}

/** A tcontexter that writes another text for every seed, half of them dialogues, and a judge of the same address. */
async function write(
  context: TestContext,
  { sample, arm = "{ verifier: none }", more = "evaluate: { metrics: [rouge1] }\n" }: Written,
) {
  const cwd = createTemporaryFolder(context);
  const seeds: number[] = [];
  const server = await startLoopback(context, ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "tiny" }] });
    const usage = { prompt_tokens: 3, completion_tokens: 5 };
    if (path.endsWith("/chat/completions")) {
      const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content ?? "";
      const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
      const content =
        mark === undefined ? "The boats came home." : JSON.stringify({ id: mark, reason: "so", score: 7 });
      return sendJson(response, { choices: [{ index: 0, message: { content }, finish_reason: "stop" }], usage });
    }
    const seed = body.temperature === 0 ? 0 : Number(body.seed ?? 0);
    if (seed !== 0) seeds.push(seed);
    const text = seed % 2 === 0 ? `user: summarize ${seed}\nassistant: sure ${seed % 97}` : `user: nothing ${seed}`;
    sendJson(response, { choices: [{ index: 0, text, finish_reason: "stop" }], usage });
  });
  const hosted = `url: "${server.url}/v1", model: tiny, price: { input: 0, output: 0, request: 0.01 }`;
  writeFileSync(
    join(cwd, "paid.yaml"),
    `name: paid
dataset: { name: newswire, train: 20, test: 4 }
model: { trainer: scripted, first: { endpoint: tcontexter } }
generations: 1
sample: { maxTokens: 64, ${sample} }
endpoints:
  tcontexter: { ${hosted}, ask: completions, draws: single, limits: { concurrency: 1 } }
  grader: { ${hosted}, limits: { concurrency: 1 } }
arms: [${arm}]
seeds: [0]
${more}`,
  );
  return { cwd, seeds };
}

const run = (cwd: string, ...sets: readonly string[]): Promise<Speech> =>
  speak(createRunCommand, ["paid.yaml", "--quiet", ...flag(sets)], { cwd });
const plan = (cwd: string, ...sets: readonly string[]): Promise<Speech> =>
  speak(createPlanCommand, ["paid.yaml", ...flag(sets)], { cwd });
const flag = (sets: readonly string[]): readonly string[] =>
  sets.flatMap((set) => (set.startsWith("--") ? [set] : ["--set", set]));

/** The unfinished stage that was paid for, and how many answers it holds. */
function readPaid(cwd: string): { readonly kind: string; readonly calls: number } {
  const connection = new Database(join(cwd, "runs/paid/state.db"), { readonly: true });
  const rows = connection
    .prepare<[], { kind: string; calls: number }>(
      `SELECT s.kind, count(*) AS calls FROM stage s JOIN attempt a ON a.stage_id = s.id
       WHERE s.state <> 'done' AND s.planned = 1 AND a.state = 'done' AND a.key NOT LIKE 'probe/%' GROUP BY s.id`,
    )
    .all();
  connection.close();
  assert.equal(rows.length, 1);
  return rows[0] as { kind: string; calls: number };
}

/** Requests that a stage sent for its rows. */
function countSendings(cwd: string, key: string): number {
  const connection = new Database(join(cwd, "runs/paid/state.db"), { readonly: true });
  const count = connection
    .prepare<[string], number>(
      "SELECT sum(try_count) FROM attempt WHERE key NOT LIKE 'probe/%' AND stage_id = (SELECT id FROM stage WHERE key = ?)",
    )
    .pluck()
    .get(key);
  connection.close();
  return count ?? 0;
}

/** The lines of a refusal that came before anything was asked. */
async function readRefusal(speech: Promise<Speech>): Promise<readonly string[]> {
  const problems = await readProblems(speech);
  return problems.map(({ where, what }) => `${where}: ${what}`);
}

const usdOf = (calls: number): number => Number((0.01 * calls).toFixed(4));

async function checkDraws(context: TestContext): Promise<void> {
  const { cwd, seeds } = await write(context, { sample: "candidates: 2" });
  await assert.rejects(run(cwd, "budget.requests=34"), BudgetError);
  const { kind, calls } = readPaid(cwd);
  assert.ok(kind === "sample" && calls > 5 && calls < 40, `${kind} ${calls}`);
  const before = seeds.length;

  const [head, ...fields] = await readRefusal(run(cwd, "sample.candidates=3"));
  const cost = `${calls} calls, ${8 * calls} tokens, ${usdOf(calls)} USD`;
  assert.match(
    head ?? "",
    new RegExp(`paid: 1 unfinished stage \\(sample 1\\) that ${cost} were paid for would no longer`),
  );
  assert.match(head ?? "", new RegExp(`; 1 would be done anew \\(.*, ${cost}\\), \\d+ are reused$`));
  const told = "makes 1 stale: sample 1 directly; of them unfinished and paid for sample 1";
  assert.ok(fields.includes(`sample.candidates: 2 -> 3 ${told}`), fields.join("\n"));
  assert.equal(seeds.length, before);

  const { out } = await plan(cwd, "sample.candidates=3");
  assert.ok(out.includes(`\nunfinished and stale: 1 (sample 1), paid ${cost}\nto be done anew: 1 (sample 1), `), out);
  assert.match(out, /\nrun stops at this; with --accept-changes it goes on/);
  const last = JSON.parse((await plan(cwd, "sample.candidates=3", "--json")).out.trim().split("\n").at(-1) ?? "");
  assert.deepEqual([last.lost, last.unfinished.stages, last.unfinished.calls], [{}, { sample: 1 }, calls]);
  assert.deepEqual(last.changes.at(-1).unfinished, { sample: 1 });
  assert.equal(last.redo.calls, calls);

  // With finished stages beside it, its price is added to theirs.
  const [both] = await readRefusal(run(cwd, "endpoints.tcontexter.before=Say "));
  assert.match(both ?? "", /\d+ finished stages? and 1 unfinished stage \(sample 1\) that /);

  // What asks for less than was paid for buys no more than that again.
  const lines = (await plan(cwd, "sample.candidates=1", "dataset.train=8", "--json")).out.trim().split("\n");
  const fewer = lines.map((line) => JSON.parse(line));
  const [row] = fewer.filter(({ kind: one, state, replaces }) => one === "sample" && state === "stale" && replaces);
  assert.ok(row.calls >= 8 && row.calls < calls, `${row.calls}`);
  assert.ok(fewer.at(-1).redo.calls < calls);

  // Accepted, and undone while it is half done itself: that is told in turn, and the first draws are there again.
  await assert.rejects(run(cwd, "sample.candidates=3", "budget.requests=60", "--accept-changes"), BudgetError);
  const other = readPaid(cwd);
  assert.match(
    (await readRefusal(run(cwd)))[0] ?? "",
    new RegExp(`1 unfinished stage \\(sample 1\\) that ${other.calls} calls`),
  );
  const back = (await plan(cwd, "--json")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [gone] = back.filter(({ state }) => state === "stale");
  // Beside what proves the endpoint again, ten at most.
  assert.ok(
    gone.calls >= 40 - calls && gone.calls <= 40 - calls + 10,
    `${gone.calls}: what it holds is asked for again`,
  );
  assert.equal((await run(cwd, "--accept-changes")).code, 0);
  assert.equal(countSendings(cwd, gone.key), 40);
}

async function checkVerdicts(context: TestContext): Promise<void> {
  const more =
    "verifiers: { judge: { kind: judge, endpoint: grader, maxTokens: 64, canaries: 0 } }\nevaluate: { metrics: [rouge1] }\n";
  const { cwd } = await write(context, {
    sample: "candidates: 2",
    arm: "{ verifier: judge, select.keep: 50% }",
    more,
  });
  await assert.rejects(run(cwd, "budget.requests=80"), BudgetError);
  const { kind, calls } = readPaid(cwd);
  assert.ok(kind === "verify" && calls > 5 && calls < 40, `${kind} ${calls}`);
  const [head, ...fields] = await readRefusal(run(cwd, "verifiers.judge.scale={ low: 1, high: 5 }"));
  assert.match(head ?? "", new RegExp(`1 unfinished stage \\(verify 1\\) that ${calls} calls, `));
  assert.ok(
    fields.some((line) => /^verifiers\.judge\.\S+: .* makes 1 stale: verify 1 directly;/.test(line)),
    fields.join("\n"),
  );
  // Nothing that the verdicts depend on: it goes on with them.
  assert.equal((await run(cwd, "budget.requests=900")).code, 0);
}

async function checkAccepted(context: TestContext): Promise<void> {
  const accept = 'accept: { rows: 30, candidates: 40, begin: "user: ", part: "\\nassistant: " }';
  const { cwd, seeds } = await write(context, {
    sample: accept,
    more: "prompt: none\nevaluate: { metrics: [diversity] }\n",
  });
  await assert.rejects(run(cwd), BudgetError);
  const { kind, calls } = readPaid(cwd);
  assert.deepEqual([kind, calls], ["sample", 40]);
  const before = seeds.length;
  assert.match(
    (await readRefusal(run(cwd, "sample.accept.rows=10")))[0] ?? "",
    /1 unfinished stage \(sample 1\) that 40 calls, /,
  );
  assert.equal(seeds.length, before);
}

async function checkResume(context: TestContext): Promise<void> {
  const { cwd, seeds } = await write(context, { sample: "candidates: 2" });
  await assert.rejects(run(cwd, "budget.requests=34"), BudgetError);
  const { calls } = readPaid(cwd);
  const connection = new Database(join(cwd, "runs/paid/state.db"));
  const { id, kind, parameters, inputs } =
    connection
      .prepare<[], { id: number; kind: string; parameters: string; inputs: string }>(
        "SELECT id, kind, parameters, inputs FROM stage WHERE kind = 'sample' AND state = 'failed'",
      )
      .get() ?? assert.fail("no stage is half done");
  const older = { kind, version: 0, parameters: JSON.parse(parameters), inputs: JSON.parse(inputs) };
  connection.prepare("UPDATE stage SET version = 0, key = ? WHERE id = ?").run(computeIdentityKey(older), id);
  connection.close();
  const before = seeds.length;
  const resume = (...flags: readonly string[]) =>
    speak(createResumeCommand, ["paid", "--quiet", "--from-record", ...flags], { cwd });
  const refusal = await readRefusal(resume());
  assert.match(refusal[0] ?? "", new RegExp(`1 unfinished stage \\(sample 1\\) that ${calls} calls, `));
  assert.deepEqual(
    refusal.slice(1).map((line) => line.split(":")[0]),
    ["refeed", "refeed.sample.version"],
  );
  assert.equal(seeds.length, before);
}

test("what was paid for an unfinished stage is named and priced by whatever would leave it behind", {
  concurrency: true,
}, async (context) => {
  // Side by side: a run that stops at its budget waits a second for what may still come.
  await Promise.all([
    context.test("draws, and the way back", checkDraws),
    context.test("verdicts", checkVerdicts),
    context.test("candidates of which too few were accepted", checkAccepted),
    context.test("a resume by a program that makes the stage in another way", checkResume),
  ]);
});
