// The models of a run as its folder has them, read anew beside its writer: what is trained later appears once it is there.

import type { Clock } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import { baseName, type ModelDirectory } from "../../providers/served/engine.ts";
import { type KnownModel, readModelList } from "../../store/shelf/model-list.ts";

/** For this long, milliseconds, a model that was found is not looked for again. */
const freshMs = 1000;

/** `base` is served beside them. */
export function createRunModels(directory: string, base: Model, clock: Clock): ModelDirectory {
  let known: readonly KnownModel[] = [];
  let readMs = Number.NEGATIVE_INFINITY;
  const read = (): readonly KnownModel[] => {
    [known, readMs] = [readModelList(directory), clock.monotonic()];
    return known;
  };
  return {
    list: async () => [
      ...read().filter(({ isThere }) => isThere),
      { ...base, createdMs: 0, turns: [], isAuxiliary: false },
    ],
    async find(name) {
      if (name === baseName || name === base.lineage) return base;
      const isFresh = clock.monotonic() - readMs < freshMs;
      const find = (list: readonly KnownModel[]) => list.find(({ lineage, isThere }) => isThere && lineage === name);
      return (isFresh ? find(known) : undefined) ?? find(read());
    },
    released: async () => read().flatMap(({ isThere, lineage }) => (isThere ? [] : [lineage])),
  };
}
