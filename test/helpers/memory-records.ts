// Stage records in a Map, with a list of what was asked of them: the loop's memory without a disk.

import type { StageRecords } from "../../src/domain/records.ts";
import type { Stage } from "../../src/domain/stage.ts";
import { renderCanonical } from "../../src/keys/canonical.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { idleLedger } from "./idle-ledger.ts";

export function createMemoryRecords(): StageRecords & {
  readonly stages: Map<string, Stage>;
  readonly calls: string[];
} {
  const stages = new Map<string, Stage>();
  const calls: string[] = [];
  return {
    stages,
    calls,
    read: ({ key }) => stages.get(key),
    async begin({ key }) {
      calls.push(`begin ${key}`);
    },
    async finish({ key, description }, value) {
      const stage = { key, kind: description.kind, value, digest: computeDigest(renderCanonical(value)) };
      stages.set(key, stage);
      calls.push(`finish ${key}`);
      return stage;
    },
    async fail({ key }, reason) {
      calls.push(`fail ${key} ${reason}`);
    },
  };
}

export const idleContext = {
  key: "test",
  signal: new AbortController().signal,
  clock: { now: () => 0, monotonic: () => 0 },
  ledger: idleLedger,
  progress: { report: () => undefined },
};
