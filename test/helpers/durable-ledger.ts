// A ledger that outlives the process that writes it, for tests that end one in the middle: what was acknowledged is there,
// what was not is not, and what was sent twice without need is counted as the store counts it.

import type { AttemptIntent, Context, Ledger, Usage } from "../../src/domain/context.ts";
import type { Json } from "../../src/keys/canonical.ts";

interface Attempt {
  readonly intent: AttemptIntent;
  state: "sent" | "retryable" | "failed" | "unknown" | "done";
  usd: number;
}

export interface Disk {
  readonly attempts: Map<string, Attempt>;
  readonly answers: Map<string, Json>;
  readonly usages: Map<string, Usage>;
  /** Sendings of what was open: they may be paid twice. */
  readonly repeats: string[];
  /** Rows that were only announced: they are under way since an earlier process. */
  readonly announced: string[];
}

export function createDisk(): Disk {
  return { attempts: new Map(), answers: new Map(), usages: new Map(), repeats: [], announced: [] };
}

/** `step` is called before every write; one that never resolves is the end of the process. */
export function createDurableContext(
  disk: Disk,
  {
    signal,
    now,
    step,
  }: { readonly signal: AbortSignal; readonly now: () => number; readonly step: () => Promise<void> },
): Context {
  // What a dead process had sent: nobody knows what became of it.
  for (const attempt of disk.attempts.values()) if (attempt.state === "sent") attempt.state = "unknown";
  const ledger: Ledger = {
    async intend(intent) {
      await step();
      const before = disk.attempts.get(intent.key);
      if (intent.isOutside && (before?.state === "sent" || before?.state === "unknown")) disk.repeats.push(intent.key);
      if (!intent.isOutside && intent.rowCount > 0) disk.announced.push(intent.key);
      disk.attempts.set(intent.key, { intent, state: "sent", usd: 0 });
    },
    async settle(key, { state }) {
      await step();
      const attempt = disk.attempts.get(key);
      if (attempt !== undefined && attempt.state !== "done") attempt.state = state;
    },
    account: (key, usage) => void disk.usages.set(key, usage),
    async record(key, answer) {
      await step();
      close(disk, key);
      disk.answers.set(key, answer);
    },
    recall: (key) => disk.answers.get(key),
  };
  return { key: "stage", signal, clock: { now, monotonic: now }, ledger, progress: { report: () => undefined } };
}

/** With the rows it brought. */
export function close(disk: Disk, key: string): void {
  const attempt = disk.attempts.get(key);
  if (attempt === undefined) throw new Error(`attempt ${key} was never intended`);
  if (attempt.state === "done") throw new Error(`attempt ${key} was closed twice`);
  attempt.state = "done";
}
