// The body member by which Refeed's own client hands over the seeds of its draws, so that a server of Refeed's draws
// what the process itself would have drawn, to the bit. It knows no request beside it; no other server takes it.

import { computeSeed, renderSeed } from "../../keys/seed.ts";

export interface DrawSeeds {
  /** One a choice, in the order of the choices: 32 hexadecimal digits each. */
  readonly seeds: readonly string[];
}

/** The seeds of these draws of a prompt, as Sampler says that they are derived. */
export function createDrawSeeds(
  { seed }: { readonly seed: string },
  { id }: { readonly id: string },
  draws: readonly number[],
): DrawSeeds {
  return { seeds: draws.map((draw) => renderSeed(computeSeed(seed, id, draw))) };
}
