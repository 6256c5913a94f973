// Language models on the loop: puts the descriptions and the six performers together into a System.
// It has no loop over generations, no model and no store of its own.

import type { Stage } from "../../domain/stage.ts";
import type { System } from "../../domain/system.ts";
import { checkCandidates, createAnswerReader } from "./answers.ts";
import { assembleCorpus } from "./assemble.ts";
import { createDescriptions } from "./describe.ts";
import { evaluateModel } from "./evaluate.ts";
import { sampleCandidates } from "./sample.ts";
import { selectCandidates } from "./select.ts";
import type { LanguageParts, LanguageSettings } from "./settings.ts";
import { trainModel } from "./train.ts";
import { verifyCandidates } from "./verify.ts";
import type { Work } from "./work.ts";

const performers = {
  assemble: assembleCorpus,
  train: trainModel,
  sample: sampleCandidates,
  verify: verifyCandidates,
  select: selectCandidates,
  evaluate: evaluateModel,
};

export function createLanguageSystem(parts: LanguageParts): System<LanguageSettings> {
  const readAnswers = createAnswerReader(parts.shelf);
  /** Sample stages made or checked in this process. */
  const whole = new Set<string>();
  const checkOnce = async (stage: Stage): Promise<void> => {
    if (whole.has(stage.key)) return;
    whole.add(stage.key);
    await checkCandidates(parts.shelf, stage);
  };
  return {
    name: "language",
    version: 1,
    grain: "generation",
    ...createDescriptions(parts),
    async perform(description, inputs, context) {
      if (description.kind === "trial") throw new TypeError("a language trial is durable stage by stage");
      if (description.kind === "sample") whole.add(context.key);
      for (const input of inputs) if (input.kind === "sample") await checkOnce(input);
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
