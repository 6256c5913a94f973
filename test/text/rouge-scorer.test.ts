import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isRougeMetric, type RougeMetric } from "../../src/text/rouge-metric.ts";
import { createRougeScorer, type RougeScore } from "../../src/text/rouge-scorer.ts";
import fc from "../helpers/properties.ts";
import { computePlainRouge } from "./plain-rouge.ts";
import { anyText } from "./texts.ts";

const metrics = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"] as const;
type Expected = Readonly<Record<string, readonly number[]>>;

function readGolden(name: string): Record<string, unknown>[] {
  const text = readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Compares to the last bit; returns how many numbers it compared. */
function compare(scores: Readonly<Record<string, RougeScore>>, expected: Expected, where: string): number {
  for (const metric of metrics) {
    const { precision, recall, fmeasure } = scores[metric]!;
    assert.deepEqual([precision, recall, fmeasure], expected[metric], `${where} ${metric}`);
  }
  return 3 * metrics.length;
}

test("every number of rouge_score 0.1.2 is met to the last bit", () => {
  const plain = createRougeScorer({ metrics });
  const stemmed = createRougeScorer({ metrics, stemmer: true });
  let comparedCount = 0;
  for (const [index, row] of readGolden("rouge.jsonl").entries()) {
    const [reference, prediction] = [String(row.reference), String(row.prediction)];
    comparedCount += compare(plain.compute(reference, prediction), row.plain as Expected, `pair ${index}, plain`);
    comparedCount += compare(stemmed.compute(reference, prediction), row.stemmed as Expected, `pair ${index}, stemmed`);
  }
  assert.equal(comparedCount, 17_820);
});

test("with several references every number of score_multi is met to the last bit", () => {
  const plain = createRougeScorer({ metrics });
  const stemmed = createRougeScorer({ metrics, stemmer: true });
  let comparedCount = 0;
  for (const [index, row] of readGolden("rouge-multi.jsonl").entries()) {
    const [references, prediction] = [row.references as string[], String(row.prediction)];
    comparedCount += compare(plain.computeBest(references, prediction), row.plain as Expected, `${index}, plain`);
    comparedCount += compare(stemmed.computeBest(references, prediction), row.stemmed as Expected, `${index}, stemmed`);
  }
  assert.equal(comparedCount, 1800);
});

test("any two texts score as the plain implementation scores them", () => {
  const chosen: readonly RougeMetric[] = [...metrics, "rouge4", "rouge11"];
  for (const stemmer of [false, true]) {
    const scorer = createRougeScorer({ metrics: chosen, stemmer });
    fc.assert(
      fc.property(anyText(120), anyText(120), (reference, prediction) => {
        const expected = chosen.flatMap((metric) => [...computePlainRouge(metric, [reference, prediction], stemmer)]);
        assert.deepEqual([...scorer.read(reference, prediction)], expected);
      }),
      { numRuns: 150 },
    );
  }
});

test("texts of many distinct words and lines of many tokens score as the plain implementation scores them", () => {
  const word = fc.integer({ min: 0, max: 400 }).map((number) => `w${number}${number % 9 === 0 ? "\n" : ""}`);
  const text = fc.array(word, { minLength: 300, maxLength: 700, size: "max" }).map((words) => words.join(" "));
  const scorer = createRougeScorer({ metrics });
  fc.assert(
    fc.property(text, text, (reference, prediction) => {
      const expected = metrics.flatMap((metric) => [...computePlainRouge(metric, [reference, prediction], false)]);
      assert.deepEqual([...scorer.read(reference, prediction)], expected);
    }),
    { numRuns: 5 },
  );
});

test("the best of several references is chosen for each metric alone, the first of equals", () => {
  const scorer = createRougeScorer({ metrics: ["rouge1", "rouge2"] });
  const best = scorer.computeBest(["b a c", "a b x y", "a b z z"], "a b c");
  assert.deepEqual(best.rouge1, { precision: 1, recall: 1, fmeasure: 1 });
  assert.deepEqual(best.rouge2, scorer.compute("a b x y", "a b c").rouge2);
  // Equal F, precision and recall exchanged.
  const [short, long] = ["a x", "a b 1 2 3 4 5 6"];
  assert.deepEqual(scorer.computeBest([short, long], "a b c d").rouge1, scorer.compute(short, "a b c d").rouge1);
  assert.deepEqual(scorer.computeBest([long, short], "a b c d").rouge1, scorer.compute(long, "a b c d").rouge1);
  assert.notDeepEqual(scorer.compute(short, "a b c d").rouge1, scorer.compute(long, "a b c d").rouge1);
  assert.throws(() => scorer.computeBest([], "a"), /at least one reference/);
});

test("lines too long for the union's table are refused, not answered wrongly", () => {
  const long = `${"a b ".repeat(25_000)}\n`;
  assert.throws(() => createRougeScorer({ metrics: ["rougeLsum"] }).read(long + long, long), RangeError);
});

test("metric names", () => {
  for (const name of ["rouge1", "rouge10", "rougeL", "rougeLsum"]) assert.ok(isRougeMetric(name), name);
  for (const name of ["rouge", "rouge0", "rouge01", "rouge-1", "rouge1.5", "rougel", "ROUGE1", "rougeLSum", "bleu"]) {
    assert.ok(!isRougeMetric(name), name);
  }
});
