// Who stands in line for a place of a wide window has its intent on the disk when its turn comes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CancelledError } from "../../../src/errors.ts";
import { answered, createVirtualEndpoint } from "../../helpers/virtual-endpoint.ts";

/** Streams of so many; resolves with the most that were intended and not sent while every place of the window was taken. */
async function measureLine(
  count: number,
  { streams = 1, ...limits }: { readonly concurrency: number; readonly requests?: number; readonly streams?: number },
) {
  let [intended, most] = [0, 0];
  const endpoint = createVirtualEndpoint({
    limits,
    onIntend() {
      intended += 1;
    },
    answer(sent) {
      if (sent.together === limits.concurrency) most = Math.max(most, intended - endpoint.sent.length);
      return answered(sent);
    },
  });
  const drain = async (): Promise<number> => {
    let done = 0;
    for await (const _ of endpoint.askMany(count)) done += 1;
    return done;
  };
  const drained = endpoint.time.run(Promise.all(Array.from({ length: streams }, drain)));
  assert.deepEqual(await drained, Array(streams).fill(count));
  assert.equal(intended, count * streams);
  return most;
}

test("where half a thousand are under way, whoever stands in line is intended meanwhile", async () => {
  for (const streams of [1, 8]) {
    const most = await measureLine(4000, { concurrency: 512, streams });
    assert.ok(most >= 100 && most <= 512 / 4, `${most} of ${streams}`);
  }
});

test("where few are under way, or rates hold them back, nobody is intended who is not sent next", async () => {
  assert.equal(await measureLine(400, { concurrency: 32 }), 0);
  assert.ok((await measureLine(4000, { concurrency: 64 })) > 0);
  assert.equal(await measureLine(4000, { concurrency: 64, requests: 120_000 }), 0);
});

test("told to stop, whoever was intended and stood in line was never sent", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { concurrency: 128 },
    answer(sent) {
      if (sent.together === 128) endpoint.abort(new CancelledError("stop"));
      return answered(sent);
    },
  });
  const drain = async (): Promise<void> => {
    for await (const _ of endpoint.askMany(2000));
  };
  await assert.rejects(endpoint.time.run(drain()), CancelledError);
  assert.ok(endpoint.count("retryable") > 0);
  assert.equal(endpoint.count("intend"), endpoint.sent.length + endpoint.count("retryable"));
});
