import assert from "node:assert/strict";
import { test } from "node:test";
import { createArmIds, type Field, findDiffering, pickFields } from "../../../src/experiment/arms/fields.ts";
import { isName } from "../../../src/experiment/schema/strict.ts";
import fc from "../../helpers/properties.ts";

const arm = (corpus: string, keep: number, share?: number): readonly Field[] => [
  { name: "corpus", value: corpus },
  { name: "share", value: share, isShare: true },
  { name: "best", value: null },
  { name: "keep", value: keep, isShare: true },
  { name: "stem", value: keep < 1 },
];

test("ids join the differing values; an option that only one arm has tells nothing apart", () => {
  assert.deepEqual(createArmIds([arm("replace", 0.125), arm("mix", 0.25, 0.1)], []), ["replace-12.5", "mix-25"]);
  assert.deepEqual(createArmIds([arm("mix", 1, 0.1), arm("mix", 1, 0.07)], []), ["10", "7"]);
  assert.deepEqual(createArmIds([arm("replace", 1), arm("replace", 0.5)], []), ["100-no-stem", "50-stem"]);
  assert.deepEqual(createArmIds([arm("replace", 1)], []), ["replace"]);
  assert.deepEqual(createArmIds([arm("replace", 1)], ["replace"]), ["replace-2"]);
});

test("numbers and texts become safe parts of a name", () => {
  const ids = (...values: readonly Field["value"][]) =>
    createArmIds(
      values.map((value) => [{ name: "x", value }]),
      [],
    );
  assert.deepEqual(ids(-1.5, 1e-7, 1e21, 0.1 + 0.2), ["minus1.5", "1eminus7", "1e21", "0.3"]);
  assert.deepEqual(ids("A b/../c", "..", "ünï"), ["a-b-..-c", "arm", "n"]);
  assert.deepEqual(
    ids("x".repeat(90), `${"x".repeat(89)}y`).map((id) => id.length),
    [58, 58],
  );
});

test("ids are unique, safe and deterministic whatever the arms are", () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ maxLength: 40 }),
  );
  const arms = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(arms, fc.array(fc.constantFrom("arm", "true", "0"), { maxLength: 2 }), (rows, taken) => {
      const fields = rows.map((values) =>
        values.map((value, index) => ({ name: `f${index}`, value, isShare: index === 1 })),
      );
      const ids = createArmIds(fields, taken);
      assert.equal(new Set([...ids, ...taken]).size, ids.length + new Set(taken).size);
      for (const id of ids) assert.ok(isName(id), id);
      assert.deepEqual(createArmIds(fields, taken), ids);
    }),
    { numRuns: 1000 },
  );
});

test("differing fields keep the order of the fields, and what an arm lacks is null", () => {
  const arms = [arm("mix", 1, 0.1), arm("mix", 0.5, 0.2), arm("replace", 0.5)];
  assert.deepEqual(findDiffering(arms), ["corpus", "share", "keep", "stem"]);
  assert.deepEqual(pickFields(arms[2]!, findDiffering(arms)), {
    corpus: "replace",
    share: null,
    keep: 0.5,
    stem: true,
  });
});
