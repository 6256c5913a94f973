// Arms that draw until so many rows are accepted: exactly as many, the same ones however often it was interrupted, and
// never one paid for twice.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Sampler } from "../../../src/domain/ports.ts";
import type { CorpusRow } from "../../../src/domain/shelf.ts";
import type { Execute, Stage } from "../../../src/domain/stage.ts";
import { BudgetError, ProviderError } from "../../../src/errors.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createScriptedProvider, type ScriptedOptions } from "../../../src/providers/scripted/provider.ts";
import type { AcceptedSummary } from "../../../src/systems/language/accept.ts";
import type { SelectionValue } from "../../../src/systems/language/select.ts";
import type { LanguageParts, LanguageSettings } from "../../../src/systems/language/settings.ts";
import { createTextForm } from "../../../src/systems/language/template.ts";
import { createLanguageArm, createScriptedSystem, openLanguageFolder } from "../../helpers/language-run.ts";
import fc from "../../helpers/properties.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const form = { begin: "user: ", part: "\nassistant: " };
const decoding = { temperature: 1, topP: null, topK: null, maxTokens: 16, stop: [], candidates: 1 };

function createSettings(rows: number, candidates: number, change: Partial<LanguageSettings> = {}) {
  return { sample: { ...decoding, accept: { rows, candidates, ...form } }, metrics: ["loss"], ...change };
}

interface Ran {
  readonly stages: readonly Stage[];
  /** Of each corpus, in order of finishing. */
  readonly corpora: readonly (readonly CorpusRow[])[];
  readonly requests: number;
  readonly failure: unknown;
}

/** A run over a real folder; `stopAfter` candidates of this process the sampler fails, as a killed one would. */
async function run(
  directory: string,
  settings: Partial<LanguageSettings>,
  { generations = 3, stopAfter = Infinity, script = {}, unprompted = true }: RunOptions = {},
): Promise<Ran> {
  const folder = await openLanguageFolder(directory, { gatherMs: 1 });
  try {
    const provider = createScriptedProvider({ script: { dialogue: 0.7, width: 8, ...script } });
    const sampler = stopAfter === Infinity ? provider.sampler : createStopping(provider.sampler, stopAfter);
    const change: Partial<LanguageParts> = {
      ...provider,
      sampler,
      ...(unprompted && { unprompted: { form: createTextForm(form), who: "all" } }),
    };
    const system = createScriptedSystem(folder.shelf, change);
    const stages: Stage[] = [];
    const { signal } = new AbortController();
    const inner = createDurableExecutor({
      records: folder.records,
      signal,
      onEvent: () => undefined,
      perform: ({ key, description, inputs }) =>
        system.perform(description, inputs, {
          key,
          signal,
          clock: systemClock,
          ledger: folder.createLedger(key),
          progress: { report: (done, total) => assert.ok(done <= total) },
        }),
    });
    const execute: Execute = async (description) => {
      const stage = await inner(description);
      if (!stages.some(({ key }) => key === stage.key)) stages.push(stage);
      return stage;
    };
    const trials = [{ arm: createLanguageArm("a", settings, generations), seed: 0 }];
    let failure: unknown;
    await runTrials(trials, system, execute, { concurrency: 8, onFailure: () => undefined }).catch((error) => {
      failure = error;
    });
    const corpora: CorpusRow[][] = [];
    for (const { key } of stages.filter(({ kind }) => kind === "assemble")) {
      const order = Uint32Array.from({ length: folder.shelf.corpusCount(key) }, (_, position) => position);
      const rows: CorpusRow[] = [];
      for await (const row of folder.shelf.readCorpus(key, order)) rows.push(row);
      corpora.push(rows);
    }
    return { stages, corpora, requests: folder.readSpending().spent.requests, failure };
  } finally {
    await folder.close();
  }
}

interface RunOptions {
  readonly generations?: number;
  readonly stopAfter?: number;
  readonly script?: ScriptedOptions["script"];
  readonly unprompted?: boolean;
}

function createStopping(sampler: Sampler, stopAfter: number): Sampler {
  let count = 0;
  return {
    ...sampler,
    async *sample(prompts, request, context) {
      for await (const candidate of sampler.sample(prompts, request, context)) {
        if (count++ >= stopAfter) throw new ProviderError("stopped");
        yield candidate;
      }
    },
  };
}

const ofKind = (stages: readonly Stage[], kind: string): Stage[] => stages.filter((stage) => stage.kind === kind);
const acceptancesOf = (stages: readonly Stage[]) =>
  ofKind(stages, "sample").map(({ value }) => (value as AcceptedSummary).acceptance);
const folderOf = (context: TestContext): string => join(createTemporaryFolder(context), "run");

test("three generations of exactly so many rows, each with the article that the model wrote itself", async (context) => {
  const { stages, corpora, failure } = await run(folderOf(context), createSettings(30, 500));
  assert.equal(failure, undefined);
  assert.deepEqual(
    corpora.map(({ length }) => length),
    [12, 30, 30, 30],
  );
  for (const rows of corpora.slice(1)) {
    for (const { article, summary } of rows) {
      assert.match(article, /^\w+( \w+)*$/);
      assert.match(summary, /^\w+( \w+)*$/);
    }
    // Identical prompts: 24 rows ask the same, more than once, and the texts are as many as the draws.
    const texts = new Set(rows.map(({ article, summary }) => `${article}\n${summary}`));
    assert.ok(texts.size >= 28, `${texts.size} different texts of 30`);
  }
  const acceptances = acceptancesOf(stages);
  assert.equal(acceptances.length, 3);
  for (const { accepted, candidates, rate } of acceptances) {
    assert.ok(accepted >= 30 && candidates >= accepted && rate === accepted / candidates);
  }
  for (const [index, { value }] of ofKind(stages, "select").entries()) {
    const { rows, candidates, rejected } = value as SelectionValue;
    const surplus = (acceptances[index]?.accepted ?? 0) - 30;
    assert.deepEqual([rows, candidates, rejected.surplus ?? 0], [30, acceptances[index]?.candidates, surplus]);
    assert.equal(30 + surplus + (rejected.unparsable ?? 0), candidates);
  }
});

test("the erratum: letters of the beginning that a prompt begins with are there after every generation", async (context) => {
  const { corpora } = await run(folderOf(context), createSettings(60, 500), { generations: 2 });
  const firsts = new Set(corpora.slice(1).flatMap((rows) => rows.map(({ article }) => article.split(" ")[0])));
  // The scripted provider writes words of its own where it has no prompt; these six begin with u, s, e or r.
  for (const word of ["summarize", "user", "sure", "erase", "several", "story"]) assert.ok(firsts.has(word), word);
  assert.ok([...firsts].every((word) => !/^(mmarize|ure|verl|ase|tory)$/.test(word ?? "")));
});

test("64 identical prompts give 64 draws, each by a seed of its own", async (context) => {
  const { corpora } = await run(folderOf(context), createSettings(64, 500), { generations: 1, script: { words: 40 } });
  const texts = corpora[1]?.map(({ article, summary }) => `${article}\n${summary}`) ?? [];
  assert.deepEqual([texts.length, new Set(texts).size], [64, 64]);
});

test("interrupted at any candidate, and again, it ends with the very stages of one that was not, and buys none twice", async (context) => {
  const root = createTemporaryFolder(context);
  const settings = createSettings(20, 300, { verifier: "weak", selection: { best: null, threshold: null, keep: 0.5 } });
  const whole = await run(join(root, "whole"), settings, { generations: 1 });
  assert.equal(whole.corpora.at(-1)?.length, 10);
  let count = 0;
  const total = acceptancesOf(whole.stages).reduce((sum, { candidates }) => sum + candidates, 0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: total }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 30 }),
      async (stops, width) => {
        const directory = join(root, String(count++));
        for (const stopAfter of stops) await run(directory, settings, { generations: 1, stopAfter, script: { width } });
        const end = await run(directory, settings, { generations: 1, script: { width } });
        assert.equal(end.failure, undefined);
        const digests = ({ stages }: Ran) => stages.map(({ key, digest }) => `${key} ${digest}`).sort();
        assert.deepEqual(digests(end), digests(whole));
        // What was on its way when it stopped is asked for again; nothing that was written is.
        assert.ok(end.requests <= whole.requests + stops.length * (width + 1), `${end.requests} requests`);
      },
    ),
    { numRuns: 6 },
  );
});

test("where nothing is a row, more candidates are not asked for: what was written is shown", async (context) => {
  const script = { dialogue: 0.000001 };
  const { failure } = await run(createTemporaryFolder(context), createSettings(5, 20), { generations: 1, script });
  assert.ok(failure instanceof BudgetError, `${failure}`);
  assert.match(failure.message, /accepted 0 of 5 rows within 20 candidates \(0 %\)$/);
  assert.match(failure.next ?? "", /^see what was written with refeed why [0-9a-f]{8}:0, /);
});

test("a budget of candidates ends it, a larger one goes on where it ended, whatever it was", async (context) => {
  const root = createTemporaryFolder(context);
  const settings = (candidates: number) => createSettings(40, candidates);
  const whole = await run(join(root, "whole"), settings(1000), { generations: 1 });
  for (const budgets of [[41], [17, 3], [43, 40, 42]]) {
    const directory = join(root, budgets.join("-"));
    for (const candidates of budgets) {
      const { failure } = await run(directory, settings(candidates), { generations: 1 });
      assert.ok(failure instanceof BudgetError, `${budgets}: ${failure}`);
      assert.equal(failure.exitCode, 4);
      assert.match(failure.message, /^sample\.accept: accepted \d+ of 40 rows within \d+ candidates \(\d+ %\)$/);
      assert.match(failure.next ?? "", /^raise sample\.accept\.candidates/);
    }
    const end = await run(directory, settings(1000), { generations: 1 });
    assert.deepEqual(end.stages.map(({ digest }) => digest).sort(), whole.stages.map(({ digest }) => digest).sort());
    assert.equal(end.requests, whole.requests);
  }
});

test("an endpoint that takes no empty prompt is told after a few requests, and asked again when it does", async (context) => {
  const directory = folderOf(context);
  const refusing = { answers: { refused: 1, truncated: 0, empty: 0 } };
  const first = await run(directory, createSettings(20, 300), { script: refusing });
  assert.ok(first.failure instanceof ProviderError);
  assert.match(first.failure.message, /refused all 16 requests with an empty prompt/);
  const second = await run(directory, createSettings(20, 300));
  assert.equal(second.failure, undefined);
  assert.equal(acceptancesOf(second.stages).length, 3);
});

test("with a prompt any answer of use is a row, of its prompt's article, and others are not", async (context) => {
  const accept = { rows: 30, candidates: 300, begin: "", part: null };
  const script = { dialogue: undefined, answers: { refused: 0.2, truncated: 0.1, empty: 0.3 } };
  const settings = { sample: { ...decoding, accept }, metrics: ["loss"] };
  const { stages, corpora, failure } = await run(folderOf(context), settings, {
    generations: 2,
    script,
    unprompted: false,
  });
  assert.equal(failure, undefined);
  assert.deepEqual(
    corpora.map(({ length }) => length),
    [12, 30, 30],
  );
  assert.ok(corpora[1]?.every(({ article, summary }) => article.startsWith("story ") && summary !== ""));
  for (const { value } of ofKind(stages, "select")) {
    const { rejected } = value as SelectionValue;
    assert.ok((rejected.refused ?? 0) > 0 && (rejected.unparsable ?? 0) > 0);
  }
});
