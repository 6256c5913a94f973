// Language models on the loop: puts the descriptions and the six performers together into a System.
// It has no loop over generations, no model and no store of its own.

import type { System } from "../../domain/system.ts";
import { acceptCandidates } from "./accept.ts";
import { assembleCorpus } from "./assemble.ts";
import { createDescriptions } from "./describe.ts";
import { evaluateModel } from "./evaluate.ts";
import { hasAccept, sampleCandidates } from "./sample.ts";
import { selectCandidates } from "./select.ts";
import type { LanguageParts, LanguageSettings } from "./settings.ts";
import { trainModel } from "./train.ts";
import { verifyCandidates } from "./verify.ts";
import { createAnswerReader, type Work } from "./work.ts";

const performers = {
  assemble: assembleCorpus,
  train: trainModel,
  sample: (work: Work) => (hasAccept(work) ? acceptCandidates(work) : sampleCandidates(work)),
  verify: verifyCandidates,
  select: selectCandidates,
  evaluate: evaluateModel,
};

export function createLanguageSystem(parts: LanguageParts): System<LanguageSettings> {
  const readAnswers = createAnswerReader(parts.shelf);
  return {
    name: "language",
    version: 1,
    grain: "generation",
    ...createDescriptions(parts),
    async perform(description, inputs, context) {
      if (description.kind === "trial") throw new TypeError("a language trial is durable stage by stage");
      return performers[description.kind]({
        description: description as Work["description"],
        inputs,
        context,
        parts,
        readAnswers,
      });
    },
  };
}
