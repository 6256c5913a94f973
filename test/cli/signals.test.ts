// The first signal drains, the second ends; one that is handed on, and a terminal that is gone, count once.

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { repeatMs, watchSignals } from "../../src/cli/signals.ts";
import type { CancelledError } from "../../src/errors.ts";

function watch(drainMs?: number) {
  const host = new EventEmitter();
  const state = { now: 1000, said: "", exits: [] as number[] };
  const stop = new AbortController();
  const release = watchSignals(Object.assign(host, { exit: (code: number) => state.exits.push(code) }) as never, {
    stop,
    say: (text) => {
      state.said += text;
    },
    monotonic: () => state.now,
    ...(drainMs !== undefined && { drainMs }),
  });
  return { host, state, stop, release };
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 143],
] as const) {
  test(`${signal} drains, with exit code ${code}`, () => {
    const { host, state, stop, release } = watch();
    host.emit(signal);
    assert.equal((stop.signal.reason as CancelledError).exitCode, code);
    assert.match(state.said, /stopping; .* 30 s at most\. Once more stops at once\.\n$/);
    assert.deepEqual(state.exits, []);
    release();
    assert.equal(host.listenerCount(signal), 0);
  });
}

test("a second signal ends the process; one that follows at once is the first, handed on", () => {
  const { host, state, release } = watch();
  host.emit("SIGINT");
  state.now += repeatMs - 1;
  host.emit("SIGINT");
  assert.deepEqual(state.exits, []);
  state.now += 1;
  host.emit("SIGINT");
  assert.deepEqual(state.exits, [130]);
  release();
});

test("a terminal is gone once, however often it is told", () => {
  const { host, state, release } = watch();
  host.emit("SIGINT");
  state.now += 10 * repeatMs;
  host.emit("SIGHUP");
  host.emit("SIGHUP");
  assert.deepEqual(state.exits, []);
  release();
});

test("what does not come to rest is waited for as long as was said", async () => {
  const { host, state, release } = watch(1);
  host.emit("SIGTERM");
  while (state.exits.length === 0) await setTimeout(5);
  assert.deepEqual(state.exits, [143]);
  assert.match(state.said, /not at rest after 1 s: stopped at once/);
  release();
});
