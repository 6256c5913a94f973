// The control: a score drawn for each candidate, by the stage and the candidate alone.

import type { Verifier } from "../domain/ports.ts";
import { computeSeed } from "../keys/seed.ts";
import { createRandom } from "../math/random.ts";

export function createRandomVerifier(): Verifier {
  return {
    version: 1,
    async *verify(candidates, { seed }, { signal }) {
      for await (const { id } of candidates) {
        signal.throwIfAborted();
        yield { id, score: createRandom(computeSeed("random", seed, id)).uniform(), reason: null };
      }
    },
  };
}
