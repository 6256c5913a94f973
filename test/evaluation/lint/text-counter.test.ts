import assert from "node:assert/strict";
import { test } from "node:test";
import { createTextCounter } from "../../../src/evaluation/lint/text-counter.ts";
import fc from "../../helpers/properties.ts";

const normalize = (text: string): string => text.normalize("NFC").toLowerCase().replace(/\s+/gu, " ").trim();

test("distinct texts and their effective number are those of a table of strings", () => {
  const word = fc.constantFrom("a", "B", "b", " b ", "é", "e\u0301", "a  b", "a\nb", "ß", "x".repeat(3000));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (texts) => {
      const counter = createTextCounter(texts.length);
      const lows = new Map(texts.map((text) => [normalize(text), counter.add(text)]));
      assert.equal(new Set(lows.values()).size, lows.size, "other texts, other digests");
      const counts = [...Map.groupBy(texts, normalize).values()].map((group) => group.length);
      const kish = counts.reduce((sum, n) => sum + n, 0) ** 2 / counts.reduce((sum, n) => sum + n * n, 0);
      const expected = { texts: texts.length, distinct: counts.length, effective: texts.length === 0 ? 0 : kish };
      assert.deepEqual(counter.read(), expected);
    }),
    { numRuns: 300 },
  );
});

test("a full table still tells texts apart, in any order", () => {
  const count = 20_000;
  const counter = createTextCounter(count);
  for (let index = 0; index < count; index++) counter.add(`text ${(index * 7919) % (count / 2)}`);
  assert.deepEqual(counter.read(), { texts: count, distinct: count / 2, effective: count / 2 });
  assert.throws(() => counter.add("one more"), RangeError);
});
