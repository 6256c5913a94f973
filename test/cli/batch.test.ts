// A run whose rows lie in a batch when it is interrupted: what status says of them, that whoever goes on fetches them, and
// that nobody pays for them a second time unasked.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { createStatusCommand } from "../../src/cli/status.ts";
import { ConfigError } from "../../src/errors.ts";
import { startBatchServer } from "../helpers/batch-server.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { sendJson } from "../helpers/loopback.ts";
import { createReply } from "../helpers/openai-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const quietly = ["--quiet", "--set", "seeds=[0]"];

async function interrupt(context: TestContext) {
  const cwd = createTemporaryFolder(context);
  let [looks, live] = [Number.POSITIVE_INFINITY, 0];
  const server = await startBatchServer(context, {
    get looks() {
      return looks;
    },
    before({ path, body }, response) {
      if (!path.endsWith("/chat/completions")) return false;
      live += 1;
      const { choices, ...reply } = createReply(body, { isChat: true, hasN: true });
      sendJson(response, { ...reply, choices: choices.map(({ pieces: _, ...choice }) => choice) });
      return true;
    },
  });
  writeFileSync(
    join(cwd, "small.yaml"),
    `name: small
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { maxTokens: 16 }
endpoints:
  teacher: { url: "${server.url}/v1", model: m, mode: batch, draws: single, given: none, price: { request: 0.01 } }
evaluate: { metrics: [rouge1] }
`,
  );
  const stopped = await runRefeed(["run", "small.yaml", ...quietly], {
    cwd,
    watch(child) {
      const timer = setInterval(() => {
        if (server.batches.length < 2 || server.batches.some((batch) => batch.looks === 0)) return;
        clearInterval(timer);
        child.kill("SIGINT");
      }, 5);
      context.after(() => clearInterval(timer));
    },
  });
  assert.equal(stopped.code, 130, stopped.stderr);
  const end = (): void => {
    looks = 0;
  };
  return { cwd, server, end, readLive: () => live };
}

test("rows of a batch are told as what is fetched, and are", async (context) => {
  const { cwd, server, end, readLive } = await interrupt(context);
  const rows = server.batches.reduce((sum, { lines }) => sum + lines.length, 0);
  assert.equal(rows, 12 + 4);
  const { out } = await speak(createStatusCommand, ["small"], { cwd });
  assert.match(
    out,
    /^unanswered: 16 \(sent, and no answer was recorded; all of them lie in batches, which are fetched when the run goes on\)$/m,
  );
  const json = JSON.parse((await speak(createStatusCommand, ["small", "--json"], { cwd })).out) as object;
  assert.deepEqual({ ...json, handedIn: 16, unanswered: 16 }, json);
  end();
  const before = readLive();
  assert.equal((await speak(createResumeCommand, ["small", "--quiet"], { cwd })).code, 0);
  assert.equal(server.batches.length, 2, "nothing was handed in again");
  // What proves the endpoint is asked live.
  assert.ok(readLive() - before < 8, `${readLive() - before} live requests`);
  const done = await speak(createStatusCommand, ["small"], { cwd });
  assert.doesNotMatch(done.out, /unanswered|possibly paid/);
});

test("rows that lie in a batch are asked for live only by whoever accepts to pay twice", async (context) => {
  const { cwd, readLive } = await interrupt(context);
  const before = readLive();
  const args = ["small.yaml", ...quietly, "--set", "endpoints.teacher.mode=live"];
  await assert.rejects(speak(createRunCommand, args, { cwd }), (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.deepEqual(error.problems, [
      {
        where: "endpoints.teacher.mode",
        what: "16 requests of this run lie in batches that are not fetched; asked live they are paid for a second time",
        next: "set mode: batch to fetch them, or pay twice with --accept-changes",
      },
    ]);
    return error.exitCode === 2;
  });
  // resume names the command that accepts, and what it comes to.
  const file = join(cwd, "small.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("mode: batch", "mode: live"));
  await assert.rejects(speak(createResumeCommand, ["small"], { cwd }), (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    const told = error.problems.find(({ where }) => where === "endpoints.teacher.mode")?.what ?? "";
    assert.match(told, /^batch -> live; 16 requests of this run lie in batches .* paid for a second time$/);
    return true;
  });
  writeFileSync(file, text);
  assert.equal(readLive(), before, "nothing was asked");
  assert.equal((await speak(createRunCommand, [...args, "--accept-changes"], { cwd })).code, 0);
  const { out } = await speak(createStatusCommand, ["small"], { cwd });
  assert.match(out, /^possibly paid twice: 16 \(sent again since\)$/m);
});
