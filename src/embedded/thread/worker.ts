// The worker thread: takes tasks from its pool one at a time and keeps compiled functions and models warm.
// The only place where jax-js is started; a compiled call blocks its thread for milliseconds.

import { parentPort } from "node:worker_threads";
import { defaultDevice, init } from "@jax-js/jax";
import { RefeedError } from "../../errors.ts";
import type { ErrorRecord, FromWorker, OutcomeByKind, Task, TextRow, ToWorker } from "../messages.ts";
import { installInstanceCache } from "./instances.ts";
import { createModelCache } from "./model-cache.ts";
import { performDecode, performScore } from "./text-tasks.ts";
import { performTrain, type TrainHooks } from "./train-task.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread");

installInstanceCache();
await init("wasm");
defaultDevice("wasm");
const cache = createModelCache();
let deliver: ((rows: readonly TextRow[] | null) => void) | undefined;

port.on("message", (message: ToWorker) => {
  if (message.kind === "block") deliver?.(message.rows);
  else void run(message);
});

async function run({ id, task, cancelled }: Extract<ToWorker, { kind: "start" }>): Promise<void> {
  // Time spent waiting for rows is not counted as busy.
  let busyMs = 0;
  let since = performance.now();
  const isCancelled = (): boolean => Atomics.load(cancelled, 0) === 1;
  const pull = async (): Promise<readonly TextRow[] | null> => {
    busyMs += performance.now() - since;
    const rows = await new Promise<readonly TextRow[] | null>((resolve) => {
      deliver = resolve;
      post({ kind: "pull", id });
    });
    since = performance.now();
    return rows;
  };
  const report = (done: number, total: number): void => post({ kind: "progress", id, done, total });
  try {
    const outcome = await perform(task, { isCancelled, pull, report });
    busyMs += performance.now() - since;
    post(isCancelled() ? { kind: "cancelled", id, busyMs } : { kind: "done", id, outcome, busyMs });
  } catch (error) {
    busyMs += performance.now() - since;
    post({ kind: "failed", id, error: recordError(error), busyMs });
  }
}

/** One function a kind of task. */
async function perform(task: Task, hooks: TrainHooks): Promise<OutcomeByKind[Task["kind"]]> {
  switch (task.kind) {
    case "train":
      return await performTrain(task, cache, hooks);
    case "decode":
      return await performDecode(task, cache, hooks.isCancelled);
    case "score":
      return await performScore(task, cache, hooks.isCancelled);
  }
}

/** Classes do not survive the way to the other thread; their fields do. */
function recordError(error: unknown): ErrorRecord {
  const stack = error instanceof Error ? error.stack : undefined;
  if (error instanceof RefeedError) {
    return { code: error.code, what: error.what, where: error.where, next: error.next, stack };
  }
  return { code: null, what: String(error), where: undefined, next: undefined, stack };
}

function post(message: FromWorker): void {
  port?.postMessage(message);
}
