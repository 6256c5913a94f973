import assert from "node:assert/strict";
import { test } from "node:test";
import { createOverlapCounter } from "../../src/text/overlap.ts";
import { createTokenList, type TokenList } from "../../src/text/token-list.ts";
import fc from "../helpers/properties.ts";

function toList(ids: readonly number[]): TokenList {
  return { ...createTokenList(), ids: Int32Array.from(ids), count: ids.length };
}

/** The overlap by strings: n-grams joined by spaces. */
function countPlainly(one: readonly number[], other: readonly number[], order: number): number {
  const grams = (ids: readonly number[]): string[] =>
    ids.slice(order - 1).map((_, index) => ids.slice(index, index + order).join(" "));
  const left = grams(one);
  return grams(other).filter((gram) => {
    const index = left.indexOf(gram);
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  }).length;
}

test("n-grams are counted the same whether they fit an array of counts or need a table", () => {
  // Bounds that pass the switch between both ways at n = 2, at n = 3, and never.
  for (const bound of [2, 30, 255, 257, 50_000]) {
    const id = fc.integer({ min: 0, max: Math.min(bound - 1, 3) }).map((number) => (number * (bound - 1)) % bound);
    const ids = fc.array(id, { maxLength: 40 });
    for (const order of [1, 2, 3, 5]) {
      const counter = createOverlapCounter(order);
      fc.assert(
        fc.property(ids, ids, (one, other) => {
          assert.equal(counter.compute(toList(one), toList(other), bound), countPlainly(one, other, order));
        }),
        { numRuns: 30 },
      );
    }
  }
});

test("a table of n-grams grows", () => {
  const ids = Array.from({ length: 5000 }, (_, index) => index);
  const counter = createOverlapCounter(2);
  for (let round = 0; round < 2; round++) {
    assert.equal(counter.compute(toList(ids), toList(ids), 5000), 4999);
    assert.equal(counter.compute(toList(ids), toList([...ids].reverse()), 5000), 0);
  }
});
