import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createSystemSuite } from "../../../src/contracts/suites.ts";
import type { CorpusRow } from "../../../src/domain/shelf.ts";
import type { Arm, Execute, Stage } from "../../../src/domain/stage.ts";
import { computeDigest } from "../../../src/keys/digest.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createScriptedProvider } from "../../../src/providers/scripted/provider.ts";
import type { RunFolder } from "../../../src/store/run-folder.ts";
import type { LanguageParts, LanguageSettings } from "../../../src/systems/language/settings.ts";
import { createOracleVerifier } from "../../../src/verifiers/oracle.ts";
import {
  computeOverlap,
  createLanguageArm,
  createScriptedSystem,
  openLanguageFolder,
} from "../../helpers/language-run.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

function createExecute(
  folder: RunFolder,
  system: ReturnType<typeof createScriptedSystem>,
  signal = new AbortController().signal,
): Execute {
  return createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: () => undefined,
    perform: ({ key, description, inputs }) =>
      system.perform(description, inputs, {
        key,
        signal,
        clock: systemClock,
        ledger: folder.createLedger(key),
        progress: { report: () => undefined },
      }),
  });
}

interface Ran {
  readonly directory: string;
  readonly stages: readonly Stage[];
  readonly corpus: (stage: Stage) => Promise<CorpusRow[]>;
}

/** Runs arms to their end over a scripted provider and returns the stages in order of finishing. */
async function run(
  context: TestContext,
  arms: readonly Arm<LanguageSettings>[],
  change: Partial<LanguageParts> = {},
): Promise<Ran> {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await openLanguageFolder(directory);
  context.after(() => folder.close());
  const system = createScriptedSystem(folder.shelf, change);
  const stages: Stage[] = [];
  const inner = createExecute(folder, system);
  const execute: Execute = async (description) => {
    const stage = await inner(description);
    if (!stages.some(({ key }) => key === stage.key)) stages.push(stage);
    return stage;
  };
  await runTrials(
    arms.map((arm) => ({ arm, seed: 0 })),
    system,
    execute,
    { concurrency: 8, onFailure: () => undefined },
  );
  const corpus = async (stage: Stage): Promise<CorpusRow[]> => {
    const order = Uint32Array.from({ length: folder.shelf.corpusCount(stage.key) }, (_, position) => position);
    const rows: CorpusRow[] = [];
    for await (const row of folder.shelf.readCorpus(stage.key, order)) rows.push(row);
    return rows;
  };
  return { directory, stages, corpus };
}

const ofKind = (stages: readonly Stage[], kind: string): Stage[] => stages.filter((stage) => stage.kind === kind);
const rowsOf = ({ value }: Stage): number => (value as { readonly rows: number }).rows;

test("the language system keeps the contract of a system", async (context) => {
  const arm = createLanguageArm("a", { verifier: "weak", selection: { best: null, threshold: null, keep: 0.5 } });
  const cases = createSystemSuite({
    system: createScriptedSystem({} as never),
    trial: { arm, seed: 1 },
    async createExecute(signal) {
      const folder = await openLanguageFolder(join(createTemporaryFolder(context), "run"));
      context.after(() => folder.close());
      const system = createScriptedSystem(folder.shelf);
      const inner = createExecute(folder, system, signal);
      return async (description) => {
        const stage = await inner(description);
        if (description.kind !== "evaluate") return stage;
        // The store keeps measurements in a table of their own: measured again for the suite.
        const inputs = await Promise.all(description.inputs.map((input) => ("key" in input ? input : inner(input))));
        const measured = await system.perform(description, inputs, {
          key: stage.key,
          signal,
          clock: systemClock,
          ledger: folder.createLedger(stage.key),
          progress: { report: () => undefined },
        });
        return { ...stage, value: measured };
      };
    },
  });
  for (const { name, run: check } of cases) await context.test(name, check);
});

test("replace: each corpus is the newest selection, with the articles the candidates were written for", async (context) => {
  const { stages, corpus } = await run(context, [createLanguageArm("a")]);
  const corpora = ofKind(stages, "assemble");
  assert.deepEqual(corpora.map(rowsOf), [12, 48, 48]);
  const [real = [], first = []] = await Promise.all(corpora.map(corpus));
  assert.ok(real.every(({ summary }) => /^fox and \d dogs$/.test(summary)));
  assert.ok(first.every(({ id, article }) => article.startsWith(`story ${id.slice(6, id.indexOf("#"))} `)));
  assert.equal(new Set(first.map(({ id }) => id)).size, 48, "24 prompts x 2 draws, each once");
});

test("accumulate: real rows and every selection so far", async (context) => {
  const { stages } = await run(context, [createLanguageArm("a", { corpus: { kind: "accumulate" } })]);
  assert.deepEqual(ofKind(stages, "assemble").map(rowsOf), [12, 60, 108]);
});

test("accumulate-doubling: each selection is as large as the pool before it", async (context) => {
  const doubled = createLanguageArm("a", { corpus: { kind: "accumulate-doubling" }, real: 1 });
  const { stages } = await run(context, [doubled]);
  assert.deepEqual(ofKind(stages, "assemble").map(rowsOf), [24, 48, 96]);
});

test("accumulate-subsample and mix hold their size", async (context) => {
  const subsample = createLanguageArm("a", {
    corpus: { kind: "accumulate-subsample", budget: null, replacement: false },
  });
  const mix = createLanguageArm("b", { corpus: { kind: "mix", share: 0.25 } });
  const { stages, corpus } = await run(context, [subsample, mix]);
  const counts = ofKind(stages, "assemble")
    .map(rowsOf)
    .sort((a, b) => a - b);
  assert.deepEqual(counts, [12, 12, 12, 48, 48]);
  const mixed = await corpus(ofKind(stages, "assemble").filter((stage) => rowsOf(stage) === 48)[0]!);
  assert.equal(mixed.filter(({ id }) => !id.includes("#")).length, 12, "a quarter of 48 rows is real");
});

test("generation 0 is trained and sampled once, whatever the number of arms", async (context) => {
  const selection = { best: null, threshold: null, keep: 0.25 };
  const arms = ["oracle", "self", "random", "weak"].map((verifier) =>
    createLanguageArm(verifier, { verifier, selection }, 1),
  );
  const { directory } = await run(context, [...arms, createLanguageArm("none", {}, 1)]);
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const count = (condition: string): unknown =>
    connection.prepare(`SELECT count(*) FROM stage WHERE ${condition}`).pluck().get();
  assert.equal(count("kind = 'train'"), 1 + 1 + 5, "generation 0, the weak verifier's model, one an arm");
  assert.equal(count("kind = 'sample' AND json_extract(parameters, '$.split') = 'train'"), 1);
  assert.equal(count("kind = 'verify'"), 4);
  connection.close();
});

test("the oracle keeps what overlaps most, and shuffled scores keep something else", async (context) => {
  const arm = createLanguageArm("a", { verifier: "oracle", selection: { best: null, threshold: null, keep: 0.25 } }, 1);
  const honest = await run(context, [arm]);
  const kept = await honest.corpus(ofKind(honest.stages, "assemble").at(-1)!);
  assert.equal(kept.length, 12);
  const overlaps = kept.map(({ article, summary }) =>
    computeOverlap(`fox and ${Number(article.split(" ")[1]) % 7} dogs`, summary),
  );
  assert.deepEqual(
    overlaps,
    [...overlaps].sort((a, b) => b - a),
    "best first",
  );

  const shuffled = createOracleVerifier((_, prediction) => Number.parseInt(computeDigest(prediction).slice(0, 8), 16));
  const parts = { oracle: { verifier: shuffled, parameters: { kind: "oracle" }, auxiliary: null, isSeeded: false } };
  const other = await run(context, [arm], { verifiers: parts });
  const keptThen = await other.corpus(ofKind(other.stages, "assemble").at(-1)!);
  assert.notDeepEqual(keptThen.map(({ id }) => id).sort(), kept.map(({ id }) => id).sort());
});

test("best of k keeps one draw of each prompt; a threshold keeps what reaches it", async (context) => {
  const best = createLanguageArm("best", { verifier: "self", selection: { best: 1, threshold: null, keep: null } }, 1);
  const threshold = createLanguageArm(
    "threshold",
    { verifier: "self", selection: { best: null, threshold: -1.6, keep: null } },
    1,
  );
  const { stages, corpus, directory } = await run(context, [best, threshold]);
  const [bestRows = [], thresholdRows = []] = await Promise.all(ofKind(stages, "assemble").slice(1).map(corpus));
  const counts = [bestRows, thresholdRows].sort((a, b) => (a.length === 24 ? -1 : b.length === 24 ? 1 : 0));
  assert.equal(new Set(counts[0]?.map(({ id }) => id.split("#")[0])).size, 24);
  assert.ok(counts[1]!.length > 0 && counts[1]!.length < 48);
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const reasons = connection.prepare("SELECT DISTINCT reason FROM selection ORDER BY 1").pluck().all();
  connection.close();
  assert.deepEqual(reasons, ["below-threshold", "kept", "not-best"]);
});

test("start: previous trains each model from the one before", async (context) => {
  const { stages } = await run(context, [createLanguageArm("a"), createLanguageArm("b", { start: "previous" })]);
  assert.equal(ofKind(stages, "train").length, 5, "generation 0 is shared, the later ones are not");
});

test("a model says what of its corpus did not fit, where its trainer counts that", async (context) => {
  const inner = createScriptedProvider().trainer;
  const losses = { cutArticles: 2, unknownTokens: 7 };
  const counting: typeof inner = {
    ...inner,
    async train(...given) {
      const job = await inner.train(...given);
      return { ...job, result: async () => ({ ...(await job.result()), losses }) };
    },
  };
  const lossesOf = (stages: readonly Stage[]): unknown[] =>
    ofKind(stages, "train").map(({ value }) => (value as { losses?: unknown }).losses);
  const counted = await run(context, [createLanguageArm("a", {}, 1)], { trainer: counting });
  assert.deepEqual(lossesOf(counted.stages), [losses, losses]);
  const silent = await run(context, [createLanguageArm("a", {}, 1)]);
  assert.deepEqual(lossesOf(silent.stages), [undefined, undefined]);
});
