// Reads the lint of a sample stage, computing it once where nobody has: after sampling, or for a run made before.
// What it finds is kept beside the stage. It knows no limit and ends no run.

import type { PromptLint, ReadRoundTrip, SampleLint } from "../../domain/lint.ts";
import type { Row } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";
import { markerVersion } from "../../text/markers/chat-markers.ts";
import { type CandidateLintRequest, computeCandidateLint } from "./candidates.ts";
import { computePromptLint } from "./prompts.ts";

/** Raised when the same candidates would be counted otherwise: they are then read again, and nothing is sampled. */
export const lintVersion = 100 * 2 + markerVersion;

export interface LinterParts {
  readonly shelf: LintShelf;
  readonly render: (row: Pick<Row, "article">) => string;
  /** The tokenizer of the models that are trained here; null where it is not at hand. */
  readonly readRoundTrip: ReadRoundTrip | null;
}

export type LintShelf = Pick<
  Shelf,
  "rowCount" | "readRows" | "candidateCount" | "readTexts" | "readLint" | "writeLint"
>;

export interface LintOptions extends Pick<CandidateLintRequest, "isRandom" | "signal"> {
  /** True where the draws of a prompt do not follow each other. */
  readonly isByRounds?: boolean;
  /** True of a hosted model, whose tokenizer is not at hand. */
  readonly isHosted?: boolean;
}

export interface Linter {
  /** Of a finished sample stage over the train split; `isRandom` is false at temperature 0. */
  read(stage: string, options: LintOptions): Promise<SampleLint>;
}

export function createLinter({ shelf, render, readRoundTrip }: LinterParts): Linter {
  const lintByStage = new Map<string, Promise<SampleLint>>();
  // Every generation is asked the same prompts; how they arrive differs between models of a server's own and ours.
  const promptsByReader = new Map<ReadRoundTrip | null, Promise<PromptLint>>();
  // One stage at a time: a table of digests is large where there are many candidates.
  let last: Promise<unknown> = Promise.resolve();

  const compute = async (stage: string, options: LintOptions): Promise<SampleLint> => {
    options.signal.throwIfAborted();
    const reader = options.isHosted ? null : readRoundTrip;
    const prompts =
      promptsByReader.get(reader) ?? computePromptLint(shelf.readRows("train"), { render, readRoundTrip: reader });
    promptsByReader.set(reader, prompts);
    // Awaited below; where the candidates fail first, as in a run that stops, nobody awaits it.
    prompts.catch(() => undefined);
    const candidateCount = shelf.candidateCount(stage);
    const promptCount = options.isByRounds ? shelf.rowCount("train") : null;
    const request = { ...options, candidateCount, promptCount };
    const candidates = await computeCandidateLint(shelf.readTexts(stage), request);
    const lint = { version: lintVersion, candidates, prompts: await prompts };
    await shelf.writeLint(stage, lint);
    return lint;
  };

  const begin = (stage: string, options: LintOptions): Promise<SampleLint> => {
    const kept = shelf.readLint(stage);
    if (kept?.version === lintVersion) return Promise.resolve(kept);
    const computed = last.then(() => compute(stage, options));
    last = computed.catch(() => undefined);
    return computed;
  };

  return {
    read(stage, options) {
      const lint = lintByStage.get(stage) ?? begin(stage, options);
      lintByStage.set(stage, lint);
      return lint;
    },
  };
}
