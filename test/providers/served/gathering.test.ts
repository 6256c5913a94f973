// Requests that arrive together are one batch; who is gone is dropped; a server that is closed answers what has come.

import assert from "node:assert/strict";
import { request as send } from "node:http";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createGatherer } from "../../../src/providers/served/gatherer.ts";
import { startServer } from "../../../src/providers/served/server.ts";
import { post } from "../../helpers/served-client.ts";
import { createSmallEngine } from "../../helpers/small-engine.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const { signal } = new AbortController();

/** Batches that end when they are told to. */
function createHeld({
  stepMs = 0,
  ...options
}: {
  readonly width?: number;
  readonly full?: number;
  /** How far the clock goes each time it is read. */
  readonly stepMs?: number;
  readonly most?: number;
  readonly mostWaiting?: number;
}) {
  const begun: { readonly group: string; readonly items: readonly number[]; readonly end: () => void }[] = [];
  let now = 0;
  const gatherer = createGatherer<string, number, number>({
    width: 1,
    full: 8,
    most: 8,
    gatherMs: 1,
    mostWaiting: 100,
    monotonic: () => (now += stepMs),
    ...options,
    perform: (group, items) =>
      new Promise((resolve) => begun.push({ group, items, end: () => resolve(items.map((item) => -item)) })),
  });
  const add = (item: number, key = "a", given = signal) => gatherer.add({ key, group: key, item, signal: given });
  return { begun, gatherer, add };
}

test("what comes within a moment is one batch, what comes while it is at work the next", async () => {
  const { begun, add, gatherer } = createHeld({});
  const first = [1, 2, 3].map((item) => add(item));
  await setTimeout(10);
  const second = [4, 5].map((item) => add(item));
  await setTimeout(10);
  assert.deepEqual(
    begun.map(({ items }) => items),
    [[1, 2, 3]],
  );
  begun[0]!.end();
  assert.deepEqual(await Promise.all(first), [-1, -2, -3]);
  await setTimeout(10);
  assert.deepEqual(
    begun.map(({ items }) => items),
    [
      [1, 2, 3],
      [4, 5],
    ],
  );
  const rest = gatherer.settle();
  begun[1]!.end();
  assert.deepEqual(await Promise.all(second), [-4, -5]);
  await rest;
});

test("a full batch waits for nobody, and what is left waits its turn behind other groups", async () => {
  const { begun, add } = createHeld({ full: 4, most: 4 });
  const all = Array.from({ length: 6 }, (_, item) => add(item));
  assert.deepEqual(
    begun.map(({ items }) => items),
    [[0, 1, 2, 3]],
    "at once",
  );
  all.push(add(6, "b"));
  begun[0]!.end();
  await setTimeout(10);
  begun[1]!.end();
  await setTimeout(10);
  assert.deepEqual(
    begun.slice(1).map(({ group, items }) => [group, items]),
    [
      ["a", [4, 5]],
      ["b", [6]],
    ],
  );
  begun[2]!.end();
  await Promise.all(all);
});

test("beside a batch at work half a one goes to an idle worker, and less waits for those who come back", async () => {
  const { begun, add } = createHeld({ width: 2, full: 8, most: 100, stepMs: 1000 });
  const sizes = () => begun.slice(1).map(({ items }) => items.length);
  const first = add(0);
  await setTimeout(20);
  // A batch has taken long: what follows waits by that measure.
  begun[0]!.end();
  await first;
  const all = Array.from({ length: 4 }, (_, item) => add(item));
  await setTimeout(80);
  all.push(add(4), add(5));
  await setTimeout(80);
  assert.deepEqual(sizes(), [4], "two are not worth a worker");
  all.push(add(6), add(7));
  await setTimeout(80);
  assert.deepEqual(sizes(), [4, 4]);
  all.push(...Array.from({ length: 40 }, (_, item) => add(item)));
  await setTimeout(80);
  assert.deepEqual(sizes(), [4, 4], "nobody is free");
  for (const { end } of begun.slice(1)) end();
  await setTimeout(80);
  assert.deepEqual(sizes(), [4, 4, 40], "all of it goes to the first who is free, the other one has nothing left");
  begun[3]!.end();
  await Promise.all(all);
});

test("idle workers share what is too little for all of them", async () => {
  const { begun, add } = createHeld({ width: 2, full: 8, most: 100 });
  const all = Array.from({ length: 14 }, (_, item) => add(item));
  await setTimeout(20);
  assert.deepEqual(
    begun.map(({ items }) => items.length),
    [7, 7],
  );
  for (const { end } of begun) end();
  await Promise.all(all);
});

test("an error is that of its batch alone; who is gone before the turn is dropped; too many are turned away", async () => {
  const { begun, add } = createHeld({ mostWaiting: 2 });
  const gone = new AbortController();
  const first = add(1);
  await setTimeout(10);
  const [second, third] = [add(2, "a", gone.signal), add(3)];
  await assert.rejects(add(4), /2 choices wait already; come again/);
  gone.abort();
  begun[0]!.end();
  await first;
  await assert.rejects(second, { name: "AbortError" });
  await setTimeout(10);
  assert.deepEqual(begun[1]!.items, [3]);
  begun[1]!.end();
  await third;
  const failing = createGatherer<string, number, number>({
    width: 1,
    full: 1,
    most: 1,
    gatherMs: 0,
    mostWaiting: 9,
    monotonic: () => 0,
    perform: async (_, [item]) => (item === 1 ? Promise.reject(new RangeError("no")) : [0]),
  });
  const results = await Promise.allSettled([0, 1, 2].map((item) => failing.add({ key: "", group: "", item, signal })));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});

const options = { host: "127.0.0.1", port: 0, token: null, clock: systemClock, onFault: assert.ifError };

test("requests of one decoding share batches, others do not", async () => {
  const engine = createSmallEngine();
  const server = await startServer(engine, { ...options, gatherMs: 100 });
  const ask = (change: Record<string, unknown>) =>
    post(`${server.url}/completions`, { model: "base", prompt: "a", ...change });
  await Promise.all([
    ...Array.from({ length: 20 }, (_, index) => ask({ seed: index, n: 1 + (index % 3) })),
    ask({ temperature: 0 }),
  ]);
  await server.close();
  const greedy = engine.batches.filter(({ request }) => request.temperature === 0);
  assert.deepEqual(
    greedy.map(({ prompts }) => prompts.length),
    [1],
  );
  const others = engine.batches.filter(({ request }) => request.temperature === 1);
  assert.equal(
    others.reduce((sum, { prompts }) => sum + prompts.length, 0),
    39,
  );
  assert.ok(others.length <= 2, `${others.length} batches`);
});

test("closed, it takes no more and answers what has come", async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const engine = createSmallEngine(() => gate);
  const server = await startServer(engine, options);
  const asked = post(`${server.url}/completions`, { model: "base", prompt: "a b" });
  while (engine.batches.length === 0) await setTimeout(2);
  const closed = server.close();
  await assert.rejects(post(`${server.url}/completions`, { model: "base", prompt: "late" }));
  open();
  const { status, json } = await asked;
  assert.deepEqual([status, json.choices[0]?.text], [200, "a b"]);
  await closed;
});

test("what is not answered in time is cut", async () => {
  const engine = createSmallEngine(() => setTimeout(300));
  const server = await startServer(engine, options);
  const asked = post(`${server.url}/completions`, { model: "base", prompt: "a" });
  while (engine.batches.length === 0) await setTimeout(2);
  await Promise.all([server.close(20), assert.rejects(asked)]);
});

test("a client that is gone is not worked for", async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const engine = { ...createSmallEngine(() => gate), width: 1 };
  const server = await startServer(engine, options);
  const first = post(`${server.url}/completions`, { model: "base", prompt: "first" });
  while (engine.batches.length === 0) await setTimeout(2);
  const call = send(`${server.url}/completions`, { method: "POST", headers: { "content-type": "application/json" } });
  call.on("error", () => undefined);
  call.end(JSON.stringify({ model: "base", prompt: "gone" }));
  await setTimeout(50);
  call.destroy();
  await setTimeout(50);
  open();
  await first;
  await server.close();
  assert.deepEqual(
    engine.batches.flatMap(({ prompts }) => prompts.map(({ text }) => text)),
    ["first"],
  );
});

test("all choices of a stream that fails before its first one are answered as one failure", async () => {
  const faults: unknown[] = [];
  const engine = createSmallEngine(() => Promise.reject(new Error("a worker fell over")));
  const server = await startServer(engine, {
    ...{ host: "127.0.0.1", port: 0, token: null, clock: systemClock },
    onFault: (fault) => faults.push(fault),
  });
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const { status } = await post(`${server.url}/completions`, {
      ...{ model: "base", prompt: "one two", n: 3, stream: true },
    });
    assert.equal(status, 500);
    await setTimeout(5);
    assert.deepEqual(unhandled, []);
    assert.equal(faults.length, 1);
  } finally {
    process.off("unhandledRejection", note);
    await server.close(0);
  }
});
