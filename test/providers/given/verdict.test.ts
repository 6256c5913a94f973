// The rule of proof as properties: what is within it is proved, whatever else is wrong is told by its own name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom, type Random } from "../../../src/math/random.ts";
import { computeVerdict, leastTokens, type Passage } from "../../../src/providers/given/verdict.ts";
import fc from "../../helpers/properties.ts";

/** Drawn by a seed: log-probabilities that differ from token to token, as those of texts do. */
const seeds = fc.nat(1_000_000);

interface Drawn {
  readonly all: readonly (readonly number[])[];
  readonly random: Random;
}

function draw(seed: number): Drawn {
  const random = createRandom(computeSeed("verdict", seed));
  const count = 3 + random.integer(3);
  const all = Array.from({ length: count }, () =>
    Array.from({ length: 24 + random.integer(36) }, () => -0.05 - 3 * Math.abs(random.normal())),
  );
  return { all, random };
}

function createPassages(
  all: readonly (readonly number[])[],
  change: (terms: readonly number[], text: number) => readonly (number | null)[],
): Passage[] {
  return all.map((terms, text) => ({ written: terms, given: change(terms, text), best: terms.map(() => null) }));
}

const shift = (terms: readonly number[], by: number): readonly (number | null)[] =>
  terms.map((_, index) => terms[index - by] ?? null);

test("differences within the rule are proved, and the agreement is what was compared", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { all, random } = draw(seed);
      const verdict = computeVerdict(
        createPassages(all, (terms) => terms.map((each) => each + 0.02 * (2 * random.uniform() - 1))),
      );
      assert.equal(verdict.kind, "proved", JSON.stringify(verdict));
      if (verdict.kind !== "proved") return;
      assert.equal(verdict.tokenCount, all.flat().length);
      assert.ok(verdict.median <= 0.02 && verdict.high <= 0.02 && verdict.shifted >= 10 * verdict.median);
    }),
  );
});

test("a few wild tokens pass, one in ten does not, and neither does a bias of all", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 25, max: 500 }), (seed, hundredths) => {
      const { all } = draw(seed);
      const judge = (step: number) => {
        let count = 0;
        const wild = (each: number): number => (count++ % step === 0 ? each - hundredths / 100 : each);
        return computeVerdict(createPassages(all, (terms) => terms.map(wild))).kind;
      };
      assert.equal(judge(40), "proved");
      assert.notEqual(judge(10), "proved");
      assert.equal(judge(1), "different");
    }),
  );
});

test("a shift by one position is displaced, to either side, by the values or by the likeliest tokens", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(-1, 1), (seed, by) => {
      const { all, random } = draw(seed);
      const byValue = computeVerdict(createPassages(all, (terms) => shift(terms, by)));
      assert.equal(byValue.kind, "displaced", JSON.stringify(byValue));
      // Right tokens off the next place's distribution: the likeliest there is the token that was written next.
      const byBest = createPassages(all, (terms) => terms.map(() => -20 + random.normal())).map((passage) => ({
        ...passage,
        best: shift(passage.written, -1),
      }));
      assert.equal(computeVerdict(byBest).kind, "displaced");
    }),
  );
});

test("constants, silence and too few tokens have their own names", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: leastTokens - 1 }), (seed, count) => {
      const { all } = draw(seed);
      const constant = computeVerdict(createPassages(all, (terms) => terms.map(() => -5.5)));
      assert.deepEqual(constant, { kind: "constant", value: -5.5 });
      assert.deepEqual(computeVerdict(createPassages(all, (terms) => terms.map(() => null))), { kind: "silent" });
      let left = count;
      const few = createPassages(all, (terms) => terms.map((each) => (left-- > 0 ? each : null)));
      assert.deepEqual(computeVerdict(few), { kind: "few", tokenCount: count });
    }),
  );
  assert.deepEqual(computeVerdict([]), { kind: "silent" });
});

test("a text that says the same at every place proves nothing", () => {
  const written = Array.from({ length: 80 }, (_, index) => -1e-6 * (index % 2));
  assert.equal(computeVerdict([{ written, given: written, best: [] }]).kind, "blunt");
});
