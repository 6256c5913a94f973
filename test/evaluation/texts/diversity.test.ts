// Diversity against recounting from scratch, closed forms, and the coverage of its intervals on simulated texts.

import assert from "node:assert/strict";
import test from "node:test";
import type { StoredCandidate } from "../../../src/domain/rows.ts";
import { createItemResampler } from "../../../src/evaluation/intervals/measure.ts";
import { createDiversityMetric, measureDiversity } from "../../../src/evaluation/texts/diversity.ts";
import { findRareWords } from "../../../src/evaluation/texts/rare-words.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { computeJackknifeError } from "../../../src/math/jackknife.ts";
import { computeQuantile } from "../../../src/math/quantile.ts";
import { createRandom, type Random } from "../../../src/math/random.ts";
import { computeStudentQuantile } from "../../../src/math/student-quantile.ts";
import fc from "../../helpers/properties.ts";

type Texts = readonly (readonly string[])[];
const seed = computeSeed("diversity-test");
const draw = (itemCount: number) => createItemResampler()(itemCount, seed);
const split = (...texts: string[]): Texts => texts.map((text) => text.split(" ").filter((word) => word !== ""));
const computeOne = (texts: Texts, rare: ReadonlySet<string>, metric: string): number =>
  measureDiversity(texts, rare, draw).find((measurement) => measurement.metric === metric)!.value;

/** The statistics again, in plain words over strings. */
function recount(texts: Texts, rare: ReadonlySet<string>): Record<string, number> {
  const words = texts.flat();
  const pairs = texts.flatMap((text) => text.slice(1).map((word, at) => `${text[at]} ${word}`));
  const share = (items: readonly string[]) => (items.length === 0 ? 0 : new Set(items).size / items.length);
  const shares = [...new Set(words)].map((word) => words.filter((other) => other === word).length / words.length);
  return {
    types: new Set(words).size,
    distinct1: share(words),
    distinct2: share(pairs),
    entropy: shares.reduce((sum, part) => sum - part * Math.log2(part), 0),
    rareWords: [...rare].filter((word) => words.includes(word)).length / rare.size,
    duplicates: 1 - share(texts.map((text) => text.join(" "))),
  };
}

test("every statistic and its jackknife interval equal a recount from scratch", () => {
  const word = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
  const given = fc.array(fc.array(word, { maxLength: 6 }), { minLength: 2, maxLength: 12 });
  const rare = new Set(["a", "b", "never"]);
  fc.assert(
    fc.property(given, (texts) => {
      const expected = recount(texts, rare);
      const without = texts.map((_, left) => recount(texts.toSpliced(left, 1), rare));
      for (const { metric, value, low, high } of measureDiversity(texts, rare, draw)) {
        if (metric === "length") continue;
        assert.ok(Math.abs(value - expected[metric]!) < 1e-12, metric);
        const error = computeJackknifeError(without.map((counts) => counts[metric]!));
        const reach = computeStudentQuantile(0.975, texts.length - 1) * error;
        const most = metric === "types" || metric === "entropy" ? Infinity : 1;
        assert.ok(Math.abs(low! - Math.max(0, value - reach)) < 1e-9, `${metric} low`);
        assert.ok(Math.abs(high! - Math.min(most, value + reach)) < 1e-9, `${metric} high`);
      }
    }),
  );
});

test("closed forms: uniform words, all equal texts, nothing written", () => {
  const none = new Set<string>();
  const uniform = split("a b c d", "e f g h");
  assert.equal(computeOne(uniform, none, "entropy"), 3);
  assert.equal(computeOne(uniform, none, "types"), 8);
  assert.equal(computeOne(uniform, none, "distinct2"), 1);
  assert.equal(computeOne(uniform, none, "length"), 4);
  const repeated = split("a b", "a b", "a b", "a b");
  assert.equal(computeOne(repeated, none, "duplicates"), 0.75);
  assert.equal(computeOne(repeated, none, "distinct2"), 0.25);
  assert.equal(computeOne(split("b c", "x"), new Set(["b", "x", "y", "z"]), "rareWords"), 0.5);
  // No pair crosses from one text into the next.
  assert.equal(computeOne(split("a b", "b a"), none, "distinct2"), 1);
  for (const { value, metric } of measureDiversity([[], []], none, draw)) {
    assert.equal(value, metric === "duplicates" ? 0.5 : 0, metric);
  }
  assert.throws(() => measureDiversity([], none, draw), /length has no items/);
});

test("rare words are whole levels of frequency within a twentieth of all words", () => {
  const frequent = Array.from({ length: 94 }, () => "often");
  assert.deepEqual(findRareWords([frequent, ["once", "again", "twice", "twice"]]), new Set(["once", "again", "twice"]));
  // A third word that occurs twice would make six of a hundred: the level is left out as a whole.
  assert.deepEqual(
    findRareWords([frequent, ["once", "again", "twice", "twice", "both", "both"]]),
    new Set(["once", "again"]),
  );
  // Where even the least frequent level is more than that, it is the tail all the same.
  assert.deepEqual(findRareWords([["x", "y"]]), new Set(["x", "y"]));
  assert.deepEqual(findRareWords([]), new Set());
});

/** Words by a law of rank, and now and then one of 80 set phrases. */
function createWriter(random: Random): (count: number) => Texts {
  const word = (): string => `w${Math.floor(400 * random.uniform() ** 3)}`;
  const phrases = Array.from({ length: 80 }, () => Array.from({ length: 6 }, word));
  const write = () =>
    random.uniform() < 0.3 ? phrases[random.integer(80)]! : Array.from({ length: 4 + random.integer(6) }, word);
  return (count) => Array.from({ length: count }, write);
}

test("the jackknife intervals hold the expected value of a set of texts; the percentile bootstrap's never do", () => {
  const random = createRandom(computeSeed("diversity-coverage"));
  const write = createWriter(random);
  const rare = findRareWords(write(300));
  const [sets, size] = [250, 120];
  const expected: Record<string, number> = {};
  const held: Record<string, number> = {};
  for (let set = 0; set < 800; set++) {
    for (const { metric, value } of measureDiversity(write(size), rare, draw)) {
      expected[metric] = (expected[metric] ?? 0) + value / 800;
    }
  }
  let heldByBootstrap = 0;
  for (let set = 0; set < sets; set++) {
    const texts = write(size);
    for (const { metric, low, high } of measureDiversity(texts, rare, draw)) {
      held[metric] = (held[metric] ?? 0) + (low! <= expected[metric]! && expected[metric]! <= high! ? 1 : 0);
    }
    if (set >= 40) continue;
    const types = Float64Array.from({ length: 100 }, () => {
      return new Set(Array.from({ length: size }, () => texts[random.integer(size)]!).flat()).size;
    }).sort();
    const high = computeQuantile(types, 0.975);
    if (computeQuantile(types, 0.025) <= expected.types! && expected.types! <= high) heldByBootstrap += 1;
  }
  assert.equal(Object.keys(held).length, 7);
  // Three standard errors of a share of 95 % below it; wide is allowed, since the jackknife never errs low on average.
  for (const [metric, count] of Object.entries(held)) assert.ok(count / sets > 0.908, `${metric}: ${count / sets}`);
  assert.equal(heldByBootstrap, 0);
});

test("the metric reads stored candidates, and takes its rare words from the real texts beside them", async () => {
  const create = (id: number, summary: string, completion: string): StoredCandidate => ({
    id,
    promptIndex: id,
    row: { id: String(id), article: "", summary },
    candidate: {
      promptId: String(id),
      draw: 0,
      completion,
      finish: "stop",
      reason: null,
      logProbability: null,
      tokenCount: 0,
      tokenLogProbabilities: null,
      attempt: "",
    },
  });
  async function* stream() {
    yield create(0, "Rare birds.", "Birds!");
    yield create(1, "Old men sing", "birds sing");
  }
  const metric = createDiversityMetric();
  const measured = await metric.measure(stream(), seed);
  assert.deepEqual(
    measured.map(({ metric: name, value }) => [name, value]),
    [
      ["types", 2],
      ["distinct1", 2 / 3],
      ["distinct2", 1],
      ["entropy", Math.log2(3) - 2 / 3],
      ["rareWords", 0.4],
      ["duplicates", 0],
      ["length", 1.5],
    ],
  );
  assert.deepEqual(
    metric.metrics.map(({ name }) => name),
    measured.map(({ metric: name }) => name),
  );
});

test("2,000 texts are measured well within a tenth of a second", () => {
  const texts = createWriter(createRandom(computeSeed("diversity-speed")))(2000);
  measureDiversity(texts, new Set(), draw);
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    measureDiversity(texts, new Set(), draw);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  assert.ok(Math.min(...times) < 100, `${times} ms`);
});
