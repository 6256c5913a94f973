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
