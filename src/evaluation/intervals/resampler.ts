// Hands out resamples by how many seeds and items there are: the same ones whenever they are asked for, so that every
// arm, generation and metric is resampled alike, and a difference of two arms is one of paired draws.

import { computeSeed } from "../../keys/seed.ts";
import type { CrossedResamples } from "../../math/crossed-bootstrap.ts";
import { createRandom } from "../../math/random.ts";
import { createResamples, type Resamples } from "../../math/resamples.ts";
import { resampleCount, resampledItems } from "./measure.ts";

export interface Resampler {
  /** Null where there are more items than are resampled. */
  read(seedCount: number, itemCount: number): CrossedResamples | null;
}

/** Drawing is dearer than resampling with what was drawn; a few sizes are all that an experiment meets. */
const heldSizes = 12;

export function createResampler(): Resampler {
  const resamplesByName = new Map<string, Resamples>();
  const readOne = (axis: "seeds" | "items", count: number): Resamples => {
    const name = `${axis} ${count}`;
    const held =
      resamplesByName.get(name) ??
      createResamples(count, resampleCount, createRandom(computeSeed("bootstrap", axis, count)));
    // The one used last stands last, so that the first is the one to drop.
    resamplesByName.delete(name);
    resamplesByName.set(name, held);
    if (resamplesByName.size > heldSizes) resamplesByName.delete(resamplesByName.keys().next().value!);
    return held;
  };
  return {
    read(seedCount, itemCount) {
      if (itemCount > resampledItems) return null;
      return { seeds: readOne("seeds", seedCount), items: readOne("items", itemCount) };
    },
  };
}
