// The pool of worker threads that hold the embedded model: one task a worker at a time, first come first served.
// It starts workers when they are needed, replaces one that crashed, and knows nothing of what the tasks mean.
// Idle workers do not keep the process alive; close() ends them all.

import { TrainerError } from "../errors.ts";
import { computeModuleAddress } from "../keys/module-address.ts";
import type { OutcomeByKind, Task, TextRow } from "./messages.ts";
import { type Assignment, createCancelled, createClosed, createSeat, type Outcome, type Seat } from "./seat.ts";

export interface PoolOptions {
  /** Worker threads, at least 1; usually one a core. */
  readonly workers: number;
  /** The module the workers run; another one is for tests. */
  readonly address?: URL;
}

export interface TaskHooks {
  readonly signal: AbortSignal;
  /** The rows of a train task. */
  readonly rows?: AsyncIterable<TextRow>;
  readonly report?: (done: number, total: number) => void;
}

export interface Pool {
  readonly workerCount: number;
  /** Seconds that workers spent on tasks since the pool was created, waiting for rows not included. */
  busySeconds(): number;
  /** Rejects with CancelledError once the signal is aborted, with TrainerError when the worker is lost. */
  run<Kind extends Task["kind"]>(task: Extract<Task, { kind: Kind }>, hooks: TaskHooks): Promise<OutcomeByKind[Kind]>;
  close(): Promise<void>;
}

/** Creates a pool without a worker yet. */
export function createPool({ workers, address }: PoolOptions): Pool {
  const module = address ?? computeModuleAddress(import.meta.url, "thread/worker");
  const seats: Seat[] = [];
  const queue: Assignment[] = [];
  let busyMs = 0;
  let taskCount = 0;
  let isClosed = false;

  /** Gives waiting tasks to free seats, opening seats up to the limit. */
  const dispatch = (): void => {
    while (queue.length > 0) {
      const seat = seats.find((each) => each.isFree()) ?? (seats.length < workers ? openSeat() : undefined);
      if (seat === undefined) return;
      seat.start(queue.shift()!);
    }
  };
  const openSeat = (): Seat => {
    const seat = createSeat(module, {
      onFree(taskMs) {
        busyMs += taskMs;
        dispatch();
      },
      onLost(lost) {
        // A crash is told twice, as an error and as an exit; the second time there is nothing left to remove.
        const at = seats.indexOf(lost);
        if (at >= 0) seats.splice(at, 1);
        dispatch();
      },
    });
    seats.push(seat);
    return seat;
  };
  const enqueue = (task: Task, hooks: TaskHooks, settle: (outcome: Outcome | Error) => void): void => {
    const { signal, report } = hooks;
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const cancel = (): void => {
      // A worker looks at this between batches; a task that still waits is dropped at once.
      Atomics.store(cancelled, 0, 1);
      const at = queue.indexOf(assignment);
      if (at >= 0) queue.splice(at, 1)[0]?.settle(createCancelled(signal));
    };
    const rows = hooks.rows?.[Symbol.asyncIterator]();
    const settleOnce = (outcome: Outcome | Error): void => {
      signal.removeEventListener("abort", cancel);
      void rows?.return?.();
      settle(outcome);
    };
    const assignment: Assignment = { id: taskCount++, task, signal, cancelled, rows, report, settle: settleOnce };
    signal.addEventListener("abort", cancel);
    queue.push(assignment);
    if (signal.aborted) cancel();
    else dispatch();
  };

  return {
    workerCount: workers,
    busySeconds: () => busyMs / 1000,
    run: (task, hooks) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new TrainerError("the pool of workers is closed", { next: "create another pool" }));
        enqueue(task, hooks, (outcome) =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome as OutcomeByKind[(typeof task)["kind"]]),
        );
      }),
    async close() {
      isClosed = true;
      for (const { settle } of queue.splice(0)) settle(createClosed());
      await Promise.all([...seats].map((seat) => seat.close()));
    },
  };
}
