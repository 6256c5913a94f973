import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Sampler } from "../../../src/domain/ports.ts";
import { createLinter, lintVersion } from "../../../src/evaluation/lint/linter.ts";
import { computeDigest } from "../../../src/keys/digest.ts";
import { createDescribingExecutor } from "../../../src/loop/describing.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createScriptedProvider } from "../../../src/providers/scripted/provider.ts";
import { readLintTurns } from "../../../src/store/shelf/lint.ts";
import { createLanguageArm, createScriptedSystem, openLanguageFolder } from "../../helpers/language-run.ts";
import { idleContext } from "../../helpers/memory-records.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const seeds = [0, 1];

/** A run of one arm with lint of each sample stage; `sampler` answers. */
async function run(context: TestContext, sampler: Sampler, temperature: number) {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await openLanguageFolder(directory);
  const system = createScriptedSystem(folder.shelf, { sampler });
  const { signal } = new AbortController();
  const perform = createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: () => undefined,
    perform: ({ key, description, inputs }) => {
      const own = { ...idleContext, key, signal, clock: systemClock, ledger: folder.createLedger(key) };
      return system.perform(description, inputs, own);
    },
  });
  let read = 0;
  const shelf: typeof folder.shelf = {
    ...folder.shelf,
    readTexts: (stage) => {
      read += 1;
      return folder.shelf.readTexts(stage);
    },
  };
  const parts = { shelf, render: ({ article }: { readonly article: string }) => article, readRoundTrip: null };
  const keys = new Set<string>();
  const lint = async (): Promise<void> => {
    const linter = createLinter(parts);
    for (const key of keys) await linter.read(key, { isRandom: temperature > 0, signal });
  };
  const decoding = { topP: null, topK: null, maxTokens: 16, stop: [] };
  const sample = { ...decoding, temperature, candidates: temperature > 0 ? 3 : 1 };
  const arm = createLanguageArm("arm", { sample, metrics: [] }, 1);
  const execute: typeof perform = async (description) => {
    const stage = await perform(description);
    if (stage.kind === "sample") keys.add(stage.key);
    return stage;
  };
  const trials = seeds.map((seed) => ({ arm, seed }));
  const planned = createDescribingExecutor();
  await runTrials(trials, system, planned.execute, { concurrency: 1, onFailure: () => undefined });
  const { id, generations } = arm;
  await folder.writePlan(planned.stages.values(), [{ id, generations, isLine: false, fields: {} }]);
  await runTrials(trials, system, execute, { concurrency: 1, onFailure: () => undefined });
  await lint();
  const connection = new Database(join(directory, "state.db"));
  context.after(async () => {
    connection.close();
    await folder.close();
  });
  return { connection, lint, readCount: () => read };
}

/** Answers every model and every seed alike. */
const deaf: Sampler = {
  ...createScriptedProvider().sampler,
  sample: (prompts, request, context) =>
    createScriptedProvider().sampler.sample(
      prompts,
      { ...request, seed: "always", model: { ...request.model, digest: computeDigest("always") } },
      context,
    ),
};

test("stages that drew the very same candidates are told, greedy ones are not", async (context) => {
  const copies = async (sampler: Sampler, temperature: number): Promise<readonly number[]> => {
    const { connection } = await run(context, sampler, temperature);
    return readLintTurns(connection).flatMap(({ sample, copies: count }) => (sample ? [count] : []));
  };
  assert.deepEqual(await copies(createScriptedProvider().sampler, 1), [0, 0]);
  assert.deepEqual(await copies(deaf, 1), [1, 1]);
  assert.deepEqual(await copies(createScriptedProvider().sampler, 0), [0, 0]);
});

test("lint is read once, and again only where it is another version's or damaged; turns come in plan order", async (context) => {
  const { connection, lint, readCount } = await run(context, createScriptedProvider().sampler, 1);
  assert.equal(readCount(), seeds.length);
  const before = readLintTurns(connection);
  assert.deepEqual(
    before.map(({ seed, generation, training, sample, selection }) => [
      seed,
      generation,
      training?.rows,
      sample?.candidates.candidates,
      sample?.candidates.drawnAgain,
      selection?.candidates,
    ]),
    seeds.flatMap((seed) => [
      [seed, 0, 12, 72, 24, 72],
      [seed, 1, 72, undefined, undefined, undefined],
    ]),
  );
  await lint();
  assert.equal(readCount(), seeds.length, "kept");
  connection.exec("UPDATE lint SET value = '{' WHERE stage_id = (SELECT min(stage_id) FROM lint)");
  assert.throws(() => readLintTurns(connection), /the lint of sample stage [0-9a-f]{12} is damaged/);
  await lint();
  assert.equal(readCount(), seeds.length + 1, "the damaged one alone");
  assert.deepEqual(readLintTurns(connection), before);
  assert.ok(before.every(({ sample }) => sample === null || sample.version === lintVersion));
});
