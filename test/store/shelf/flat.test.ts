// Twenty thousand candidates through the loop and back: between two turns of the event loop the store touches no more
// rows however many there are. Counted in rows, not in time.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { Sampler, Trainer } from "../../../src/domain/ports.ts";
import type { Candidate, Prompt, Split } from "../../../src/domain/rows.ts";
import { computeKey } from "../../../src/keys/digest.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import { createLanguageSystem } from "../../../src/systems/language/system.ts";
import { createLanguageArm, createLanguageParts, createRows } from "../../helpers/language-run.ts";
import { idleContext } from "../../helpers/memory-records.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const draws = 4;
const promptCount = 5000;

/** The most rows that may be touched in a turn: those of a page that only reads an index. */
const mostRows = 10_000 + 2000;

const sampler: Sampler = {
  version: 1,
  async *sample(prompts, request, { ledger }) {
    let chunk: Prompt[] = [];
    const answer = async function* (): AsyncGenerator<Candidate> {
      const attempt = `${chunk[0]?.id}`;
      await ledger.intend({ key: attempt, rowCount: chunk.length * request.draws, isOutside: false });
      for (const { id } of chunk) {
        for (let draw = 0; draw < request.draws; draw++) {
          const place = { promptId: id, draw, attempt, finish: "stop", reason: null } as const;
          yield { ...place, completion: id, logProbability: -1, tokenCount: 1, tokenLogProbabilities: null };
        }
      }
      chunk = [];
    };
    for await (const prompt of prompts) if (chunk.push(prompt) === 250) yield* answer();
    if (chunk.length > 0) yield* answer();
  },
};

const trainer: Trainer = {
  version: 1,
  base: "count",
  async train(examples, { file }) {
    const result = (async () => {
      let rows = 0;
      for await (const _ of examples) rows += 1;
      await writeFile(file, String(rows));
      return { rows, steps: rows, tokens: rows, loss: 1 };
    })();
    return { poll: async () => "running", cancel: async () => undefined, result: () => result };
  },
};

/** Counts the rows that every statement of this process reads or writes, by turn of the event loop. */
function watchRows(context: { after(work: () => void): void }) {
  const probe = new Database(":memory:");
  const statement = Object.getPrototypeOf(probe.prepare("SELECT 1")) as Record<"all" | "get" | "run", Method>;
  probe.close();
  let turnRows = 0;
  let most = { rows: 0, source: "" };
  const counted = new Set<string>();
  const original = { ...statement, all: statement.all, get: statement.get, run: statement.run };
  const add = (source: string, rows: number): void => {
    turnRows += rows;
    if (turnRows > most.rows) most = { rows: turnRows, source };
  };
  statement.all = function (...values) {
    const rows = original.all.apply(this, values) as unknown[];
    add(this.source, rows.length);
    return rows;
  };
  statement.get = function (...values) {
    if (/count\(\*\)[^(]*FROM (candidate|score|selection)\b/.test(this.source)) counted.add(this.source);
    add(this.source, 1);
    return original.get.apply(this, values);
  };
  statement.run = function (...values) {
    const result = original.run.apply(this, values) as { readonly changes: number };
    add(this.source, result.changes);
    return result;
  };
  let timer = setImmediate(function turn() {
    turnRows = 0;
    timer = setImmediate(turn);
  });
  const stop = (): void => {
    clearImmediate(timer);
    Object.assign(statement, original);
  };
  context.after(stop);
  return { most: () => most, counted };
}

type Method = (this: { readonly source: string }, ...values: unknown[]) => unknown;

test("twenty thousand candidates hold the event loop no longer than two thousand", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const rows = { train: createRows("train", promptCount), test: createRows("test", 1) };
  const digestOf = (split: Split) => ({ digest: computeKey(rows[split].length), rowCount: rows[split].length });
  const folder = await openRunFolder(directory, { clock: systemClock, holder: { pid: process.pid } });
  context.after(() => folder.close());
  const watch = watchRows(context);
  for (const split of ["train", "test"] as const) {
    await folder.importDataset({
      split,
      digest: digestOf(split).digest,
      async *rows() {
        yield* rows[split];
      },
    });
  }
  const dataset = { train: digestOf("train"), test: digestOf("test") };
  const system = createLanguageSystem(createLanguageParts(folder.shelf, { sampler, trainer, dataset, metrics: {} }));
  const signal = new AbortController().signal;
  const finished: string[] = [];
  const sampleStages: string[] = [];
  const execute = createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: ({ kind, request }) => {
      if (kind === "stage-finished") finished.push(request.description.kind);
      if (kind === "stage-finished" && request.description.kind === "sample") sampleStages.push(request.key);
    },
    perform: ({ key, description, inputs }) =>
      system.perform(description, inputs, {
        ...idleContext,
        key,
        signal,
        clock: systemClock,
        ledger: folder.createLedger(key),
      }),
  });
  const sample = { temperature: 1, topP: null, topK: null, maxTokens: 16, stop: [], candidates: draws };
  // Everything is kept: the corpus is larger than what is read at once.
  const selection = { best: null, threshold: null, keep: 1 };
  const settings = { real: 1, sample, verifier: "random", selection, metrics: [] };
  const trials = [{ arm: createLanguageArm("flat", settings, 1), seed: 0 }];
  await runTrials(trials, system, execute, { concurrency: 1, onFailure: () => undefined });

  const [stage] = sampleStages as [string];
  assert.equal(folder.shelf.candidateCount(stage), promptCount * draws);
  const isSampled = await folder.shelf.readSampled(stage, { split: "train", draws });
  assert.equal(
    isSampled.reduce((sum, bit) => sum + bit, 0),
    promptCount * draws,
  );
  assert.deepEqual([...new Set(finished)].sort(), ["assemble", "evaluate", "sample", "select", "train", "verify"]);
  assert.ok(watch.most().rows >= 500, "rows are counted");
  assert.ok(watch.most().rows <= mostRows, `${watch.most().rows} rows in one turn, the last by ${watch.most().source}`);
  assert.deepEqual([...watch.counted], [], "no statement counts rows one by one");
});
