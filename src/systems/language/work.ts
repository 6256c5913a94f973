// What a performer of the language system is handed.

import type { Context } from "../../domain/context.ts";
import type { Description, Stage } from "../../domain/stage.ts";
import type { ReadAnswers } from "./answers.ts";
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
