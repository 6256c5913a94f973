// Verifiers by the names experiments use: each with what its scores depend on, which is what its stages' keys hold.

import type { Scorer } from "../../domain/ports.ts";
import type { Row } from "../../domain/rows.ts";
import type { Json } from "../../keys/canonical.ts";
import type { NamedVerifier } from "../../systems/language/settings.ts";
import { createRougeScorer } from "../../text/rouge-scorer.ts";
import { createOracleVerifier } from "../../verifiers/oracle.ts";
import { createPerplexityVerifier } from "../../verifiers/perplexity.ts";
import { createRandomVerifier } from "../../verifiers/random.ts";
import { createSelfVerifier } from "../../verifiers/self.ts";
import type { LanguageFrame, VerifierSettings } from "../experiment.ts";
import type { Endpoints } from "./endpoints.ts";
import { createHostedWeak } from "./models.ts";

export interface VerifierParts {
  /** The scorer of the experiment's own models. */
  readonly scorer: Scorer;
  readonly endpoints: Endpoints;
  /** The prompt of a row, as candidates were sampled from it. */
  readonly render: (row: Row) => string;
}

export function createNamedVerifiers(
  { verifiers: settings, endpoints: declared }: Pick<LanguageFrame, "verifiers" | "endpoints">,
  { scorer, endpoints, render }: VerifierParts,
): Readonly<Record<string, NamedVerifier>> {
  const create = (verifier: VerifierSettings): NamedVerifier => {
    switch (verifier.kind) {
      case "oracle":
        return { ...plain, verifier: createOracle(verifier), parameters: { ...verifier } };
      case "self":
        return { ...plain, verifier: createSelfVerifier(), parameters: { ...verifier } };
      case "random":
        return { ...plain, verifier: createRandomVerifier(), parameters: { ...verifier }, isSeeded: true };
      case "perplexity": {
        if ("endpoint" in verifier) return createHostedWeak(verifier.endpoint, { declared, endpoints, render });
        const { kind, model } = verifier;
        // The auxiliary model is an input of the stage and need not stand in its parameters as well.
        const parameters: Json = { kind, scorer: scorer.version };
        return { verifier: createPerplexityVerifier(scorer, render), parameters, auxiliary: model, isSeeded: false };
      }
    }
  };
  return Object.fromEntries(Object.entries(settings).map(([name, verifier]) => [name, create(verifier)]));
}

const plain = { auxiliary: null, isSeeded: false };

function createOracle({ metric, stem }: Extract<VerifierSettings, { kind: "oracle" }>) {
  const scorer = createRougeScorer({ metrics: [metric], stemmer: stem });
  // Precision, recall, F: the oracle goes by F.
  return createOracleVerifier((reference, prediction) => scorer.read(reference, prediction)[2] ?? 0);
}
