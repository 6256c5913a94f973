import assert from "node:assert/strict";
import { test } from "node:test";
import { createLengthCounter } from "../../src/datasets/lengths.ts";
import fc from "../helpers/properties.ts";

test("property: words are what a regular expression calls them, in every script", () => {
  const unit = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.constantFrom(" ", "\n", "\u00a0", "\u2003", "\u3000", "\ufeff", "\u200b"),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 20 }), (parts) => {
      const article = parts.join("");
      const counter = createLengthCounter();
      counter.add({ id: "1", article, summary: "" });
      assert.equal(counter.summary()?.article.max, article.match(/\S+/g)?.length ?? 0);
    }),
    { numRuns: 200 },
  );
  const every = Array.from({ length: 65_536 }, (_, code) => `a${String.fromCharCode(code)}b`).join(" ");
  const counter = createLengthCounter();
  counter.add({ id: "1", article: every, summary: "" });
  assert.equal(counter.summary()?.article.max, every.match(/\S+/g)?.length);
});

test("mean, median and longest; the lower of two middle lengths", () => {
  const counter = createLengthCounter();
  assert.equal(counter.summary(), null);
  for (const article of ["a", "a b", "a b c", "a b c d"]) counter.add({ id: article, article, summary: "s" });
  assert.deepEqual(counter.summary()?.article, { mean: 2.5, median: 2, max: 4 });
});
