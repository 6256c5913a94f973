// When the log is copied back into the database: on a thread of its own beside the writer, which goes on, and while the
// writer waits where the log would outgrow its bound otherwise. It knows the log's length and nothing of what is in it.
//
// A log starts again from its beginning only when all of it was copied and no reader still reads it. Beside a writer that
// never rests a copy comes too late for its last pages, so that every few copies one has to be waited for.

import { setTimeout } from "node:timers/promises";
import { type Connection, toStoreError } from "../database.ts";
import { createCopier } from "./copier.ts";

export interface Checkpoints {
  /** Call it after each commit: what the next one has to wait for, if anything. Rejects where the log cannot be copied. */
  follow(): Promise<void> | undefined;
  /** Call it when nothing is written any more. */
  close(): Promise<void>;
}

interface Log {
  /** Pages in it, and how many of them were copied. */
  readonly log: number;
  readonly checkpointed: number;
}

/** Copying so much took 15 ms of a thread's time, and up to 190 ms of a busy disk's. */
const defaultCheckpointBytes = 8 * 2 ** 20;

/** The writer waits at so many times as much: 32 MB, so that the log stays below 64. */
const boundFactor = 4;

/** Readers that keep a part of the log from being copied are waited for: 2 s, and the writer goes on. */
const defaultReaderTries = 40;
const readerPauseMs = 50;

export interface CheckpointOptions {
  /** How long the log grows before it is copied back. */
  readonly checkpointBytes?: number | undefined;
  /** How often a copy that readers are in the way of is tried again, 50 ms apart. */
  readonly readerTries?: number;
}

export function createCheckpoints(
  connection: Connection,
  { checkpointBytes = defaultCheckpointBytes, readerTries = defaultReaderTries }: CheckpointOptions = {},
): Checkpoints {
  const copier = createCopier(connection.name);
  const read = connection.prepare<[], Log>("PRAGMA wal_checkpoint(NOOP)");
  const pageBytes = connection.pragma("page_size", { simple: true }) as number;
  const step = Math.max(1, Math.ceil(checkpointBytes / pageBytes));
  const bound = boundFactor * step;
  /** The lengths of the log at which the next copy begins, and at which it is waited for. */
  let [copyAt, waitAt, length] = [step, bound, 0];
  let copying: Promise<void> | undefined;
  let failure: { readonly reason: unknown } | undefined;

  const copy = (): Promise<void> =>
    (copying ??= copier.copy().finally(() => {
      copying = undefined;
    }));
  const copyAll = async (): Promise<void> => {
    // One that runs already began too early for what came since.
    await copying;
    for (let tries = 0; tries < readerTries; tries++) {
      await copy();
      const { log, checkpointed } = read.get() as Log;
      if (log === checkpointed) return;
      await setTimeout(readerPauseMs);
    }
    waitAt = length + bound;
  };

  const look = (): Promise<void> | undefined => {
    if (failure) throw failure.reason;
    const { log } = read.get() as Log;
    if (log < length) [copyAt, waitAt] = [step, bound];
    length = log;
    if (log >= waitAt) return copyAll();
    if (log < copyAt || copying) return undefined;
    copyAt = log + step;
    copy().catch((reason) => {
      failure = { reason };
    });
    return undefined;
  };

  return {
    follow() {
      try {
        return look();
      } catch (error) {
        return Promise.reject(toStoreError(error, connection.name));
      }
    },
    close: () => Promise.resolve(copying).finally(copier.close),
  };
}
