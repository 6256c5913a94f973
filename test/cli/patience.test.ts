// A run that was told to leave a server alone, killed, and gone on with at once: it keeps to what it was told.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import type { Environment } from "../../src/cli/environment.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { CancelledError, ProviderError } from "../../src/errors.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

/** A server that proves well, and asks for ten minutes when it is to write a row. */
async function startBusy(context: TestContext) {
  const mode = { isBusy: true };
  const server = await startLoopback(context, ({ path, body }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "tiny" }] });
    const isRow = String(body.prompt).startsWith("ROW: ");
    if (isRow && mode.isBusy)
      return sendJson(response, { error: { message: "slow down" } }, 429, { "retry-after": "600" });
    sendJson(response, { choices: [{ index: 0, text: "The boats came home.", finish_reason: "stop" }] });
  });
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "busy.yaml"),
    `name: busy
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${server.url}/v1", model: tiny, ask: completions, before: "ROW: " }
arms: { verifier: none }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  return { mode, cwd, sentCount: () => server.received.length };
}

const file = "runs/busy/state.db";

/** Of the run's own folder, by a second reader. */
function read(cwd: string, query: string): unknown {
  const connection = new Database(join(cwd, file), { readonly: true, fileMustExist: true });
  try {
    return connection.prepare(query).pluck().get();
  } finally {
    connection.close();
  }
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6000; tries++) {
    if (isSo()) return;
    await setTimeout(10);
  }
  assert.fail("it never came to that");
}

/** Whether the run has kept what it was told; its folder may not be there yet. */
function hasKept(cwd: string): boolean {
  try {
    return read(cwd, "SELECT count(*) FROM patience") === 1;
  } catch {
    return false;
  }
}

/** Resumed as on a terminal; what is written there, and the work. */
function resume(cwd: string, signal: AbortSignal) {
  const screen = { text: "" };
  const show = (text: string): void => {
    screen.text += text;
  };
  const environment: Environment = {
    stdout: { write: () => undefined, columns: undefined, color: false },
    stderr: { write: show, columns: 200, color: false },
    ...{ cwd, variables: {}, clock: systemClock, signal, pid: process.pid, exit: () => undefined },
    ...{ command: "npx refeed", invocation: "refeed" },
  };
  const work = createResumeCommand(environment).exitOverride().parseAsync(["busy"], { from: "user" });
  return { screen, work };
}

test("Retry-After is kept over a kill: nothing is sent before, it is told for how long, and Ctrl-C ends the wait", async (context) => {
  const { mode, cwd, sentCount } = await startBusy(context);
  let kill = (): void => undefined;
  const killed = runRefeed(["run", "busy.yaml", "--quiet"], {
    cwd,
    watch: (child) => (kill = () => child.kill("SIGKILL")),
  });
  await waitUntil(() => hasKept(cwd));
  kill();
  await killed;
  const before = sentCount();
  mode.isBusy = false;

  const stop = new AbortController();
  const { screen, work } = resume(cwd, stop.signal);
  const wait = /teacher waits (\d+) s: 429: slow down/;
  await waitUntil(() => wait.test(screen.text));
  const seconds = Number(wait.exec(screen.text)?.[1]);
  assert.ok(seconds > 500 && seconds <= 600, `${seconds} s`);
  stop.abort(new CancelledError());
  await assert.rejects(work, CancelledError);

  // Longer than it may wait: the line of the process that was told.
  await assert.rejects(
    speak(createRunCommand, ["busy.yaml", "--quiet", "--set", "endpoints.teacher.limits.waitMs=1000"], { cwd }),
    (error) => {
      assert.ok(error instanceof ProviderError);
      assert.match(error.what, /^429: slow down: it asks to be left alone for 5\d\d s, and limits\.waitMs is 1 s$/);
      assert.match(error.next ?? "", /raise limits\.waitMs/);
      return true;
    },
  );
  assert.equal(sentCount(), before);

  // Ten minutes later.
  const connection = new Database(join(cwd, file));
  connection.exec("UPDATE patience SET asked_ms = asked_ms - 600000");
  connection.close();
  assert.equal((await speak(createResumeCommand, ["busy", "--quiet"], { cwd })).code, 0);
  assert.equal(read(cwd, "SELECT count(*) FROM candidate"), 12 + 4 + 4);
});
