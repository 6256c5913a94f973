// Rows whose ids are spelled like the ledger's own names: what they were answered is counted as their work, and no name of
// theirs is a probe's, whatever a run of an older version called them.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { readKnownRun } from "../../src/store/known-stages.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const ids = ["probe/teacher/models", "probe/teacher/n", "probe/other", "Probe/mine", "batch 0", "0/plain", "plain"];

async function prepare(context: TestContext): Promise<string> {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = createTemporaryFolder(context);
  const rows = ["train", "test"].flatMap((split) =>
    ids.map((id, at) => ({
      id: split === "train" ? id : `test ${id}`,
      split,
      article: `Boat ${at} came home.`,
      summary: "Home.",
    })),
  );
  writeFileSync(join(cwd, "rows.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(
    join(cwd, "named.yaml"),
    `name: named
dataset: { file: rows.jsonl }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 2, maxTokens: 8 }
endpoints: { teacher: { url: "${teacher.base}", model: tiny, ask: completions, price: { request: 1 } } }
arms: { verifier: none }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  return cwd;
}

test("rows that are called like probes are told from them, and all that they were answered is their work", async (context) => {
  const cwd = await prepare(context);
  const run = await speakLine(["run", "named.yaml", "--quiet"], { cwd });
  assert.equal(run.code, 0, run.stderr);
  const directory = join(cwd, "runs/named");
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const keys = connection
    .prepare<[], string>(
      `SELECT a.key FROM attempt a JOIN stage s ON s.id = a.stage_id
       WHERE s.kind = 'sample' AND a.row_count = 2 ORDER BY a.key`,
    )
    .pluck()
    .all();
  const probes = connection
    .prepare<[], string>("SELECT key FROM attempt WHERE key LIKE 'probe/teacher/%'")
    .pluck()
    .all();
  connection.close();
  // Those of other ids are what they always were.
  assert.deepEqual(keys, [
    ...["0,1/batch 0", "0,1/probe/other", "0,1/probe/teacher/models", "0,1/probe/teacher/n"],
    ...["0/plain", "Probe/mine", "plain"],
  ]);
  assert.ok(probes.includes("probe/teacher/models"));
  const { stages } = readKnownRun(directory);
  const sampled = stages
    .filter(({ kind, answered }) => kind === "sample" && answered > 0)
    .map(({ answered }) => answered);
  // Both splits of the teacher, and what the model of generation 1 wrote.
  assert.deepEqual(sampled, [ids.length, ids.length, ids.length]);
  const doctor = await speakLine(["doctor", "named"], { cwd });
  assert.equal(doctor.code, 0, doctor.stdout);
});
