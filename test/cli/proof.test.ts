// A run whose weak verifier stands behind an endpoint: proved before it scores, asked once for each candidate, stopped by a
// model that is another one when the run is gone on with, and gone on with where that is meant.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createDoctorCommand } from "../../src/cli/doctor.ts";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { ProviderError } from "../../src/errors.ts";
import { speak } from "../helpers/environment.ts";
import { type GivenServer, startGivenServer } from "../helpers/given-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

function write(context: TestContext, { base }: GivenServer): string {
  const cwd = createTemporaryFolder(context);
  const text = `schema: 1
name: weak
system: language
dataset: { name: newswire, train: 24, test: 6 }
prompt: article
model: { trainer: scripted }
generations: 1
real: 50%
sample: { candidates: 2, maxTokens: 16 }
endpoints:
  scorer: { url: "${base}", model: tiny, ask: completions, join: " " }
verifiers:
  weak: { kind: perplexity, model: { endpoint: scorer } }
arms:
  - { corpus: replace, verifier: weak, select.keep: 50% }
seeds: [0]
evaluate: { metrics: [rouge1] }
`;
  writeFileSync(join(cwd, "weak.yaml"), text);
  return cwd;
}

const run = (cwd: string, ...args: readonly string[]) =>
  speak(createRunCommand, ["weak.yaml", "--quiet", ...args], { cwd });

function read<Row>(cwd: string, query: string): readonly Row[] {
  const connection = new Database(join(cwd, "runs/weak/state.db"), { readonly: true });
  const rows = connection.prepare<[], Row>(query).all();
  connection.close();
  return rows;
}

const isGiven = ({ text }: { readonly text: string }): boolean => text.includes('"echo":true');

test("a changed scorer stops the run with what changed, and is taken where that is meant", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = write(context, server);
  await run(cwd);
  // Three probes, of which one is a given text, and a request for each candidate.
  assert.equal(server.received.length, 3 + 48);
  assert.equal(server.received.filter(isGiven).length, 1 + 48);
  const scores = read<{ score: number | null }>(cwd, "SELECT score FROM score");
  assert.equal(scores.length, 48);
  assert.ok(scores.every(({ score }) => score !== null && score < 0));
  const [probes] = read<{ count: number }>(
    cwd,
    "SELECT count(*) AS count FROM attempt WHERE key LIKE 'probe/scorer/%'",
  );
  assert.equal(probes?.count, 3);

  server.become({ model: "another" });
  await assert.rejects(run(cwd, "--set", "generations=2"), (error: ProviderError) => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /^endpoint scorer: tiny is no longer the model that this run asked: it writes another/);
    assert.match(error.next ?? "", /refeed resume <run> --accept-changes: .* nothing is asked for again$/);
    return true;
  });
  assert.equal(server.received.filter(isGiven).length, 2 + 48, "no candidate was scored by it");

  await speak(createResumeCommand, ["weak", "--quiet", "--accept-changes"], { cwd });
  assert.equal(read(cwd, "SELECT 1 FROM score").length, 96);
  assert.deepEqual(read(cwd, "SELECT score FROM score WHERE stage_id = (SELECT min(stage_id) FROM score)"), scores);
});

test("damaged answers and evidence are found by doctor, and stop what would rest on them", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = write(context, server);
  await run(cwd);
  const well = await speak(createDoctorCommand, ["weak", "--json"], { cwd });
  assert.match(well.out, /51 kept answers are as they were written/);
  assert.match(well.out, /the evidence of scorer is as it was written/);
  assert.equal(well.code, 0);
  const connection = new Database(join(cwd, "runs/weak/state.db"));
  connection.exec("UPDATE endpoint SET evidence = replace(evidence, 'tiny', 'tidy')");
  connection.exec(
    "UPDATE answer SET value = replace(value, '-', '') WHERE attempt_id = (SELECT max(attempt_id) FROM answer)",
  );
  connection.close();
  const hurt = await speak(createDoctorCommand, ["weak", "--json"], { cwd });
  assert.equal(hurt.code, 5);
  assert.match(hurt.out, /1 of 51 kept answers are damaged/);
  assert.match(hurt.out, /the evidence of endpoint scorer is damaged/);
  await assert.rejects(run(cwd, "--set", "generations=2"), /the evidence of endpoint scorer is damaged/);
});

test("a scorer that cannot be proved stops the run before it scores anything", async (context) => {
  const server = await startGivenServer(context, { kind: "llama-cpp", served: "tiny", isOffByOne: true });
  const cwd = write(context, server);
  await assert.rejects(run(cwd), /endpoint scorer: given texts cannot be scored there: .*off by one position/);
  assert.ok(server.received.length <= 10);
  assert.equal(read(cwd, "SELECT 1 FROM score").length, 0);
});
