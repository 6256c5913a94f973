// A language system over a real run folder and a scripted provider: everything but the model is the real thing.

import { computeDoublingDraws } from "../../src/corpora/doubling.ts";
import { computeParts } from "../../src/corpora/parts.ts";
import type { TextMetric } from "../../src/domain/metric.ts";
import type { Row, Split } from "../../src/domain/rows.ts";
import type { SelectionReason } from "../../src/domain/selection.ts";
import type { Shelf } from "../../src/domain/shelf.ts";
import type { Arm } from "../../src/domain/stage.ts";
import { computeKey } from "../../src/keys/digest.ts";
import { createScriptedProvider } from "../../src/providers/scripted/provider.ts";
import { selectionReasons } from "../../src/selection/ranking.ts";
import { select } from "../../src/selection/select.ts";
import { openRunFolder, type RunFolder, type RunFolderOptions } from "../../src/store/run-folder.ts";
import type { LanguageParts, LanguageSettings } from "../../src/systems/language/settings.ts";
import { createLanguageSystem } from "../../src/systems/language/system.ts";
import { createPromptForm, createTemplate } from "../../src/systems/language/template.ts";
import { createOracleVerifier } from "../../src/verifiers/oracle.ts";
import { createPerplexityVerifier } from "../../src/verifiers/perplexity.ts";
import { createRandomVerifier } from "../../src/verifiers/random.ts";
import { createSelfVerifier } from "../../src/verifiers/self.ts";
import { systemClock } from "./temporary-folder.ts";

export function createRows(split: Split, count: number): readonly Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${split}-${index}`,
    article: `story ${index} tells of a quick brown fox and ${index % 7} lazy dogs`,
    summary: `fox and ${index % 7} dogs`,
  }));
}

export type Splits = Readonly<Record<Split, readonly Row[]>>;

const smallSplits: Splits = { train: createRows("train", 24), test: createRows("test", 9) };

export async function openLanguageFolder(
  directory: string,
  {
    splits = smallSplits,
    ...given
  }: { readonly splits?: Splits } & Pick<RunFolderOptions, "gatherMs" | "checkpointBytes"> = {},
): Promise<RunFolder> {
  const folder = await openRunFolder(directory, { clock: systemClock, holder: { pid: process.pid }, ...given });
  for (const split of ["train", "test"] as const) {
    const rows = splits[split];
    await folder.importDataset({
      split,
      digest: computeKey(rows),
      async *rows() {
        yield* rows;
      },
    });
  }
  return folder;
}

const wordCount = (text: string): number => text.split(" ").length;

/** Mean words of the answers: enough to see that the right texts come by. */
const lengthMetric: TextMetric = {
  version: 1,
  metrics: [{ name: "length", basis: "answers", better: "neither" }],
  async measure(candidates) {
    const items: number[] = [];
    for await (const { candidate } of candidates) items.push(wordCount(candidate.completion));
    const value = items.reduce((sum, item) => sum + item, 0) / items.length;
    return [{ metric: "length", value, itemCount: items.length, items: Float64Array.from(items) }];
  },
};

const lossMetric: TextMetric = {
  version: 1,
  metrics: [{ name: "loss", basis: "gold", better: "lower" }],
  async measure(candidates) {
    const items: number[] = [];
    for await (const { candidate } of candidates) items.push(-(candidate.logProbability ?? 0));
    const value = items.reduce((sum, item) => sum + item, 0) / items.length;
    return [{ metric: "loss", value, itemCount: items.length, items: Float64Array.from(items) }];
  },
};

/** Words the prediction shares with the reference, over the longer of the two. */
export function computeOverlap(reference: string, prediction: string): number {
  const words = new Set(reference.split(" "));
  const shared = new Set(prediction.split(" ").filter((word) => words.has(word))).size;
  return shared / Math.max(words.size, wordCount(prediction));
}

/** What an experiment knows of a dataset before it reads it. */
export function describeSplits({ train, test }: Splits): LanguageParts["dataset"] {
  return {
    train: { digest: computeKey(train), rowCount: train.length },
    test: { digest: computeKey(test), rowCount: test.length },
  };
}

export function createLanguageParts(shelf: Shelf, change: Partial<LanguageParts> = {}): LanguageParts {
  const template = createTemplate("{{ article }}", "test");
  const { sampler, scorer, trainer } = createScriptedProvider();
  const plain = { auxiliary: null, isSeeded: false };
  return {
    shelf,
    sampler,
    scorer,
    trainer,
    template,
    teachers: {},
    dataset: describeSplits(smallSplits),
    verifiers: {
      oracle: { ...plain, verifier: createOracleVerifier(computeOverlap), parameters: { kind: "oracle" } },
      self: { ...plain, verifier: createSelfVerifier(), parameters: { kind: "self" } },
      random: { ...plain, verifier: createRandomVerifier(), parameters: { kind: "random" }, isSeeded: true },
      weak: {
        verifier: createPerplexityVerifier(scorer, createPromptForm(template).createScored),
        parameters: { kind: "perplexity" },
        auxiliary: { real: 0.25, params: {} },
        isSeeded: false,
      },
    },
    metrics: { length: lengthMetric, loss: lossMetric },
    computeParts,
    computeDraws: computeDoublingDraws,
    select,
    reasons: selectionReasons as readonly SelectionReason[],
    ...change,
  };
}

export function createLanguageArm(
  id: string,
  change: Partial<LanguageSettings> = {},
  generations = 2,
): Arm<LanguageSettings> {
  const decoding = { temperature: 1, topP: null, topK: null, maxTokens: 16, stop: [] };
  return {
    id,
    generations,
    settings: {
      real: 0.5,
      start: "base",
      teacher: null,
      params: { epochs: 1 },
      firstParams: { epochs: 1 },
      sample: { ...decoding, candidates: 2 },
      corpus: { kind: "replace" },
      verifier: null,
      alsoScore: [],
      selection: { best: null, threshold: null, keep: null },
      markers: "reject",
      decode: { ...decoding, temperature: 0 },
      metrics: ["length", "loss"],
      ...change,
    },
  };
}

export const createScriptedSystem = (shelf: Shelf, change: Partial<LanguageParts> = {}) =>
  createLanguageSystem(createLanguageParts(shelf, change));
