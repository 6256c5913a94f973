// The newswire corpus is frozen (digests), disjoint, complete in its word list, and as hard as it claims to be.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createNewswireRows,
  createPretrainingRows,
  createStory,
  createWordList,
  newswireLimits,
} from "../../src/datasets/newswire.ts";
import { createFactSource } from "../../src/datasets/newswire-facts.ts";
import { createKnownNames, createNumbers, createUnknownNames } from "../../src/datasets/newswire-names.ts";
import { renderCleanHeadline } from "../../src/datasets/newswire-sentences.ts";
import { computeKey } from "../../src/keys/digest.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

const train = createNewswireRows({ split: "train", count: 4000 });
const testRows = createNewswireRows({ split: "test", count: 1500 });
const unknown = createNewswireRows({ split: "test", count: 400, entities: "unknown" });
const base = createPretrainingRows({ count: 1000 });

test("the corpus is frozen: raise the dataset's version when a digest changes", () => {
  assert.deepEqual(
    {
      train: computeKey(train),
      test: computeKey(testRows),
      unknown: computeKey(unknown),
      base: computeKey(base),
      words: computeKey(createWordList()),
    },
    {
      train: "7912188835aa6be652475f23d56a135f6ca43a79907356fb43cae5884974707f",
      test: "24f82116a2800b0163380a3f26b9d94a71b463a7fce5d8b8c96090698f3c41d9",
      unknown: "8ff078b63b556c62686032e4c6f85cb6ea18d1bc60c7817fa1e180bb6e10ca41",
      base: "ec1e56c26482bf1b856c5427c274a0f794c08e5d1cd7fd9214b0f10084fa9999",
      words: "abd6c79bacffb791f9046bf0d80c458d72312ca87c8386c553405be8439a8ee1",
    },
  );
});

test("fewer rows are a prefix of more, and ids name split and index", () => {
  assert.deepEqual(createNewswireRows({ split: "train", count: 50 }), train.slice(0, 50));
  assert.deepEqual(createNewswireRows({ split: "train", first: 3990, count: 10 }), train.slice(3990));
  assert.deepEqual(
    testRows.slice(0, 3).map(({ id }) => id),
    ["test-0", "test-1", "test-2"],
  );
});

test("no article is in two of train, test and base, and none comes twice", () => {
  const articles = [...train, ...testRows, ...base].map(({ article }) => article);
  assert.equal(articles.length, 6500);
  assert.equal(new Set(articles).size, articles.length);
});

test("another corpus seed gives other rows", () => {
  const other = createNewswireRows({ split: "train", count: 20, seed: 1 });
  assert.equal(other.filter((row, index) => row.article === train[index]!.article).length, 0);
});

test("the word list holds every token of every row, each word is used, and it has 808", () => {
  const words = createWordList();
  assert.equal(words.length, 808);
  assert.equal(new Set(words).size, words.length);
  const used = new Set([...train, ...testRows, ...base].flatMap((row) => `${row.article} ${row.summary}`.split(" ")));
  assert.deepEqual([...used].filter((word) => !words.includes(word)).sort(), []);
  assert.deepEqual(words.filter((word) => !used.has(word)).sort(), []);
});

test("known and unknown names are distinct, and no unknown name is in the word list", () => {
  const known = Object.values(createKnownNames());
  assert.deepEqual(
    known.map((list) => list.length),
    [80, 160, 120, 100],
  );
  const names = [...known, ...Object.values(createUnknownNames())].flat();
  assert.equal(new Set(names).size, 920);
  const words = new Set(createWordList());
  const strangers = Object.values(createUnknownNames()).flat();
  assert.deepEqual(
    strangers.filter((name) => words.has(name)),
    [],
  );
  assert.equal(createNumbers().length, 50);
});

test("unknown entities change names and nothing else", () => {
  const mask = (text: string, list: ReadonlySet<string>): string =>
    text
      .split(" ")
      .map((word) => (list.has(word) ? "_" : word))
      .join(" ");
  const known = new Set(Object.values(createKnownNames()).flat());
  const strangers = new Set(Object.values(createUnknownNames()).flat());
  let compared = 0;
  for (const [index, row] of unknown.entries()) {
    assert.equal(mask(row.article, strangers), mask(testRows[index]!.article, known));
    compared += 1;
  }
  assert.equal(compared, 400);
  const copied = unknown.filter(({ summary }) => summary.split(" ").some((word) => strangers.has(word)));
  assert.ok(copied.length > 380, `${copied.length} of 400 summaries need a word from outside the list`);
});

test("rows keep within the limits of the embedded model and have the stated lengths", () => {
  const rows = [...train, ...testRows];
  const articles = rows.map(({ article }) => article.split(" ").length);
  const summaries = rows.map(({ summary }) => summary.split(" ").length);
  assert.ok(Math.max(...articles) <= newswireLimits.article);
  assert.ok(Math.max(...summaries, ...base.map(({ summary }) => summary.split(" ").length)) <= newswireLimits.summary);
  assertNear(mean(articles), 49.6, 0.5);
  assertNear(mean(summaries), 9.2, 0.2);
  assert.equal(rows.filter(({ article, summary }) => / {2}|^ | $|[{}]/.test(`${article}|${summary}`)).length, 0);
});

test("ROUGE-1 against gold: the lead tells little, the key sentence more, the plainest headline most", () => {
  const source = createFactSource("known");
  const stories = train.map((_, index) =>
    createStory(source, createRandom(computeSeed("newswire", 0, "train", index))),
  );
  const lead = stories.map(({ sentences, summary }) => overlap(sentences[0]!, summary));
  const key = stories.map(({ sentences, keyIndex, summary }) => overlap(sentences[keyIndex]!, summary));
  const clean = stories.map(({ facts, summary }) =>
    overlap(renderCleanHeadline(facts[0]!.fact, facts[0]!.sentence), summary),
  );
  assertNear(mean(lead), 0.26, 0.01);
  assertNear(mean(key), 0.48, 0.01);
  assertNear(mean(clean), 0.685, 0.01);
  assertNear(mean(stories.map(({ keyIndex }) => Number(keyIndex === 0))), 0.39, 0.02);
});

test("base rows hold no gold: 70 % repeat a sentence of the article, the rest are headlines", () => {
  const repeats = base.filter(({ article, summary }) => article.includes(summary) && summary.endsWith("."));
  assertNear(repeats.length / base.length, 0.7, 0.04);
});

function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Unigram F measure, words only. */
function overlap(left: string, right: string): number {
  const words = (text: string): string[] => text.split(" ").filter((word) => /[a-z0-9]/.test(word));
  const rest = words(right);
  const [leftCount, rightCount] = [words(left).length, rest.length];
  let shared = 0;
  for (const word of words(left)) {
    const at = rest.indexOf(word);
    if (at < 0) continue;
    rest.splice(at, 1);
    shared += 1;
  }
  return (2 * shared) / (leftCount + rightCount);
}
