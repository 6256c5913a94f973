import assert from "node:assert/strict";
import { test } from "node:test";
import { composeExperiment } from "../../../src/experiment/compose/compose.ts";
import { prepareExperiment } from "../../../src/experiment/prepare.ts";
import { readExperiment } from "../../../src/experiment/read.ts";

test("a record's header says what the loop was told, as resolved", async () => {
  const experiment = await readExperiment("newswire", { cwd: "/", sets: ["scale=tiny", "workers=1"] });
  const composition = await composeExperiment(await prepareExperiment(experiment, new AbortController().signal), null);
  await composition.close();
  const valueByName = Object.fromEntries(composition.header.facts.map(({ name, value }) => [name, value]));
  const told = ["generations", "real share", "sampling", "training", "keepModels"].map((name) => valueByName[name]);
  assert.deepEqual(told, [
    "1",
    "25%",
    "candidates 1, temperature 1, maxTokens 16",
    "epochs 1, batch 8, learningRate 0.008, warmup 10",
    "all",
  ]);
});

const readHeader = async (sets: readonly string[]) => {
  const experiment = await readExperiment("newswire", { cwd: "/", sets: ["scale=tiny", "workers=1", ...sets] });
  const composition = await composeExperiment(await prepareExperiment(experiment, new AbortController().signal), null);
  await composition.close();
  return composition.header;
};
const readFact = ({ facts }: Awaited<ReturnType<typeof readHeader>>, name: string): string | undefined =>
  facts.find((fact) => fact.name === name)?.value;

test("a record's header names every model that was asked elsewhere: which, where, how and what for, and no key", async () => {
  const header = await readHeader([
    `endpoints={
      teacher: { url: [https://one.example/v1, "https://two.example:8443/v1"], model: big, revision: abc, key: MY_KEY },
      scorer: { url: http://127.0.0.1:1/v1, model: small, ask: completions },
      labels: { url: http://127.0.0.1:1/predict, model: labels },
      idle: { url: http://127.0.0.1:1/v1, model: idle },
      own: { url: serve } }`,
    "model.first.endpoint=teacher",
    "model.endpoint=own",
    `verifiers={
      weak: { kind: perplexity, model: { endpoint: scorer } },
      j: { kind: judge, endpoint: teacher, criteria: { good: Is good } },
      rm: { kind: reward, endpoint: scorer }, other: { kind: reward, endpoint: labels } }`,
    "arms={ corpus: replace, verifier: [weak, j, rm, other], select.keep: 50% }",
    "lines={ full: { real: 100%, generations: 0 } }",
  ]);
  const told = header.facts.filter(({ name }) => name.startsWith("endpoint "));
  assert.deepEqual(
    told.map(({ name, value }) => `${name}: ${value}`),
    [
      "endpoint teacher: big (revision abc) at one.example, two.example:8443, asked as chat: the model of generation 0, judge j",
      "endpoint scorer: small at 127.0.0.1:1, asked as completions: weak verifier weak, reward model rm",
      "endpoint labels: labels at 127.0.0.1:1: reward model other",
      "endpoint own: this run's own models served by the run itself, asked as completions: draws and scores of the models that are trained",
    ],
  );
  assert.doesNotMatch(JSON.stringify({ ...header, source: "", facts: told }), /MY_KEY/);
  assert.deepEqual(
    header.teachers,
    ["weak", "j", "rm", "other", "full"].map((arm) => ({ arm, endpoint: "teacher", model: "big" })),
  );
  assert.equal(readFact(header, "candidates cut at maxTokens"), "unscorable by perplexity");
});

test("what becomes of cut candidates is told of the verifiers that are there", async () => {
  const arms = (verifiers: string): string[] => [`arms={ corpus: replace, verifier: ${verifiers} }`, "lines={}"];
  const cut = async (verifiers: string) => readFact(await readHeader(arms(verifiers)), "candidates cut at maxTokens");
  assert.equal(await cut("[none, self]"), "kept by verifier none, unscorable by perplexity");
  assert.equal(await cut("none"), "kept by verifier none");
  assert.equal(await cut("oracle"), undefined);
  assert.deepEqual((await readHeader(arms("none"))).teachers, []);
});
