// The default experiment, made small, on the real embedded model: what the loop promises, seen in a run's own tables.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import { createEmbeddedRuntime } from "../../src/embedded/runtime.ts";
import { composeExperiment } from "../../src/experiment/compose/compose.ts";
import { type PreparedExperiment, prepareExperiment } from "../../src/experiment/prepare.ts";
import { readExperiment } from "../../src/experiment/read.ts";
import { runExperiment } from "../../src/experiment/run.ts";
import { describeStages } from "../../src/experiment/stage-list.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

const sets = [
  "dataset.train=240",
  "dataset.test=40",
  "seeds=[100, 101]",
  "generations=2",
  "real=25%",
  "evaluate.metrics=[rouge1, loss]",
];
const signal = new AbortController().signal;
const folder = createTemporaryFolder({ after: (hook) => after(hook as () => void) });
const directory = join(folder, "run");
let prepared: PreparedExperiment;
let connection: Database.Database;

before(async () => {
  prepared = await prepareExperiment(await readExperiment("newswire", { cwd: folder, sets }), signal);
  const world = { signal, clock: systemClock, onEvent: () => undefined, holder: { pid: process.pid } };
  await runExperiment({ prepared, directory, acceptChanges: false }, world);
  connection = new Database(join(directory, "state.db"), { readonly: true });
});
after(() => connection.close());

const pluck = <Value>(query: string): Value[] => connection.prepare<[], Value>(query).pluck().all();

test("the plan named every stage and no other", async () => {
  const composition = await composeExperiment(prepared, null);
  const described = await describeStages(composition.trials, composition.system);
  await composition.close();
  assert.ok(described.length > 100);
  assert.deepEqual(new Set(described.map(({ key }) => key)), new Set(pluck<string>("SELECT key FROM stage")));
  assert.deepEqual(pluck("SELECT DISTINCT state FROM stage"), ["done"]);
});

test("generation 0 is trained once a seed, with one weak model beside it and one reference line", () => {
  const query =
    "SELECT count(DISTINCT t.stage_id) FROM turn t JOIN stage s ON s.id = t.stage_id WHERE s.kind = 'train' AND t.generation = 0 GROUP BY t.seed";
  assert.deepEqual(pluck(query), [3, 3]);
  assert.deepEqual(pluck("SELECT count(*) FROM stage WHERE kind = 'train'"), [2 * (3 + 6 * 2)]);
});

test("no candidate was sampled by another model than its generation's", () => {
  const query = `SELECT count(*) FROM turn t JOIN stage s ON s.id = t.stage_id AND s.kind = 'sample'
    LEFT JOIN (turn m JOIN stage n ON n.id = m.stage_id AND n.kind = 'train')
      ON m.arm = t.arm AND m.seed = t.seed AND m.generation = t.generation AND n.key = json_extract(s.inputs, '$[0]')
    WHERE n.id IS NULL`;
  assert.deepEqual(pluck(query), [0]);
  const lineages = `SELECT count(DISTINCT json_extract(s.inputs, '$[0]')) FROM turn t JOIN stage s ON s.id = t.stage_id
    WHERE s.kind = 'sample' AND t.arm = 'replace-none-100' AND t.seed = 100 AND json_extract(s.parameters, '$.split') = 'train'`;
  assert.deepEqual(pluck(lineages), [2], "generations 0 and 1, each from a model of its own");
});

test("the self score is the scorer's on the same text, to 1.3e-5, on 100 stored candidates", async () => {
  const stage = connection
    .prepare<[], { id: number; model: string; sha256: string }>(
      `SELECT s.id, n.key AS model, m.artifact_sha256 AS sha256 FROM stage s JOIN stage n ON n.key = json_extract(s.inputs, '$[0]')
       JOIN model m ON m.stage_id = n.id WHERE s.kind = 'sample' AND json_extract(s.parameters, '$.split') = 'train' LIMIT 1`,
    )
    .get();
  const rows = connection
    .prepare<[number], { id: number; article: string; completion: string; score: number; token_count: number }>(
      `SELECT c.id, d.article, c.completion, c.log_probability / c.token_count AS score, c.token_count
       FROM candidate c JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position
       WHERE c.stage_id = ? AND c.finish = 'stop' ORDER BY c.id LIMIT 100`,
    )
    .all(stage!.id);
  assert.equal(rows.length, 100);
  const runtime = await createEmbeddedRuntime({ workers: 1 });
  try {
    const model = { lineage: stage!.model, file: join(directory, "artifacts", stage!.sha256), digest: stage!.sha256 };
    const examples = rows.map(({ id, article, completion }) => ({ id: String(id), prompt: article, completion }));
    const request = { model, exampleCount: examples.length };
    const scored = await readAll(
      runtime.scorer.score(createStream(examples), request, createRecordingContext("stage")),
    );
    let comparedCount = 0;
    for (const [index, { sum, tokenCount }] of scored.entries()) {
      // A text may read back as other tokens than those drawn (an unknown word beyond the placeholders): another text.
      if (tokenCount !== rows[index]!.token_count) continue;
      assert.ok(Math.abs(sum! / tokenCount - rows[index]!.score) <= 1.3e-5, rows[index]!.completion);
      comparedCount += 1;
    }
    assert.equal(comparedCount, 100);
  } finally {
    await runtime.close();
  }
});
