// A model that answers by another name than when it was proved: a vendor's alias that has come to mean another model, a
// gateway that fell back to one. The run stops before a row of it is kept, and goes on where the model is still the same.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { ProviderError } from "../../src/errors.ts";
import { speak } from "../helpers/environment.ts";
import { sendEvents, sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const [spring, autumn] = ["tiny-2026-03-01", "tiny-2026-09-01"] as const;

/** Answers by the one name until so many rows are written, and then by the other. */
async function startAlias(context: TestContext, { isStreamed = false } = {}) {
  const state = { name: spring as string, rowsUntilAutumn: 3 };
  const server = await startLoopback(context, ({ path, body }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "tiny" }] });
    if (String(body.prompt).startsWith("ROW: ") && state.rowsUntilAutumn-- === 0) state.name = autumn;
    const choice = { index: 0, text: "The boats came home.", finish_reason: "stop" };
    const reply = { id: "one", model: state.name, choices: [choice] };
    if (body.stream !== true) return sendJson(response, reply);
    // Only the first of its pieces tells the name, as some gateways have it.
    const pieces = [
      { ...reply, choices: [] },
      { id: "one", choices: [choice] },
    ];
    sendEvents(response, [...pieces.map((piece) => `data: ${JSON.stringify(piece)}\n\n`), "data: [DONE]\n\n"]);
  });
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "alias.yaml"),
    `name: alias
dataset: { name: newswire, train: 5, test: 1 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${server.url}/v1", model: tiny, ask: completions, before: "ROW: ", stream: ${isStreamed}, limits: { concurrency: 1 } }
arms: { verifier: none }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  return { cwd, state };
}

const run = (cwd: string, ...args: readonly string[]) =>
  speak(createRunCommand, ["alias.yaml", "--quiet", ...args], { cwd });

function read(cwd: string, query: string): unknown {
  const connection = new Database(join(cwd, "runs/alias/state.db"), { readonly: true });
  const value = connection.prepare(query).pluck().get();
  connection.close();
  return value;
}

const countRows = (cwd: string): unknown => read(cwd, "SELECT count(*) FROM candidate");
const namesOf = (cwd: string): unknown => read(cwd, "SELECT json_extract(evidence, '$.names') FROM endpoint");

const isOther = (error: unknown): true => {
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.exitCode, 3);
  assert.equal(error.what, `it answered as ${autumn}, and as ${spring} when it was proved`);
  assert.match(error.where ?? "", /^endpoint teacher, http:/);
  assert.match(error.next ?? "", /^resume the run, .* list them under endpoints\.teacher\.names$/);
  return true;
};

for (const isStreamed of [false, true]) {
  test(`an answer by another name is no row${isStreamed ? " of a stream" : ""}, and what it cost is told`, async (context) => {
    const { cwd, state } = await startAlias(context, { isStreamed });
    await assert.rejects(run(cwd), isOther);
    assert.deepEqual([countRows(cwd), namesOf(cwd)], [3, JSON.stringify([spring])]);
    assert.equal(read(cwd, "SELECT count(*) FROM attempt WHERE state = 'unknown'"), 1);
    if (isStreamed) return;
    // A gateway is back at the first; the rows that are there stay.
    state.name = spring;
    state.rowsUntilAutumn = 1000;
    assert.equal((await speak(createResumeCommand, ["alias", "--quiet"], { cwd })).code, 0);
    assert.equal(countRows(cwd), 5 + 1 + 1);
  });
}

test("the name alone is no change: what is there is proved against what was asked, and names may be listed", async (context) => {
  const { cwd, state } = await startAlias(context);
  await assert.rejects(run(cwd), isOther);
  // It is proved under the other name now, and writes what it wrote before.
  state.rowsUntilAutumn = 1000;
  assert.equal((await speak(createResumeCommand, ["alias", "--quiet"], { cwd })).code, 0);
  assert.deepEqual([countRows(cwd), namesOf(cwd)], [5 + 1 + 1, JSON.stringify([autumn])]);

  const listed = await startAlias(context);
  await run(listed.cwd, "--set", `endpoints.teacher.names=[${autumn}]`);
  assert.equal(countRows(listed.cwd), 5 + 1 + 1);
});
