// Whole experiments over llama-cpp-python's server: a hosted model as weak verifier of what an embedded one writes, and a
// hosted teacher as generation 0. Scores in the run are held against the direct forward pass.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";
import { createRecorder } from "./recorder.ts";
import type { RunningServer } from "./server.ts";
import { faithfulParams, servedName, startLlamaCpp } from "./servers.ts";
import { prepareTinyModel, type TinyModel } from "./tiny-model.ts";

const refeed = new URL("../../../bin/refeed.js", import.meta.url).pathname;

let model: TinyModel;
let server: RunningServer;

before(async () => {
  model = await prepareTinyModel("plain", console.log);
  server = await startLlamaCpp(model, "llama-cpp-run", console.log);
});

after(() => server?.stop());

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(cwd: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [refeed, ...args], { cwd, env: { PATH: process.env.PATH } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

function writeExperiment(cwd: string, origin: string, lines: string): void {
  const endpoint = { url: `${origin}/v1`, model: servedName, ask: "completions", params: faithfulParams, after: "\n" };
  const text = `schema: 1
name: real
system: language
dataset: { name: newswire, train: 30, test: 4 }
prompt: article
endpoints: { tiny: ${JSON.stringify(endpoint)} }
generations: 1
real: 50%
sample: { candidates: 2, temperature: 1, maxTokens: 16 }
seeds: [0]
evaluate: { metrics: [rouge1], decode: greedy }
${lines}`;
  writeFileSync(join(cwd, "real.yaml"), text);
}

interface ScoredRow {
  readonly score: number;
  readonly article: string;
  readonly completion: string;
}

interface WrittenRow {
  readonly completion: string;
  readonly reason: string | null;
  readonly hasTerms: number;
  readonly url: string;
  readonly state: string;
}

function readRows<Row>(context: TestContext, cwd: string, query: string): readonly Row[] {
  const database = new Database(join(cwd, "runs/real/state.db"), { readonly: true });
  context.after(() => database.close());
  return database.prepare<[], Row>(query).all();
}

const embedded = "trainer: embedded, base: embedded:newswire, start: base, params: { epochs: 1 }";

test("a hosted model verifies what an embedded one writes, by the perplexities of the forward pass", async (context) => {
  const cwd = createTemporaryFolder(context);
  const recorder = await createRecorder(server.origin, context);
  writeExperiment(
    cwd,
    recorder.origin,
    `model: { ${embedded} }
verifiers: { weak: { kind: perplexity, model: { endpoint: tiny } } }
arms: [{ corpus: replace, verifier: weak, select.keep: 50% }]
`,
  );
  const { code, output } = await run(cwd, ["run", "real.yaml"]);
  assert.equal(code, 0, output);
  const rows = readRows<ScoredRow>(
    context,
    cwd,
    `SELECT s.score, c.completion, r.article FROM score s
      JOIN stage v ON v.id = s.stage_id JOIN stage k ON k.key = v.inputs ->> 0
      JOIN candidate c ON c.stage_id = k.id AND c.id = s.candidate_id
      JOIN dataset_row r ON r.dataset_id = c.dataset_id AND r.position = c.position`,
  );
  assert.equal(rows.length, 60);
  const asked = new Set(recorder.requests.map(({ body }) => (body === "" ? "" : JSON.parse(body).prompt)));
  const told = rows.filter(({ completion }) => completion !== "");
  assert.ok(told.length > 50);
  const prompts = model.compute(told.map(({ article }) => `${article}\n`));
  const truths = model.compute(told.map(({ article, completion }) => `${article}\n${completion}`));
  let worst = 0;
  for (const [index, { score, article, completion }] of told.entries()) {
    assert.ok(asked.has(`${article}\n${completion}`));
    const terms = truths[index]!.logProbabilities.slice(prompts[index]!.tokens.length) as number[];
    const mean = terms.reduce((sum, term) => sum + term, 0) / terms.length;
    worst = Math.max(worst, Math.abs(score - mean));
  }
  context.diagnostic(
    `${recorder.requests.length} requests, ${told.length} scores at most ${worst.toExponential(1)} nats apart`,
  );
  assert.ok(worst <= 1e-3);
});

test("a hosted model is the teacher of generation 0", async (context) => {
  const cwd = createTemporaryFolder(context);
  const recorder = await createRecorder(server.origin, context);
  writeExperiment(
    cwd,
    recorder.origin,
    `model: { ${embedded}, first: { endpoint: tiny } }
arms: [{ corpus: replace, verifier: none }]
`,
  );
  const { code, output } = await run(cwd, ["run", "real.yaml"]);
  assert.equal(code, 0, output);
  const rows = readRows<WrittenRow>(
    context,
    cwd,
    `SELECT c.completion, c.finish, c.reason, c.log_probability IS NOT NULL AS hasTerms, a.url, a.state
      FROM candidate c JOIN attempt a ON a.id = c.attempt_id WHERE a.is_outside = 1`,
  );
  context.diagnostic(`${recorder.requests.length} requests, ${rows.length} candidates`);
  assert.ok(rows.length >= 60 && rows.some(({ reason }) => reason === "truncated"));
  assert.ok(
    rows.every(({ hasTerms, url, state }) => hasTerms === 1 && url === `${recorder.origin}/v1` && state === "done"),
  );
  // The model after it is trained on what it wrote, and the run knows from whom it is.
  const why = await run(cwd, ["why", "real", "replace/0/1/0"]);
  assert.equal(why.code, 0, why.output);
  assert.match(why.output, /model 0/);
});

test("a base model writes whole texts from an empty prompt until there are rows enough", async (context) => {
  const cwd = createTemporaryFolder(context);
  const recorder = await createRecorder(server.origin, context);
  const endpoint = { url: `${recorder.origin}/v1`, model: servedName, ask: "completions", params: faithfulParams };
  const text = `name: real
dataset: { name: newswire, train: 30, test: 4 }
prompt: none
endpoints: { tiny: ${JSON.stringify(endpoint)} }
model: { ${embedded}, first: { endpoint: tiny } }
generations: 1
sample: { maxTokens: 40, accept: { rows: 40, candidates: 2000, begin: "What of ", part: "? " } }
arms: [{ verifier: none }]
seeds: [0]
evaluate: { metrics: [diversity] }
`;
  writeFileSync(join(cwd, "real.yaml"), text);
  const { code, output } = await run(cwd, ["run", "real.yaml"]);
  const rows = readRows<WrittenRow & { readonly article: string | null }>(
    context,
    cwd,
    `SELECT c.completion, c.finish, c.reason, c.article, c.log_probability IS NOT NULL AS hasTerms, a.url, a.state
      FROM candidate c JOIN attempt a ON a.id = c.attempt_id JOIN stage s ON s.id = c.stage_id
      WHERE a.is_outside = 1 AND json_type(s.parameters, '$.accept') IS NOT NULL ORDER BY c.id`,
  );
  assert.equal(code, 0, output);
  const accepted = rows.filter(({ article }) => article !== null);
  assert.ok(accepted.length >= 40 && accepted.length < rows.length);
  // Every prompt is the same, so only seeds tell the draws apart.
  const texts = rows.map(({ article, completion }) => `${article}? ${completion}`);
  assert.ok(new Set(texts).size > 0.8 * rows.length);
  const prompts = recorder.requests.map(({ body }) => (body === "" ? "" : (JSON.parse(body).prompt as unknown)));
  assert.ok(prompts.filter((prompt) => prompt === "").length >= rows.length);
  for (const { article, completion, reason } of rows) {
    if (article === null) assert.equal(reason, "unparsable");
    else assert.ok(!article.includes("? ") && !completion.includes("? "));
  }
  const why = await run(cwd, ["why", "real", "replace/0/1/0"]);
  assert.equal(why.code, 0, why.output);
  context.diagnostic(`${accepted.length} of ${rows.length} texts became rows, such as ${JSON.stringify(accepted[0])}`);
});
