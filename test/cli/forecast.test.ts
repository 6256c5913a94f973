// What a run says it will have cost at its end, against what it has cost then: while it is young, and after it was killed.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Command } from "commander";
import type { Environment } from "../../src/cli/environment.ts";
import { clearLine } from "../../src/cli/output.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { createStatusCommand } from "../../src/cli/status.ts";
import { readStatus } from "../../src/store/status.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

/** Answers of 4 to 11 words where 64 may be asked for; each takes a moment. */
async function startTeacher(context: TestContext) {
  const state = { answered: 0 };
  const server = await startLoopback(context, async ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { object: "list", data: [{ id: "m" }] });
    const text = (body.messages as { content: string }[])[0]?.content ?? "";
    const words = 4 + (text.length % 8);
    await new Promise((resolve) => setTimeout(resolve, 40));
    state.answered += 1;
    const message = { role: "assistant", content: Array(words).fill("word").join(" ") };
    const usage = { prompt_tokens: Math.ceil(text.length / 4), completion_tokens: words };
    return sendJson(response, { choices: [{ index: 0, message, finish_reason: "stop" }], usage });
  });
  return { state, url: server.url };
}

const write = (cwd: string, url: string, maxTokens = 64): void =>
  writeFileSync(
    join(cwd, "small.yaml"),
    `name: small
dataset: { name: newswire, train: 40, test: 10 }
prompt: article
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 2, maxTokens: ${maxTokens} }
endpoints:
  teacher:
    url: ${url}
    model: m
    draws: single
    price: { input: 1, output: 100 }
    limits: { concurrency: 4 }
seeds: [0]
evaluate: { metrics: [rouge1] }
budget: { usd: 5 }
`,
  );

interface Point {
  readonly requests: number;
  readonly projected: number;
}

/** One verb before a terminal, and what its line said of the end while it ran. */
async function watch(
  create: (environment: Environment) => Command,
  args: readonly string[],
  cwd: string,
): Promise<readonly Point[]> {
  let told = "";
  const tell = (text: string): void => {
    told += text;
  };
  const environment: Environment = {
    ...{ cwd, variables: {}, clock: systemClock, signal: new AbortController().signal, command: "refeed" },
    ...{ invocation: "refeed", pid: process.pid, exit: () => undefined },
    stdout: { write: () => undefined, columns: undefined, color: false },
    stderr: { write: tell, columns: 1000, color: false },
  };
  await create(environment).exitOverride().parseAsync(args, { from: "user" });
  const lines = told.split(clearLine).map((line) => ({
    spent: /spent \((\d+) requests?,/.exec(line)?.[1],
    projected: /about \$([\d.]+) at the end/.exec(line)?.[1],
  }));
  return lines.flatMap(({ spent, projected }) =>
    spent === undefined || projected === undefined ? [] : [{ requests: Number(spent), projected: Number(projected) }],
  );
}

/** Of all points that tell anything none may be off by more than a tenth. */
function check(points: readonly Point[], cost: number, from: number): void {
  const telling = points.filter(({ requests }) => requests >= from);
  assert.ok(telling.length >= 5, `${telling.length} of ${points.length} points`);
  const off = telling.filter(({ projected }) => Math.abs(projected - cost) > 0.1 * cost + 0.005);
  assert.deepEqual(off, [], `of ${telling.length} points, the cost being $${cost}`);
}

const readCost = (cwd: string): number => {
  const { spent, possiblyPaid } = readStatus(join(cwd, "runs/small"));
  return spent.usd + possiblyPaid.usd;
};

test("a run says what it will cost once a few answers have come", async (context) => {
  const cwd = createTemporaryFolder(context);
  write(cwd, (await startTeacher(context)).url);
  const points = await watch(createRunCommand, ["small.yaml"], cwd);
  check(points, readCost(cwd), 40);
});

test("a run that was killed half-way says it from the beginning, what is there counted as there", async (context) => {
  const cwd = createTemporaryFolder(context);
  const { url, state } = await startTeacher(context);
  write(cwd, url);
  await runRefeed(["run", "small.yaml", "--quiet"], {
    cwd,
    watch(child) {
      const timer = setInterval(() => {
        if (state.answered < 45) return;
        clearInterval(timer);
        child.kill("SIGKILL");
      }, 5);
      context.after(() => clearInterval(timer));
    },
  });
  const killed = readStatus(join(cwd, "runs/small"));
  assert.equal(killed.state, "stopped");
  assert.ok(killed.unanswered > 0 && killed.possiblyPaid.requests === killed.unanswered);
  const { out } = await speak(createStatusCommand, ["small", "--json"], { cwd });
  const status = JSON.parse(out) as { readonly budget: unknown; readonly projected: { readonly usd: number } };
  assert.deepEqual(status.budget, { usd: 5, requests: null, tokens: null });
  const points = await watch(createResumeCommand, ["small"], cwd);
  check(points, readCost(cwd), 0);
  // status says the same of the run as it stands.
  assert.ok(Math.abs(status.projected.usd - readCost(cwd)) < 0.1 * readCost(cwd) + 0.005, out);
  const done = await speak(createStatusCommand, ["small"], { cwd });
  assert.match(done.out, /^spent: \$0\.\d+ of \$5\.00 \(\d+ requests, \d+ tokens\); possibly paid: [^;]*$/m);
});

test("the last line of a run that a cap has stopped says what going on would come to, on no terminal either", async (context) => {
  const cwd = createTemporaryFolder(context);
  // Which of two kinds of calls is asked first hangs on the machine: of the other nothing is known but this bound.
  write(cwd, (await startTeacher(context)).url, 16);
  const { code, stderr } = await runRefeed(["run", "small.yaml", "--max-cost", "0.05"], { cwd });
  assert.equal(code, 4, stderr);
  const last = stderr.split("\n").findLast((line) => line.includes(" at the end")) ?? "";
  const projected = Number(/about \$([\d.]+) at the end/.exec(last)?.[1]);
  // What the whole run costs above.
  assert.ok(Math.abs(projected - 0.082) < 0.02, last);
  const { out } = await speak(createStatusCommand, ["small"], { cwd });
  const [, told] = /^spent: \$0\.\d+ of \$0\.05 \([^;]*\); about \$([\d.]+) at the end$/m.exec(out) ?? [];
  assert.ok(Math.abs(Number(told) - 0.082) < 0.02, out);
});
