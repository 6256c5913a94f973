// The pool: crashes, cancellation, closing, and that an idle pool keeps no process alive.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import type { ScoreTask } from "../../src/embedded/messages.ts";
import { createPool } from "../../src/embedded/pool.ts";
import { CancelledError, StoreError, TrainerError } from "../../src/errors.ts";

const broken = new URL("../helpers/broken-worker.ts", import.meta.url);
const idle = new URL("../helpers/idle-pool.ts", import.meta.url);
const never = new AbortController().signal;

const createTask = (prompt: string): ScoreTask => ({
  kind: "score",
  model: { file: "none.bin", digest: "0" },
  rows: [{ prompt, completion: "" }],
});

test("a worker that dies fails its task alone, and the next task gets a new worker", async () => {
  const pool = createPool({ workers: 1, address: broken });
  const isCrash = (error: unknown): boolean => error instanceof TrainerError && /crashed/.test(error.message);
  const tasks = ["exit", "fine", "throw", "fine"].map((way) => pool.run(createTask(way), { signal: never }));
  const [exit, first, thrown, second] = await Promise.allSettled(tasks);
  for (const lost of [exit, thrown]) assert.ok(lost?.status === "rejected" && isCrash(lost.reason));
  for (const done of [first, second]) assert.deepEqual(done?.status === "fulfilled" && done.value, []);
  assert.equal(pool.busySeconds(), 0.01);
  await pool.close();
});

test("an aborted task that waits in the queue never starts; one aborted before it is asked for neither", async () => {
  const pool = createPool({ workers: 1, address: broken });
  const stop = new AbortController();
  const hanging = pool.run(createTask("hang"), { signal: never });
  const waiting = pool.run(createTask("exit"), { signal: stop.signal });
  stop.abort(new CancelledError("stop", "SIGTERM"));
  await assert.rejects(waiting, (error) => error instanceof CancelledError && error.signal === "SIGTERM");
  await assert.rejects(pool.run(createTask("exit"), { signal: stop.signal }), CancelledError);
  const closing = assert.rejects(hanging, CancelledError);
  await pool.close();
  await closing;
});

test("closing rejects what waits, and a closed pool takes no task", async () => {
  const pool = createPool({ workers: 1, address: broken });
  const tasks = ["hang", "fine"].map((way) => pool.run(createTask(way), { signal: never }));
  const settled = Promise.allSettled(tasks);
  await pool.close();
  for (const result of await settled)
    assert.ok(result.status === "rejected" && result.reason instanceof CancelledError);
  await assert.rejects(pool.run(createTask("fine"), { signal: never }), TrainerError);
  await pool.close();
});

test("an error of the worker comes over with where and next", async () => {
  const pool = createPool({ workers: 1 });
  await assert.rejects(pool.run(createTask("text"), { signal: never }), (error) => {
    return error instanceof StoreError && error.where === "none.bin" && error.next !== undefined;
  });
  await pool.close();
});

test("a pool that is idle and was not closed lets the process end", async () => {
  const ended = await promisify(execFile)(process.execPath, [idle.pathname], { timeout: 20_000 });
  assert.equal(ended.stdout, "done\n");
});
