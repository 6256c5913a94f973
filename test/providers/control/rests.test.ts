// What a server asked an earlier process: to be left alone. In virtual time, and by clocks that were set in between.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readAll } from "../../../src/contracts/case.ts";
import { CancelledError, ProviderError } from "../../../src/errors.ts";
import { createPatience } from "../../../src/providers/batch/patience.ts";
import { createRests, type Rest, type Rests } from "../../../src/providers/rests.ts";
import { createMemoryEvidence } from "../../helpers/given-endpoint.ts";
import { answered, createVirtualEndpoint, type Reply } from "../../helpers/virtual-endpoint.ts";
import { createVirtualTime } from "../../helpers/virtual-time.ts";

const busy = (retryAfterMs: number | null): Reply => ({ kind: "busy", reason: "429: slow down", retryAfterMs });

/** As an earlier process left it, with what is written to it. */
function createKept(known: Readonly<Record<string, Rest>>): Rests & { readonly written: (Rest & { url: string })[] } {
  const written: (Rest & { url: string })[] = [];
  return {
    written,
    read: (url) => known[url] ?? null,
    write: async (url, rest) => void written.push({ url, ...rest }),
  };
}

const kept = { restMs: 400_000, reason: "429: slow down" };

test("a server that asked an earlier process for patience is sent nothing before its time, and is told as it was", async () => {
  const rests = createKept({ one: kept });
  const endpoint = createVirtualEndpoint({ rests, answer: (sent) => answered(sent) });
  const { pausedMs, reason } = endpoint.controller.state();
  assert.deepEqual({ restMs: pausedMs, reason }, kept);
  await endpoint.time.run(readAll(endpoint.askMany(40)));
  assert.ok(Math.min(...endpoint.sent.map(({ atMs }) => atMs)) >= kept.restMs);
  assert.deepEqual(rests.written, []);
});

test("where that is longer than limits.waitMs the run ends by the same line as in the process that was told", async () => {
  const ask = (known: Readonly<Record<string, Rest>>) => {
    const reply = busy(kept.restMs);
    const endpoint = createVirtualEndpoint({
      ...{ rests: createKept(known), limits: { waitMs: 300_000 } },
      answer: () => ({ ...reply, latencyMs: 0 }),
    });
    return { endpoint, failed: endpoint.time.run(readAll(endpoint.askMany(5))).catch((error: unknown) => error) };
  };
  const [told, later] = [ask({}), ask({ one: kept })];
  const [first, second] = (await Promise.all([told.failed, later.failed])) as [ProviderError, ProviderError];
  assert.ok(first instanceof ProviderError && second instanceof ProviderError, String(second));
  assert.equal(second.what, "429: slow down: it asks to be left alone for 400 s, and limits.waitMs is 300 s");
  assert.deepEqual([second.what, second.where, second.next], [first.what, first.where, first.next]);
  assert.equal(later.endpoint.sent.length, 0);
});

test("told to stop, it waits no longer", async () => {
  const endpoint = createVirtualEndpoint({ rests: createKept({ one: kept }), answer: (sent) => answered(sent) });
  endpoint.time.schedule(2000, () => endpoint.abort(new CancelledError()));
  await assert.rejects(endpoint.time.run(readAll(endpoint.askMany(5))), CancelledError);
  assert.deepEqual([endpoint.time.monotonic(), endpoint.sent.length], [2000, 0]);
});

test("others are asked meanwhile, and who stands in their lines goes to it as soon as it may be asked", async () => {
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    limits: { concurrency: 4 },
    rests: createKept({ two: { ...kept, restMs: 1000 } }),
    answer: (sent) => answered(sent, { latencyMs: sent.url === "one" ? 60_000 : 50 }),
  });
  await endpoint.time.run(readAll(endpoint.askMany(40)));
  const two = endpoint.sent.filter(({ url }) => url === "two").map(({ atMs }) => atMs);
  assert.ok(two[0]! >= 1000 && two[1]! < 1200 && two.at(-1)! < 60_000, `${two}`);
});

test("what a server asks for is kept before it is waited for, and nothing is where it only turns away", async () => {
  const rests = createKept({});
  const replies: Record<string, Reply> = {
    0: busy(7000),
    1: busy(null),
    2: busy(0),
    3: { ...busy(3000), latencyMs: 60 },
  };
  const endpoint = createVirtualEndpoint({
    rests,
    answer: (sent) => (sent.count === 1 ? (replies[sent.key] ?? answered(sent)) : answered(sent)),
  });
  await endpoint.time.run(readAll(endpoint.askMany(20)));
  // The fourth asks for a moment that has to be waited for in any case.
  assert.deepEqual(rests.written, [{ url: "one", restMs: 7000, reason: "429: slow down" }]);
  const failing = createVirtualEndpoint({
    rests: { ...rests, write: () => Promise.reject(new Error("the disk is full")) },
    answer: () => busy(7000),
  });
  await assert.rejects(failing.time.run(readAll(failing.askMany(5))), /the disk is full/);
});

test("however the clock was set in between, no server is left alone for longer than it asked", async () => {
  let nowMs = 1_800_000_000_000;
  const records = createMemoryEvidence();
  const rests = createRests({ name: "teacher", records, clock: { now: () => nowMs } });
  assert.equal(rests.read("one"), null);
  await rests.write("one", { restMs: 600_000.5, reason: "429" });
  const left = (url = "one"): number | null => rests.read(url)?.restMs ?? null;
  const past = (ms: number): number | null => {
    nowMs = 1_800_000_000_000 + ms;
    return left();
  };
  assert.deepEqual([past(0), past(200_000), past(600_001)], [600_001, 400_001, null]);
  // Back by ten days: it is not known how long ago that was. On by a year: it was long ago.
  assert.deepEqual([past(-864_000_000), past(31_536_000_000)], [600_001, null]);
  nowMs = 1_800_000_000_000;
  assert.deepEqual(
    [left("two"), createRests({ name: "judge", records, clock: { now: () => nowMs } }).read("one")],
    [null, null],
  );
});

test("what the service of a batch asks for is kept too, also where it is more than is waited for", async () => {
  const time = createVirtualTime();
  const told: Rest[] = [];
  const { ask } = createPatience({
    ...{ name: "teacher", time, signal: new AbortController().signal, pauseMs: 1000, settleMs: 1, waitMs: 60_000 },
    keep: async (rest) => void told.push(rest),
  });
  const faults = [5000, null, 3_600_000];
  const send = async () => {
    const fault = { kind: "busy", reason: "429", retryAfterMs: faults.shift() ?? null } as const;
    return { kind: "failure", status: 429, fault } as const;
  };
  await assert.rejects(time.run(ask(send)), ProviderError);
  assert.deepEqual(
    told.map(({ restMs }) => restMs),
    [5000, 3_600_000],
  );
});
