// What a performer of the language system is handed. The answers on the test split are read once for all metrics of a
// model: they are asked for one after the other. A few models' worth is held; large test splits stream past it.

import type { Context } from "../../domain/context.ts";
import type { StoredCandidate } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { Description, Stage } from "../../domain/stage.ts";
import type { LanguageParts, LanguageSettings } from "./settings.ts";

/** One stage at work: what is asked, of what, and what the world lends it. */
export interface Work {
  readonly description: Description & { readonly turn: { readonly arm: { readonly settings: LanguageSettings } } };
  readonly inputs: readonly Stage[];
  readonly context: Context;
  readonly parts: LanguageParts;
  readonly readAnswers: ReadAnswers;
}

/** What a train stage returns. */
export interface ModelValue {
  /** Digest of the trained parameters. */
  readonly sha256: string;
  /** The equal-compute basis: what went into this model, and the trainer's closing loss (null where it diverged). */
  readonly rows: number;
  readonly steps: number;
  readonly tokens: number;
  readonly loss: number | null;
  /** What of the corpus did not fit the model; absent where the trainer does not count it. */
  readonly losses?: Readonly<Record<string, number>>;
}

/** The candidates of a sample stage, in plan order. */
export type ReadAnswers = (stage: string) => AsyncIterable<StoredCandidate>;

const heldStages = 4;
const heldRows = 5000;

export function createAnswerReader(shelf: Shelf): ReadAnswers {
  const held = new Map<string, Promise<readonly StoredCandidate[]>>();
  return async function* (stage) {
    if (shelf.candidateCount(stage) > heldRows) {
      yield* shelf.readCandidates(stage);
      return;
    }
    const answers = held.get(stage) ?? gather(shelf.readCandidates(stage));
    held.delete(stage);
    held.set(stage, answers);
    const [oldest] = held.keys();
    if (held.size > heldStages && oldest !== undefined) held.delete(oldest);
    yield* await answers;
  };
}

async function gather(candidates: AsyncIterable<StoredCandidate>): Promise<readonly StoredCandidate[]> {
  const all: StoredCandidate[] = [];
  for await (const candidate of candidates) all.push(candidate);
  return all;
}
