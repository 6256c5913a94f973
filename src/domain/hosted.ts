// The ports of what answers from outside beside sampled text: a model asked in words, a classifier, a program.
// Each is asked through the ledger: intended before it is sent, its answer recorded with what it cost, recalled and not
// asked again when the stage goes on in another process.

import type { Json } from "../keys/canonical.ts";
import type { Context } from "./context.ts";

/** One question to a model that judges. `id` is unique within its stage. */
export interface Question {
  readonly id: string;
  /** null for none. */
  readonly system: string | null;
  readonly text: string;
  /** JSON Schema the answer is asked to follow, where the endpoint can be told; null for free text. */
  readonly schema: Json | null;
  readonly maxTokens: number;
}

export interface Answer {
  readonly id: string;
  /** null where the endpoint answered that it will not: refused, filtered, too long. */
  readonly text: string | null;
  readonly reason: string | null;
}

/** A hosted model asked in words: what a judge is. */
export interface Chat {
  readonly version: number;
  /** Everything that can change an answer beside the question: a part of the key of whatever asks. */
  readonly identity: Json;
  /** The answers in input order, each exactly once, decoded greedily. */
  answer(questions: AsyncIterable<Question>, context: Context): AsyncIterable<Answer>;
}

/** A text to be classified. */
export interface Labelled {
  readonly id: string;
  readonly text: string;
}

/** The scores of every label, as the endpoint gave them; null where it answered that it will not. */
export interface Labels {
  readonly id: string;
  readonly scores: Readonly<Record<string, number>> | null;
  readonly reason: string | null;
}

/** A text classification endpoint: what a reward model is. */
export interface Classifier {
  readonly version: number;
  readonly identity: Json;
  /** In input order, each exactly once. */
  classify(texts: AsyncIterable<Labelled>, context: Context): AsyncIterable<Labels>;
}

export interface Program {
  /** The file and its arguments; no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute. */
  readonly folder: string;
  /** All that the program's environment holds. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds without a line from it after which the whole group is killed. */
  readonly idleMs: number;
  /** Bytes of one line it may write. */
  readonly lineBytes: number;
}

/** Runs programs of the user's: lines in, lines out. */
export interface Runner {
  /**
   * Writes every input line to the program's standard input and yields the lines of its standard output as they come.
   * Ending the stream early, or an aborted signal, kills the program and whatever it has started.
   * Throws LauncherError where it cannot be started, fails, falls silent or writes a line that is too long.
   */
  run(program: Program, input: AsyncIterable<string>, signal: AbortSignal): AsyncIterable<string>;
}
