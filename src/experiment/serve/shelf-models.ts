// The models of a run that serves itself: they are found on its own shelf as soon as they are written.

import type { Model } from "../../domain/ports.ts";
import type { Shelf } from "../../domain/shelf.ts";
import { StoreError } from "../../errors.ts";
import { baseName, type ModelDirectory } from "../../providers/served/engine.ts";

/** `list` shows what was asked for until now: the run knows what it trains, and nobody else is told the address. */
export function createShelfModels(shelf: Pick<Shelf, "readModel">, base: Model): ModelDirectory {
  const foundByLineage = new Map<string, Model>();
  return {
    async list() {
      const found = [...foundByLineage.values(), base];
      return found.map((model) => ({ ...model, createdMs: 0, turns: [], isAuxiliary: false }));
    },
    async find(name) {
      if (name === baseName || name === base.lineage) return base;
      if (!/^[0-9a-f]{64}$/.test(name)) return undefined;
      try {
        const model = await shelf.readModel(name);
        foundByLineage.set(name, model);
        return model;
      } catch (error) {
        // A stage that nobody knows, or whose model was released.
        if (error instanceof StoreError) return undefined;
        throw error;
      }
    },
    released: async () => [],
  };
}
