import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StoreError } from "../../../src/errors.ts";
import { openPairSpill, type PairSpill } from "../../../src/store/spill/pair-spill.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

function createSpill(context: TestContext, ids: readonly string[]): PairSpill {
  const spill = openPairSpill(join(createTemporaryFolder(context), "pairs.db"));
  context.after(() => spill.close());
  spill.add(ids.map((id, index) => ({ id, line: index + 1, text: `text of ${id}` })));
  return spill;
}

test("rows are taken by id, once each, and what is left is told in order", (context) => {
  const spill = createSpill(context, ["b", "a", "", "ü\u0000", "7"]);
  assert.equal(spill.readDoubled(), undefined);
  assert.deepEqual(spill.take("ü\u0000", 10), { kind: "row", line: 4, text: "text of ü\u0000" });
  assert.deepEqual(spill.take("b", 11), { kind: "row", line: 1, text: "text of b" });
  assert.deepEqual(spill.take("b", 12), { kind: "gone", takenBy: 11 });
  assert.deepEqual(spill.take("c", 12), { kind: "none" });
  assert.deepEqual(spill.readLeft(), { id: "a", line: 2 });
  for (const id of ["a", "", "7"]) assert.equal(spill.take(id, 13).kind, "row");
  assert.equal(spill.readLeft(), undefined);
});

test("the first doubled id by line is found with the line before it", (context) => {
  const spill = createSpill(context, ["x", "b", "a", "b", "a", "b", "x"]);
  assert.deepEqual(spill.readDoubled(), { id: "b", line: 4, earlierLine: 2 });
});

test("many rows are found again", (context) => {
  const ids = Array.from({ length: 20_000 }, (_, index) => `id-${(index * 7919) % 20_000}`);
  const spill = createSpill(context, ids);
  assert.equal(spill.readDoubled(), undefined);
  for (let index = 0; index < 20_000; index += 1000) assert.equal(spill.take(`id-${index}`, 1).kind, "row");
});

test("a place that cannot hold a database is told as our error", (context) => {
  assert.throws(() => openPairSpill(createTemporaryFolder(context)), StoreError);
});
