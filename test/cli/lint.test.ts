// Lint from end to end: a limit that ends the run and the way on, and what status, the report and programs are told.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { runRefeed } from "../helpers/command-line.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Four tokens are too few for a summary: nearly every candidate is cut. */
const experiment = [
  "dataset.train=40",
  "dataset.test=6",
  "generations=1",
  "seeds=[0]",
  "arms=[{ verifier: none }]",
  "lines={}",
  "sample.maxTokens=4",
  "evaluate.metrics=[rouge1]",
];

async function run(cwd: string, folder: string, ...sets: readonly string[]) {
  const flags = [...experiment, ...sets].flatMap((set) => ["--set", set]);
  return await runRefeed(["run", "newswire", "--quiet", "--run", folder, ...flags], { cwd });
}

function readDatabase<Value>(cwd: string, query: string): readonly Value[] {
  const connection = new Database(join(cwd, "r/state.db"), { readonly: true });
  const rows = connection.prepare<[], Value>(query).pluck().all();
  connection.close();
  return rows;
}

test("a fatal limit ends the run before anything is made of the candidates; another limit goes on from there", async (context) => {
  const cwd = createTemporaryFolder(context);
  const stopped = await run(cwd, "r", "lint.truncated={max: 50%, fatal: true}");
  assert.equal(stopped.code, 100, stopped.stderr);
  assert.match(
    stopped.stderr,
    /^replace, seed 0, generation 0: lint: [\d.]+ % of the candidates were cut at maxTokens \(truncated: at most 50 %\)\n {2}.*--set lint\.truncated\.fatal=false or another lint\.truncated\.max\n$/,
  );
  const kinds = readDatabase<string>(cwd, "SELECT DISTINCT kind FROM stage WHERE state = 'done' ORDER BY kind");
  assert.ok(kinds.includes("sample") && !kinds.includes("select"), kinds.join());
  assert.deepEqual(readDatabase(cwd, "SELECT state FROM run"), ["failed"]);
  // What was under way when the run stopped, such as answers on the test split, is closed by the next one.
  const readClosed = (): readonly string[] =>
    readDatabase<string>(cwd, "SELECT id || ' ' || try_count || ' ' || closed_ms FROM attempt WHERE state = 'done'");
  const closed = readClosed();
  const assertUntouched = (): void => {
    const now = new Set(readClosed());
    assert.deepEqual(
      closed.filter((attempt) => !now.has(attempt)),
      [],
      "nothing was sampled again",
    );
  };
  assert.ok(closed.length > 0);

  const again = await runRefeed(["resume", "r", "--quiet"], { cwd });
  assert.deepEqual([again.code, again.stderr], [100, stopped.stderr]);
  assertUntouched();

  const status = await runRefeed(["status", "r"], { cwd });
  assert.match(status.stdout, /\nlint: replace, seed 0, generation 0: .*\(truncated: at most 50 %\)\n/);

  const on = await run(cwd, "r", "lint.truncated.max=100%");
  assert.equal(on.code, 0, on.stderr);
  assertUntouched();
  // Finished, it is held against a limit set later all the same.
  const late = await run(cwd, "r", "lint.truncated={max: 0, fatal: true}");
  assert.deepEqual([late.code, late.stderr.split("\n").length], [100, 3], late.stderr);
  await checkTelling(cwd);
});

/** status, lint.csv and the page tell the same; a damaged finding is refused, not shown. */
async function checkTelling(cwd: string): Promise<void> {
  const status = JSON.parse((await runRefeed(["status", "r", "--json"], { cwd })).stdout);
  assert.deepEqual(
    status.lint.map(({ arm, seed, generation }: Record<string, unknown>) => [arm, seed, generation]),
    [
      ["replace", 0, 0],
      ["replace", 0, 1],
    ],
  );
  const { truncated, accepted } = status.lint[0].checks;
  assert.deepEqual(accepted, { value: 1, count: 40, of: 40, min: null, max: null, broken: false });
  assert.deepEqual([truncated.of, truncated.max, truncated.broken], [40, 0, true]);
  assert.equal(status.lint[0].checks.changedPrompts.value, 0);
  const csv = readFileSync(join(cwd, "r/report/lint.csv"), "utf8").split("\n");
  assert.equal(csv[0], "arm,seed,generation,check,value,count,of,min,max,broken");
  assert.ok(csv.includes(`replace,0,0,truncated,${truncated.value},${truncated.count},40,,0,true`));
  assert.ok(csv.some((line) => line.startsWith("replace,0,1,training.cutArticles,")));
  const page = readFileSync(join(cwd, "r/report/index.html"), "utf8");
  assert.match(page, /<h2>What sampling and training lost<\/h2>/);
  assert.match(page, /training\.cutArticles/);

  const connection = new Database(join(cwd, "r/state.db"));
  connection.exec(`UPDATE lint SET value = replace(value, '"candidates":40', '"candidates":41')`);
  connection.close();
  for (const verb of ["status", "report"]) {
    const { code, stderr } = await runRefeed([verb, "r"], { cwd });
    assert.equal(code, 5, verb);
    assert.match(stderr, /the lint of sample stage [0-9a-f]{12} is damaged/);
  }
  const doctor = await runRefeed(["doctor", "r"], { cwd });
  assert.equal(doctor.code, 5, doctor.stdout);
  assert.match(doctor.stdout, /its lint is not what was found/);
}

test("a template with line feeds changes what the embedded model reads, and nothing of what a server gets", async (context) => {
  const cwd = createTemporaryFolder(context);
  const sent: string[] = [];
  const server = await startLoopback(context, ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "m" }] });
    sent.push(String(body.prompt));
    const usage = { prompt_tokens: 9, completion_tokens: 3 };
    sendJson(response, { choices: [{ index: 0, text: `a fox ${sent.length}`, finish_reason: "stop" }], usage });
  });
  writeFileSync(join(cwd, "lines.jinja"), "Read this:\n\n{{ article }}\n\nIn short:");
  writeFileSync(
    join(cwd, "lines.yaml"),
    `name: lines
dataset: { name: newswire, train: 8, test: 4 }
prompt: ./lines.jinja
model: { first: { params: { steps: 2 } }, params: { steps: 2 } }
generations: 1
sample: { maxTokens: 16 }
endpoints: { teacher: { url: "${server.url}/v1", model: m, ask: completions, draws: single, given: none } }
evaluate: { metrics: [rouge1] }
seeds: [0]
arms: [{ model.first.endpoint: [teacher, null] }]
`,
  );
  const { code, stderr } = await runRefeed(["run", "lines.yaml", "--quiet"], { cwd });
  assert.equal(code, 0, stderr);
  assert.ok(sent.some((prompt) => prompt.startsWith("Read this:\n\n") && prompt.endsWith("\n\nIn short:")));
  const status = await runRefeed(["status", "--json"], { cwd });
  const { lint } = JSON.parse(status.stdout) as {
    readonly lint: readonly {
      readonly generation: number;
      readonly checks: Record<string, { value: number | null }>;
    }[];
  };
  const changed = lint.flatMap(({ generation, checks }) => (generation === 0 ? checks.changedPrompts?.value : []));
  assert.deepEqual(changed, [0, 1], status.stdout);
});
