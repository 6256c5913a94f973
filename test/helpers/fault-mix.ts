// R7 without bytes: the outcomes of a faulty server in virtual time, with Retry-After from 1 to 90 seconds.

import assert from "node:assert/strict";
import { readAll } from "../../src/contracts/case.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { answered, createVirtualEndpoint, type Reply, type Sent } from "./virtual-endpoint.ts";

const lost = (reason: string, latencyMs = 50): Reply => ({ kind: "lost", reason, latencyMs });
const busy = (reason: string, retryAfterMs: number | null): Reply => ({
  kind: "busy",
  reason,
  retryAfterMs,
  latencyMs: 5,
});

/** What becomes of one sending, by its key and count alone. */
function draw(sent: Sent, seed: number): Reply {
  const random = createRandom(computeSeed("mix", seed, sent.key, sent.count));
  const place = random.uniform();
  if (place < 0.15) return busy("429", 1000 * (1 + random.integer(90)));
  if (place < 0.3) return busy("429", null);
  if (place < 0.4) return busy("503", null);
  if (place < 0.5) return lost("no answer within 600 s", 600_000);
  if (place < 0.68) return lost("the answer was cut");
  return answered(sent);
}

export interface Mix {
  readonly count: number;
  readonly concurrency: number;
  readonly seed: number;
}

/** Returns how many sendings failed, and how many of them asked for time. */
export async function checkMix({ count, concurrency, seed }: Mix) {
  let restUntilMs = 0;
  let early = 0;
  const faulted = { busy: 0, lost: 0, late: 0 };
  const endpoint = createVirtualEndpoint({
    limits: { concurrency, tries: 40, waitMs: 24 * 3_600_000 },
    seed,
    answer(sent) {
      if (sent.atMs < restUntilMs) early += 1;
      const reply = draw(sent, seed);
      if (reply.kind === "busy" && reply.retryAfterMs !== null) {
        faulted.late += 1;
        // In force once it has arrived.
        endpoint.time.schedule(reply.latencyMs ?? 0, () => {
          restUntilMs = Math.max(restUntilMs, endpoint.time.monotonic() + (reply.retryAfterMs ?? 0));
        });
      }
      if (reply.kind === "busy" || reply.kind === "lost") faulted[reply.kind] += 1;
      return reply;
    },
  });
  const asked = await endpoint.time.run(readAll(endpoint.askMany(count)));
  assert.equal(asked.length, count);
  assert.equal(new Set(asked.map(({ item }) => item)).size, count);
  for (const { item, settled } of asked) assert.deepEqual(settled, { kind: "answered", answer: `${item} by one` });
  assert.equal(early, 0, "Retry-After was undercut");
  assert.equal(endpoint.sent.length, count + faulted.busy + faulted.lost);
  assert.deepEqual([endpoint.count("retryable"), endpoint.count("unknown")], [faulted.busy, faulted.lost]);
  assert.equal(endpoint.count("intend"), endpoint.sent.length);
  assert.deepEqual([endpoint.count("account"), endpoint.count("failed")], [count, 0]);
  return { faulted: faulted.busy + faulted.lost, late: faulted.late };
}
