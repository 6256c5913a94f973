// Joins the parts of a Gaussian experiment: the system and the corpus policies it shares with every other.

import { computeParts } from "../../corpora/parts.ts";
import { createGaussianSystem } from "../../systems/gaussian/system.ts";
import type { ComposedSystem } from "./composed.ts";

export function composeGaussian(): ComposedSystem {
  return {
    system: createGaussianSystem({ computeParts }) as ComposedSystem["system"],
    facts: [
      { name: "generation", value: "a fit to n real rows is generation 0, so the literature's t is generation + 1" },
      { name: "truth", value: "real data have mean 0 and covariance I" },
    ],
    usage: () => ({ busyMs: 0, workerCount: 0 }),
    close: async () => undefined,
  };
}
