// By which names a model answers. A vendor's alias comes to mean another model, and a gateway falls back to one, without a
// word but this. What is not told is not held against anybody: many a server only says what it was asked for.

import type { EndpointSettings } from "../endpoint.ts";
import type { Fault } from "../wire/classify.ts";
import { isRecord, showWords } from "../wire/complaint.ts";

export interface Names {
  /** A reply of its proof carried this one, by that route. */
  meet(path: string, name: string): void;
  /** What stands in place of an answer by another name than those that were met there; null of any before one was. */
  findOther(path: string, name: string | null): Fault | null;
}

/** Null where it is not told. */
export function readName(reply: unknown): string | null {
  return isRecord(reply) && typeof reply.model === "string" && reply.model !== "" ? reply.model : null;
}

export function createNames({ name: endpoint, names: listed = [] }: EndpointSettings): Names {
  const metByPath = new Map<string, Set<string>>();
  const show = (names: Iterable<string>): string =>
    [...names].map((name) => showWords(name, (text) => text)).join(", ");
  return {
    meet(path, name) {
      const met = metByPath.get(path) ?? new Set();
      metByPath.set(path, met.add(name));
    },
    findOther(path, name) {
      const met = metByPath.get(path);
      if (name === null || met === undefined || met.has(name) || listed.includes(name)) return null;
      return {
        kind: "denied",
        reason: `it answered as ${show([name])}, and as ${show(met)} when it was proved`,
        next:
          "resume the run, which proves the model that is there against the one that was asked before; " +
          `where one model answers by several names, list them under endpoints.${endpoint}.names`,
        mayBeBilled: true,
      };
    },
  };
}
