// One worker thread and the task it is at: starts it, feeds it rows, tells how the task ended.
// It knows no queue and no other worker. A seat that is lost stays lost; its pool opens another.

import { Worker } from "node:worker_threads";
import { CancelledError, StoreError, TrainerError } from "../errors.ts";
import type { ErrorRecord, FromWorker, OutcomeByKind, Task, TextRow, ToWorker } from "./messages.ts";

export type Outcome = OutcomeByKind[Task["kind"]];

/** A task on its way through the pool. */
export interface Assignment {
  readonly id: number;
  readonly task: Task;
  readonly signal: AbortSignal;
  /** Shared with the worker: 1 once the task is to stop. */
  readonly cancelled: Int32Array;
  /** Rows of a train task, pulled in blocks as the worker needs them. */
  readonly rows: AsyncIterator<TextRow> | undefined;
  readonly report: ((done: number, total: number) => void) | undefined;
  /** Called at least once; what comes after the first call is ignored. */
  readonly settle: (outcome: Outcome | Error) => void;
}

export interface SeatHooks {
  /** The worker is ready for the next task. */
  readonly onFree: (busyMs: number) => void;
  /** The worker has ended; why is told to its task. */
  readonly onLost: (seat: Seat) => void;
}

export interface Seat {
  isFree(): boolean;
  start(assignment: Assignment): void;
  close(): Promise<void>;
}

/** Rows handed over at once; a worker trains on them in about 0.2 s. */
const blockSize = 256;

/** Starts a worker thread. While it has no task it does not keep the process alive. */
export function createSeat(address: URL, { onFree, onLost }: SeatHooks): Seat {
  // The environment may hold keys, and a model needs none of it.
  const worker = new Worker(address, { env: {} });
  let current: Assignment | undefined;
  let isClosing = false;
  worker.unref();

  const release = (result: Outcome | Error): void => {
    const ended = current;
    current = undefined;
    worker.unref();
    ended?.settle(result);
  };
  const lose = (cause: unknown): void => {
    release(isClosing ? createClosed() : createCrash(cause));
    onLost(seat);
  };
  const receive = async (message: FromWorker): Promise<void> => {
    if (current === undefined || current.id !== message.id) return;
    if (message.kind === "progress") return current.report?.(message.done, message.total);
    if (message.kind === "pull") return worker.postMessage(await createBlock(current));
    release(readResult(message, current.signal));
    onFree(message.busyMs);
  };
  worker.on("message", (message: FromWorker) => void receive(message));
  worker.on("error", lose);
  worker.on("exit", (code) => lose(new Error(`exit code ${code}`)));

  const seat: Seat = {
    isFree: () => current === undefined,
    start(assignment) {
      current = assignment;
      worker.ref();
      const { id, task, cancelled } = assignment;
      worker.postMessage({ kind: "start", id, task, cancelled } satisfies ToWorker);
    },
    async close() {
      isClosing = true;
      await worker.terminate();
    },
  };
  return seat;
}

export function createCancelled({ reason }: AbortSignal): Error {
  return reason instanceof CancelledError ? reason : new CancelledError();
}

export function createClosed(): Error {
  return new CancelledError("the pool of workers was closed");
}

/** The answer to a pull. A source of rows that fails fails the task, and the worker is told to stop. */
async function createBlock({ id, rows, cancelled, settle }: Assignment): Promise<ToWorker> {
  const block: TextRow[] = [];
  try {
    while (rows !== undefined && block.length < blockSize) {
      const { value, done } = await rows.next();
      if (done) break;
      block.push({ prompt: value.prompt, completion: value.completion });
    }
  } catch (error) {
    Atomics.store(cancelled, 0, 1);
    settle(error instanceof Error ? error : new Error(String(error)));
  }
  const isOver = block.length === 0 || Atomics.load(cancelled, 0) === 1;
  return { kind: "block", id, rows: isOver ? null : block };
}

/** How a task ended, as the worker tells it. */
function readResult(message: Extract<FromWorker, { readonly busyMs: number }>, signal: AbortSignal): Outcome | Error {
  if (message.kind === "done") return message.outcome;
  return message.kind === "cancelled" ? createCancelled(signal) : createError(message.error);
}

/** Our own errors keep their kind; anything else is a fault of this program. */
function createError({ code, what, where, next, stack }: ErrorRecord): Error {
  if (code === "store") return new StoreError(what, { where, next });
  if (code === "trainer") return new TrainerError(what, { where, next });
  return new TrainerError(`a worker of the embedded model failed: ${what}`, { next: "report this", cause: stack });
}

function createCrash(cause: unknown): Error {
  return new TrainerError("a worker of the embedded model crashed", {
    next: "run again: finished stages are kept",
    cause,
  });
}
