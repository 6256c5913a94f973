// Verifiers by the names experiments use: each with what its scores depend on, which is what its stages' keys hold.

import type { Scorer } from "../../domain/ports.ts";
import type { Json } from "../../keys/canonical.ts";
import type { Form, NamedVerifier } from "../../systems/language/settings.ts";
import { createRougeScorer } from "../../text/rouge-scorer.ts";
import { createOracleVerifier } from "../../verifiers/oracle.ts";
import { createPerplexityVerifier } from "../../verifiers/perplexity.ts";
import { createRandomVerifier } from "../../verifiers/random.ts";
import { createSelfVerifier } from "../../verifiers/self.ts";
import { createCommand } from "../commands/command.ts";
import type { LanguageFrame, VerifierSettings } from "../experiment.ts";
import { createHostedWeak } from "./models.ts";
import { createHostedJudge, createReward, type ReaderParts } from "./readers.ts";

export interface VerifierParts extends ReaderParts {
  /** The scorer of the experiment's own models. */
  readonly scorer: Scorer;
  /** How those meet rows, and how models behind endpoints do. */
  readonly form: Form;
  readonly hostedForm: Form;
}

export function createNamedVerifiers(
  { verifiers: settings, endpoints: declared }: Pick<LanguageFrame, "verifiers" | "endpoints">,
  parts: VerifierParts,
): Readonly<Record<string, NamedVerifier>> {
  const { scorer, endpoints, form, hostedForm } = parts;
  const create = (name: string, verifier: VerifierSettings): NamedVerifier => {
    switch (verifier.kind) {
      case "oracle":
        return { ...plain, verifier: createOracle(verifier), parameters: { ...verifier } };
      case "self":
        return { ...plain, verifier: createSelfVerifier(), parameters: { ...verifier } };
      case "random":
        return { ...plain, verifier: createRandomVerifier(), parameters: { ...verifier }, isSeeded: true };
      case "judge":
        return createHostedJudge(name, verifier, parts);
      case "reward":
        return createReward(verifier, parts);
      case "command":
        return createCommand(name, verifier, parts);
      case "perplexity": {
        if ("endpoint" in verifier) return createHostedWeak(verifier.endpoint, { declared, endpoints, hostedForm });
        const { kind, model } = verifier;
        // The auxiliary model is an input of the stage and need not stand in its parameters as well.
        const parameters: Json = { kind, scorer: scorer.version };
        const perplexity = createPerplexityVerifier(scorer, form.createScored);
        return { verifier: perplexity, parameters, auxiliary: model, isSeeded: false };
      }
    }
  };
  return Object.fromEntries(Object.entries(settings).map(([name, verifier]) => [name, create(name, verifier)]));
}

const plain = { auxiliary: null, isSeeded: false };

function createOracle({ metric, stem }: Extract<VerifierSettings, { kind: "oracle" }>) {
  const scorer = createRougeScorer({ metrics: [metric], stemmer: stem });
  // Precision, recall, F: the oracle goes by F.
  return createOracleVerifier((reference, prediction) => scorer.read(reference, prediction)[2] ?? 0);
}
