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
