// A run that a cap of its budget has stopped: what is said of it, the command that goes on with it, and what a process that
// was killed had sent.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createPlanCommand } from "../../src/cli/plan.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { createStatusCommand } from "../../src/cli/status.ts";
import { BudgetError } from "../../src/errors.ts";
import { readStatus } from "../../src/store/status.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Every request costs a cent. */
const write = (cwd: string, url: string): void =>
  writeFileSync(
    join(cwd, "small.yaml"),
    `name: small
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: hosted } }
generations: 1
sample: { maxTokens: 16 }
endpoints:
  hosted: { url: "${url}", model: tiny, ask: completions, draws: single, price: { input: 0, output: 0, request: 0.01 } }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );

test("each cap that stops a run names the command that goes on, and it does", async (context) => {
  const { base } = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const caps = [
    { set: "budget.requests=12", raised: "500", command: createRunCommand },
    { set: "budget.usd=0.12", raised: "5", command: createResumeCommand },
  ];
  for (const { set, raised, command } of caps) {
    const cwd = createTemporaryFolder(context);
    write(cwd, base);
    let next = "";
    const sets = ["--set", set, "--set", "dataset.test=3"];
    await assert.rejects(speak(createRunCommand, ["small.yaml", "--quiet", ...sets], { cwd }), (error) => {
      assert.ok(error instanceof BudgetError, String(error));
      next = error.next ?? "";
      return error.exitCode === 4;
    });
    const [, verb, line] = /^raise it: npx refeed (run|resume) (.*)$/.exec(next) ?? [];
    assert.equal(verb, command === createRunCommand ? "run" : "resume", next);
    // As it is typed: what stands in angle brackets is filled in, and nothing else is changed.
    const args = (line ?? "")
      .replace(/<\w+>/, raised)
      .split(" ")
      .map((word) => word.replaceAll("'", ""));
    const { code } = await speak(command, [...args, "--quiet"], { cwd });
    assert.deepEqual([code, readStatus(join(cwd, "runs/small")).state], [0, "done"], next);
  }
});

test("what a killed process had sent is told apart from what was spent, wherever either is told", async (context) => {
  const cwd = createTemporaryFolder(context);
  let isSilent = true;
  let [asked, held] = [0, 0];
  const { url } = await startLoopback(context, async ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { object: "list", data: [{ id: "tiny" }] });
    asked += 1;
    // The proof is answered, and three draws; then nothing is.
    if (isSilent && asked > 14) {
      held += 1;
      return;
    }
    const usage = { prompt_tokens: 9, completion_tokens: 3 };
    sendJson(response, {
      choices: [{ index: 0, text: `a fox ${String(body.prompt).length}`, finish_reason: "stop" }],
      usage,
    });
  });
  write(cwd, url);
  await runRefeed(["run", "small.yaml", "--quiet"], {
    cwd,
    watch(child) {
      const timer = setInterval(() => {
        if (held < 2) return;
        clearInterval(timer);
        child.kill("SIGKILL");
      }, 20);
      context.after(() => clearInterval(timer));
    },
  });
  const directory = join(cwd, "runs/small");
  const dead = readStatus(directory);
  const { spent, possiblyPaid, unanswered } = dead;
  assert.deepEqual([dead.state, dead.inFlight, dead.possiblyPaidTwice], ["stopped", 0, 0]);
  assert.deepEqual(dead.reserved, { usd: 0, requests: 0, tokens: 0 });
  assert.ok(unanswered >= 2 && possiblyPaid.requests === unanswered && spent.requests > 0);
  assert.ok(Math.abs(possiblyPaid.usd - 0.01 * unanswered) < 1e-9);
  const told = `possibly paid: at most $${Number(possiblyPaid.usd.toPrecision(2))} (${unanswered} requests, `;
  const status = await speak(createStatusCommand, ["small"], { cwd });
  assert.ok(status.out.includes(told), status.out);
  assert.match(status.out, new RegExp(`^unanswered: ${unanswered} \\(sent, and no answer was recorded`, "m"));
  assert.ok(!status.out.includes("in flight"), status.out);
  const plan = await speak(createPlanCommand, ["small.yaml"], { cwd });
  assert.match(plan.out, /^so far spent: \$/m);
  assert.ok(plan.out.includes(told), plan.out);

  isSilent = false;
  const resumed = await speak(createResumeCommand, ["small"], { cwd });
  // Now they were answered as well: that is spent, and what was sent before stays possibly paid.
  assert.ok(resumed.out.includes(told), resumed.out);
  const done = readStatus(directory);
  assert.deepEqual(done.possiblyPaid, possiblyPaid);
  assert.deepEqual([done.unanswered, done.possiblyPaidTwice], [0, unanswered]);
  assert.ok(done.spent.usd > spent.usd);
  const finished = await speak(createStatusCommand, ["small"], { cwd });
  assert.match(finished.out, new RegExp(`^possibly paid twice: ${unanswered} \\(sent again since\\)$`, "m"));
});

test("a resume keeps to the --max-cost that the run was started with, and so does the command that a stop prints", async (context) => {
  const { base } = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = createTemporaryFolder(context);
  write(cwd, base);
  const stop = async (create: typeof createRunCommand, ...args: string[]): Promise<BudgetError> => {
    const stopped: BudgetError[] = [];
    await assert.rejects(speak(create, [...args, "--quiet"], { cwd }), (error) => {
      if (error instanceof BudgetError) stopped.push(error);
      return stopped.length === 1;
    });
    return stopped[0] as BudgetError;
  };
  await stop(createRunCommand, "small.yaml", "--max-cost", "0.12");
  const again = await stop(createResumeCommand, "small");
  assert.match(again.what, /^the budget of \$0\.12 is reached/);
  const raised = await stop(createResumeCommand, "small", "--max-cost", "0.14");
  assert.match(raised.what, /^the budget of \$0\.14 is reached/);
  assert.match((await stop(createResumeCommand, "small")).what, /^the budget of \$0\.14 is reached/);
  const counted = await stop(createRunCommand, "small.yaml", "--max-cost", "5", "--set", "budget.requests=15");
  assert.match(counted.next ?? "", / --max-cost 5 --set budget\.requests=<requests>$/);
  // Started anew without a cap it has none.
  const { code } = await speak(createRunCommand, ["small.yaml", "--quiet"], { cwd });
  assert.deepEqual([code, readStatus(join(cwd, "runs/small")).state], [0, "done"]);
});
