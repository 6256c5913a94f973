// The mix of faults of durability.md's R7: every request is answered once and truly, the other side was asked exactly as
// often as it failed beyond that, its patience was kept, and no row was lost to a retry budget.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMix } from "../../helpers/fault-mix.ts";

for (const concurrency of [1, 8, 64, 512]) {
  test(`R7 in virtual time, ${concurrency} at once`, async () => {
    const { late, faulted } = await checkMix({ count: 300, concurrency, seed: concurrency });
    assert.ok(faulted > 150, `${faulted} calls failed`);
    assert.ok(late > 20, `${late} were asked to wait`);
  });
}
