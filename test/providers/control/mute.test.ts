// A server that takes every request and begins no answer, or whose connections always break: how much is sent to it, all of
// which may be paid.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProviderError } from "../../../src/errors.ts";
import { createMute } from "../../../src/providers/control/mute.ts";
import { answered, createVirtualEndpoint, type Reply, type VirtualEndpoint } from "../../helpers/virtual-endpoint.ts";

const lateMs = 120_000;
const late: Reply = { kind: "lost", reason: "no answer began within 120 s", cause: "firstByteMs", latencyMs: lateMs };
const limits = { concurrency: 32, tries: 5, waitMs: 120_000 };

async function ask(endpoint: VirtualEndpoint, count: number): Promise<number> {
  let answeredCount = 0;
  for await (const _ of endpoint.askMany(count)) answeredCount += 1;
  return answeredCount;
}

test("a server that begins no answer any more is given up after a few sendings, whoever of many is sent again", async () => {
  let vain = 0;
  const endpoint = createVirtualEndpoint({
    limits,
    answer: (sent) => {
      if (sent.atMs < 200) return answered(sent);
      vain += 1;
      return late;
    },
  });
  const started = endpoint.time.monotonic();
  await assert.rejects(endpoint.time.run(ask(endpoint, 1000)), (error) => {
    assert.ok(error instanceof ProviderError);
    assert.equal(error.where, "endpoint teacher, one");
    assert.match(
      error.what,
      /^no answer began within 120 s: nothing was answered for \d+ s, and limits\.waitMs is 120 s$/,
    );
    assert.match(error.next ?? "", /raise endpoints\.teacher\.limits\.firstByteMs/);
    return true;
  });
  // Those under way when it fell silent, and one for each try after that.
  assert.ok(vain <= limits.concurrency + limits.tries, `${vain} sendings`);
  assert.ok(endpoint.time.monotonic() - started < 8 * lateMs);
});

test("those under way together count as one, short waits do not shorten limits.waitMs, and one answer begins it anew", () => {
  const mute = createMute({ tries: 3, waitMs: 10_000 });
  for (const nowMs of [1000, 1001, 1002]) mute.add(0, nowMs);
  assert.equal(mute.readLongMs(60_000), null);
  for (const sentMs of [2000, 4000]) mute.add(sentMs, sentMs + 1000);
  assert.equal(mute.readLongMs(9999), null);
  assert.equal(mute.readLongMs(10_000), 10_000);
  mute.end();
  assert.equal(mute.readLongMs(60_000), null);
  mute.add(50_000, 51_000);
  assert.equal(mute.readLongMs(70_000), null);
});

const reset: Reply = { kind: "lost", reason: "the connection was reset", cause: "broken" };

/** Answers so many, and then none; resolves with the sendings that were lost and how long it went on with them. */
async function breakAfter(goodCount: number, more: { concurrency: number; urls?: readonly string[] }) {
  let good = 0;
  const lostAt: number[] = [];
  const { concurrency, urls = ["one"] } = more;
  const endpoint = createVirtualEndpoint({
    ...{ limits: { concurrency, tries: 5 }, urls },
    answer(sent, random) {
      if (good++ < goodCount) return answered(sent, { latencyMs: 20 + 60 * random.uniform() });
      lostAt.push(sent.atMs);
      return { ...reset, latencyMs: 5 + 80 * random.uniform() };
    },
  });
  await assert.rejects(endpoint.time.run(ask(endpoint, 5000)), (error) => {
    assert.ok(error instanceof ProviderError);
    assert.equal(error.what, "the connection was reset: nothing that was sent had a whole answer, 5 times in a row");
    assert.match(error.next ?? "", /where the connection always breaks, look at the server's log/);
    return true;
  });
  assert.equal(endpoint.count("unknown"), lostAt.length);
  return { lostCount: lostAt.length, longMs: endpoint.time.monotonic() - (lostAt[0] as number) };
}

test("where nothing was ever answered, the first window and a handful are lost, and not every request five times", async () => {
  for (const concurrency of [16, 64, 512]) {
    const { lostCount, longMs } = await breakAfter(0, { concurrency });
    assert.ok(lostCount <= 8 + 8, `${lostCount} at ${concurrency}`);
    // What lasts for a moment is no end of a run.
    assert.ok(longMs > 1500, `${longMs} ms`);
  }
  const { lostCount } = await breakAfter(0, { concurrency: 1 });
  assert.equal(lostCount, 5);
});

test("what is under way when every connection begins to break is lost, and a handful after it", async () => {
  for (const [goodCount, concurrency] of [
    [100, 8],
    [2000, 64],
    [3000, 256],
  ] as const) {
    const { lostCount } = await breakAfter(goodCount, { concurrency });
    assert.ok(lostCount <= 1.3 * concurrency + 12, `${lostCount} at ${concurrency}`);
  }
});

test("a server whose connections break ends nothing while another has still to answer", async () => {
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    limits: { concurrency: 4, tries: 5 },
    answer: (sent) => (sent.url === "one" ? reset : answered(sent, { latencyMs: 60_000 })),
  });
  assert.equal(await endpoint.time.run(ask(endpoint, 20)), 20);
});
