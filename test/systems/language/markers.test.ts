// Chat markers on the way into a corpus: model text and real rows that hold one, under each policy, as the trainer sees them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Sampler, Trainer } from "../../../src/domain/ports.ts";
import { computeKey } from "../../../src/keys/digest.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createScriptedProvider } from "../../../src/providers/scripted/provider.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import type { MarkerPolicy } from "../../../src/systems/language/settings.ts";
import { hasMarker } from "../../../src/text/markers/chat-markers.ts";
import { chatFamilies } from "../../helpers/chat-families.ts";
import { createLanguageArm, createScriptedSystem } from "../../helpers/language-run.ts";
import { idleContext } from "../../helpers/memory-records.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const families = Object.entries(chatFamilies);

/** A row a family, each with a marker in its article and in its summary. */
const rows = families.map(([family, [marker = ""]], index) => ({
  id: family,
  article: `${family} ${marker} article ${index}`,
  summary: `${family} ${marker} summary`,
}));

/** Every prompt's first draw is a turn of the prompt's family, the second an ordinary text. */
const sampler: Sampler = {
  ...createScriptedProvider().sampler,
  async *sample(prompts, request, context) {
    for await (const candidate of createScriptedProvider().sampler.sample(prompts, request, context)) {
      const markers = chatFamilies[candidate.promptId] ?? [];
      const text = `${candidate.promptId} ${markers.at(-1)} candidate`;
      yield candidate.draw === 0
        ? { ...candidate, completion: text }
        : { ...candidate, completion: "an ordinary text" };
    }
  },
};

interface Outcome {
  readonly trained: readonly string[];
  readonly reasons: Readonly<Record<string, number>>;
}

/** What the model of generation 1 was trained on, and why candidates were kept or not. */
async function run(context: TestContext, markers: MarkerPolicy): Promise<Outcome> {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await openRunFolder(directory, { clock: systemClock, holder: { pid: process.pid } });
  for (const split of ["train", "test"] as const) {
    await folder.importDataset({
      split,
      digest: computeKey(rows),
      async *rows() {
        yield* rows;
      },
    });
  }
  const material = { digest: computeKey(rows), rowCount: rows.length };
  let trained: string[] = [];
  const inner = createScriptedProvider().trainer;
  const trainer: Trainer = {
    ...inner,
    train(examples, request, own) {
      trained = [];
      async function* watch() {
        for await (const example of examples) {
          trained.push(`${example.id} ${example.completion}`);
          yield example;
        }
      }
      return inner.train(watch(), request, own);
    },
  };
  const dataset = { train: material, test: material };
  const system = createScriptedSystem(folder.shelf, { sampler, trainer, dataset });
  const { signal } = new AbortController();
  const execute = createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: () => undefined,
    perform: ({ key, description, inputs }) => {
      const own = { ...idleContext, key, signal, clock: systemClock, ledger: folder.createLedger(key) };
      return system.perform(description, inputs, own);
    },
  });
  const arm = createLanguageArm("arm", { markers, corpus: { kind: "accumulate" }, metrics: [], real: 1 }, 1);
  await runTrials([{ arm, seed: 0 }], system, execute, { concurrency: 1, onFailure: () => undefined });
  await folder.close();
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const counts = connection
    .prepare<[], [string, number]>("SELECT reason, count(*) FROM selection GROUP BY reason")
    .raw()
    .all();
  connection.close();
  return { trained, reasons: Object.fromEntries(counts) };
}

test("reject: no candidate with a marker is kept, each is a row with its reason, and real rows have theirs broken", async (context) => {
  const { trained, reasons } = await run(context, "reject");
  assert.ok(rows.length >= 10);
  assert.deepEqual(reasons, { kept: rows.length, marker: rows.length });
  assert.equal(trained.length, 2 * rows.length);
  assert.deepEqual(trained.filter(hasMarker), []);
  assert.equal(trained.filter((line) => line.includes("< |im_start|>")).length, 1);
});

test("escape: all candidates are kept, and no marker reaches the trainer whole", async (context) => {
  const { trained, reasons } = await run(context, "escape");
  assert.deepEqual(reasons, { kept: 2 * rows.length });
  assert.equal(trained.length, 3 * rows.length);
  assert.deepEqual(trained.filter(hasMarker), []);
  assert.equal(trained.filter((line) => line.endsWith(" candidate")).length, rows.length);
});

test("keep: what was written is what is trained on", async (context) => {
  const { trained, reasons } = await run(context, "keep");
  assert.deepEqual(reasons, { kept: 2 * rows.length });
  assert.equal(trained.filter(hasMarker).length, 2 * rows.length);
});
