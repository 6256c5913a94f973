// MinHash against the exact similarity, as a statistic with its interval; bands against their formula; grams against the
// plain way to make them; words in every script.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createGramSet } from "../../../src/text/near/gram-set.ts";
import { type GramHashes, readGrams } from "../../../src/text/near/grams.ts";
import { computeAgreement, readSignature, signatureLength } from "../../../src/text/near/min-hash.ts";
import { computeBands, createNearIndex } from "../../../src/text/near/near-index.ts";
import { createWordHashes, readWords } from "../../../src/text/near/words.ts";
import fc from "../../helpers/properties.ts";

/** Two sets of numbers with a Jaccard similarity of shared / (2 size - shared), as a text's grams. */
function createPair(
  random: { integer(bound: number): number },
  size: number,
  shared: number,
): readonly [Int32Array, Int32Array] {
  const draw = (): number => random.integer(4294967296) | 0;
  const both = Array.from({ length: shared }, draw);
  const rest = (): number[] => Array.from({ length: size - shared }, draw);
  return [Int32Array.from([...both, ...rest()]), Int32Array.from([...both, ...rest()])];
}

const sign = (grams: Int32Array): Uint16Array<ArrayBuffer> => {
  const signature = new Uint16Array(signatureLength);
  readSignature(grams, grams.length, signature);
  return signature;
};

test("the share of equal places estimates the Jaccard similarity: no bias, and the variance J(1 - J)/128", () => {
  const pairs = 300;
  for (const [size, shared] of [
    [200, 67],
    [200, 133],
    [200, 178],
    [60, 53],
    [400, 388],
  ] as const) {
    const exact = shared / (2 * size - shared);
    const random = createRandom(computeSeed("minhash", size, shared));
    const errors = Array.from({ length: pairs }, () => {
      const [one, other] = createPair(random, size, shared);
      return computeAgreement(sign(one), sign(other)) - exact;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / pairs;
    const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (pairs - 1);
    // Drawing minima without replacement from one set varies a little less than binomially; four standard errors each way.
    const expected = (exact * (1 - exact)) / signatureLength;
    const interval = 4 * Math.sqrt(expected / pairs);
    assert.ok(Math.abs(mean) < interval, `J = ${exact.toFixed(3)}: mean error ${mean} beyond ${interval}`);
    const spread = 4 * Math.sqrt(2 / pairs);
    assert.ok(
      Math.abs(variance / expected - 1) < spread,
      `J = ${exact.toFixed(3)}: variance ${variance / expected} of the expected, beyond ${spread}`,
    );
  }
});

test("bands find pairs as often as 1 - (1 - J^r)^b says, and what they find is decided by all places", () => {
  const { bandCount, rowsPerBand } = computeBands(0.8);
  assert.deepEqual([bandCount, rowsPerBand], [18, 7]);
  assert.deepEqual(computeBands(1), { bandCount: 1, rowsPerBand: 128 });
  assert.ok(computeBands(0.05).bandCount === 128);
  const pairs = 300;
  for (const [shared, low, high] of [
    [178, 0.8, 1],
    [160, 0, 0.05],
  ] as const) {
    const random = createRandom(computeSeed("bands", shared));
    let found = 0;
    let agreeing = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const [one, other] = createPair(random, 200, shared).map(sign);
      const index = createNearIndex(0.8);
      index.add(one!);
      const isNear = computeAgreement(one!, other!) >= 0.8;
      if (isNear) agreeing += 1;
      const hit = index.find(other!);
      assert.ok(hit === undefined || isNear);
      if (hit !== undefined) found += 1;
    }
    // J = 0.80 is found where the estimate reaches it, in about half; 0.67 hardly ever.
    assert.ok(found / Math.max(1, agreeing) >= low && found / pairs <= high, `${found} of ${agreeing} of ${pairs}`);
    if (shared === 178) assert.ok(agreeing > pairs * 0.4 && agreeing < pairs * 0.65, `${agreeing} of ${pairs}`);
  }
});

test("an index of many rows finds each of them, and a band that all share does not make it slow", () => {
  const random = createRandom(computeSeed("index"));
  const index = createNearIndex(0.8);
  const kept = Array.from({ length: 4200 }, () => {
    const signature = Uint16Array.from({ length: signatureLength }, () => random.integer(65536));
    index.add(signature);
    return signature;
  });
  for (const row of [0, 1, 4095, 4096, 4199]) assert.equal(index.find(kept[row]!), row);
  // All of these share their first band and nothing else.
  const shared = createNearIndex(0.8);
  let lookups = 0;
  for (let row = 0; row < 2000; row++) {
    const signature = Uint16Array.from({ length: signatureLength }, (_, place) =>
      place < 7 ? 1 : random.integer(65536),
    );
    if (shared.find(signature) !== undefined) lookups += 1;
    shared.add(signature);
  }
  assert.equal(lookups, 0);
});

test("property: grams in one step each are those made one by one", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(letters, letters, fc.integer({ min: 1, max: 7 }), (one, other, order) => {
      const [words, grams]: [ReturnType<typeof createWordHashes>, GramHashes] = [
        createWordHashes(),
        createWordHashes(),
      ];
      const read = (list: readonly string[]): Map<string, string> => {
        readWords(list.join(" "), words);
        assert.equal(words.count, list.length);
        readGrams(words, order, grams);
        const size = Math.min(order, list.length);
        const plain =
          size === 0
            ? []
            : Array.from({ length: list.length - size + 1 }, (_, at) => list.slice(at, at + size).join(" "));
        assert.equal(grams.count, plain.length);
        return new Map(plain.map((gram, at) => [gram, `${grams.first[at]} ${grams.second[at]}`]));
      };
      const [first, second] = [read(one), read(other)];
      for (const [gram, hash] of first) {
        for (const [twin, otherHash] of second) assert.equal(gram === twin, hash === otherHash, `${gram} and ${twin}`);
      }
    }),
  );
});

test("property: a set of grams is a set", () => {
  const gram = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -900, max: 900 }));
  fc.assert(
    fc.property(fc.array(gram, { maxLength: 3000 }), gram, (added, asked) => {
      const set = createGramSet();
      const plain = new Set<string>();
      for (const [first, second] of added) {
        if (first === 0 && second === 0) continue;
        set.add(first, second);
        plain.add(`${first} ${second}`);
      }
      assert.equal(set.count(), plain.size);
      for (const [first, second] of [...added, asked])
        assert.equal(set.has(first, second), plain.has(`${first} ${second}`));
    }),
    { numRuns: 30 },
  );
});

test("words: case, forms and signs do not tell them apart; scripts without spaces have a word a character", () => {
  const count = (text: string): number => {
    const words = createWordHashes();
    readWords(text, words);
    return words.count;
  };
  const equal = (one: string, other: string): boolean => {
    const [left, right] = [createWordHashes(), createWordHashes()];
    readWords(one, left);
    readWords(other, right);
    const list = ({ first, second, count }: typeof left): string =>
      `${first.subarray(0, count)} ${second.subarray(0, count)}`;
    return list(left) === list(right);
  };
  const counts = [
    ["", 0],
    ["don't stop", 3],
    ["日本語 text", 4],
    ["สวัสดี", 6],
    ["한국어 텍스트", 2],
    ["नमस्ते दुनिया", 2],
    ["  -- !", 0],
    ["x".repeat(1000), 1],
  ] as const;
  for (const [text, expected] of counts) assert.equal(count(text), expected, text);
  assert.ok(equal("Café, Straße!", "cafe\u0301 straße"));
  assert.ok(equal("ＡＢＣ １２", "abc 12"));
  assert.ok(!equal("ab c", "a bc"));
  assert.ok(count(Array.from({ length: 5000 }, (_, index) => index).join(" ")) === 5000);
});
