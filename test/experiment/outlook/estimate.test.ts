// What a plan says will be sent: an endpoint's proof stands with the first stage that asks it, and nowhere else.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readPlan } from "../../../src/experiment/plan.ts";
import { prepareExperiment } from "../../../src/experiment/prepare.ts";
import { readExperiment } from "../../../src/experiment/read.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const hosted = (more = "") => `{ url: "http://127.0.0.1:1/v1", model: m${more} }`;

async function plan(context: TestContext, text: string) {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "my.yaml"), `dataset: { name: newswire, train: 20, test: 4 }\ngenerations: 1\n${text}`);
  const experiment = await readExperiment("my.yaml", { cwd, sets: [] });
  const prepared = await prepareExperiment(experiment, new AbortController().signal);
  const { rows } = await readPlan(prepared, join(cwd, "run"));
  return (kind: string, unit: "calls" | "usd" = "calls"): readonly number[] =>
    rows.filter((row) => row.kind === kind).map((row) => row[unit]);
}

test("a judge is proved by the first stage that asks it, in six requests at most and its list, a reward model in one", async (context) => {
  const calls = await plan(
    context,
    `model: { trainer: scripted }
evaluate: { metrics: [rouge1] }
endpoints: { grader: ${hosted()}, rm: ${hosted()} }
verifiers: { judge: { kind: judge, endpoint: grader, canaries: 0 }, rm: { kind: reward, endpoint: rm } }
arms: { verifier: [judge, rm], select.keep: 50% }
seeds: [0, 1]
`,
  );
  assert.deepEqual(
    calls("verify").toSorted((one, other) => one - other),
    [20, 20, 21, 26],
  );
});

test("draws alone cost what a batch does; a judge in batch mode is asked at once, at the price of that", async (context) => {
  const price = async (mode: string) => {
    const calls = await plan(
      context,
      `endpoints: { one: { url: "https://api.openai.com/v1", model: gpt-4o-mini, mode: ${mode} }, two: { url: "https://api.openai.com/v1", model: gpt-4o, mode: ${mode} } }
model: { first: { endpoint: one } }
verifiers: { judge: { kind: judge, endpoint: two, canaries: 0 } }
arms: { verifier: judge, select.keep: 50% }
evaluate: { metrics: [rouge1] }
budget: { usd: 100 }
seeds: [0]
`,
    );
    return { draws: Math.max(...calls("sample", "usd")), judged: Math.max(...calls("verify", "usd")) };
  };
  const [live, batch] = [await price("live"), await price("batch")];
  assert.ok(live.draws > 0 && live.judged > 0);
  assert.equal(batch.judged, live.judged);
  // Its proof is asked at once as well, and is a part of the first stage that asks.
  assert.ok(batch.draws < live.draws && batch.draws > live.draws / 2, `${batch.draws} of ${live.draws}`);
});

test("a judge that teaches as well is proved in as many requests as there are, its question among them", async (context) => {
  const calls = await plan(
    context,
    `endpoints: { one: ${hosted(", price: { input: 1, output: 1 }")} }
model: { first: { endpoint: one } }
verifiers: { judge: { kind: judge, endpoint: one, canaries: 0 } }
arms: { verifier: judge, select.keep: 50% }
real: 50%
evaluate: { metrics: [rouge1] }
seeds: [0]
`,
  );
  const asked = [...calls("sample"), ...calls("verify")].filter((count) => count > 0);
  assert.deepEqual(
    asked.toSorted((one, other) => one - other),
    [4 + 9, 20, 20],
  );
});

test("a teacher of two servers is proved at both, once", async (context) => {
  const urls = `url: ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"], model: m, price: { input: 1, output: 1 }`;
  const text = (metrics: string) => `endpoints: { teacher: { ${urls} } }
model: { first: { endpoint: teacher } }
real: 50%
evaluate: { metrics: ${metrics} }
seeds: [0]
`;
  for (const metrics of ["[rouge1]", "[rouge1, loss]"]) {
    const calls = await plan(context, text(metrics));
    const asked = [...calls("sample"), ...calls("evaluate")].filter((count) => count > 0);
    const plain = metrics === "[rouge1]" ? [4, 20] : [4, 4, 20];
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    assert.equal(sum(asked), sum(plain) + 2 * 9);
    assert.equal(asked.filter((count) => !plain.includes(count)).length, 1, asked.join(" "));
  }
});
