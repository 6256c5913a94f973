// Curation: what stays, what goes and why, in the stated order, the same however often and in whatever format it is read.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { CurationSettings } from "../../../src/datasets/curate/settings.ts";
import { createVerdicts } from "../../../src/datasets/curate/verdicts.ts";
import type { Dataset } from "../../../src/datasets/dataset.ts";
import { type FileDeclaration, openFileDataset } from "../../../src/datasets/file-dataset.ts";
import type { Split } from "../../../src/domain/rows.ts";
import { DatasetError } from "../../../src/errors.ts";
import fc from "../../helpers/properties.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const noLimits = { minWords: null, maxWords: null, minCharacters: null, maxCharacters: null };
const nothing: CurationSettings = {
  filter: { empty: "refuse", longer: "keep", article: noLimits, summary: noLimits },
  dedupe: { exact: "none", near: null, words: 5 },
  decontaminate: null,
};

interface Given {
  readonly split: Split;
  readonly article: string | null;
  readonly summary?: string;
}

function createOpener(context: TestContext) {
  const folder = createTemporaryFolder(context);
  const signal = new AbortController().signal;
  return (rows: readonly Given[], curation: Partial<CurationSettings>, declaration: Partial<FileDeclaration> = {}) => {
    const lines = rows.map((row, index) => JSON.stringify({ id: `${index}`, summary: "s", ...row }));
    writeFileSync(join(folder, "a.jsonl"), `${lines.join("\n")}\n`);
    return openFileDataset(
      { file: "a.jsonl", curation: { ...nothing, ...curation }, ...declaration },
      { folder, signal },
    );
  };
}

async function listIds(dataset: Dataset, split: Split): Promise<string> {
  const ids: string[] = [];
  for await (const { id } of dataset.rows(split)) ids.push(id);
  return ids.join(" ");
}

const words = (first: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `w${first + index}`).join(" ");

test("the filter drops by length and emptiness, and says how many for which reason", async (context) => {
  const open = createOpener(context);
  const rows: Given[] = [
    { split: "test", article: words(0, 10) },
    { split: "train", article: null },
    { split: "train", article: "  " },
    { split: "train", article: words(0, 9), summary: "" },
    { split: "train", article: words(0, 3) },
    { split: "train", article: words(0, 21) },
    { split: "train", article: words(0, 5), summary: words(0, 6) },
    { split: "train", article: words(1, 20) },
    { split: "test", article: words(0, 4) },
  ];
  const article = { ...noLimits, minWords: 5, maxWords: 20 };
  const dataset = await open(rows, { filter: { ...nothing.filter, empty: "drop", longer: "drop", article } });
  assert.deepEqual([await listIds(dataset, "train"), await listIds(dataset, "test")], ["7", "0"]);
  assert.deepEqual(dataset.curation, [
    { step: "filter", reason: "article under 5 words", train: 1, test: 1 },
    { step: "filter", reason: "no article", train: 2, test: 0 },
    { step: "filter", reason: "no summary", train: 1, test: 0 },
    { step: "filter", reason: "article over 20 words", train: 1, test: 0 },
    { step: "filter", reason: "summary longer than article", train: 1, test: 0 },
  ]);
  assert.deepEqual(dataset.notes.slice(1, 3), [
    "curated: of 7 train and 2 test rows, 1 and 1 are kept",
    "filter: 1 train and 1 test rows dropped (article under 5 words)",
  ]);
  await assert.rejects(open(rows, {}), DatasetError);
  await assert.rejects(
    open(rows, { filter: { ...nothing.filter, empty: "drop", summary: { ...noLimits, minCharacters: 99 } } }),
    /no row falls into the train split \(curated: of 7 train and 2 test rows, 0 and 0 are kept; filter: /,
  );
});

test("equal rows: the first stays, a test row before a train row, whatever their case, spaces and forms", async (context) => {
  const open = createOpener(context);
  const rows: Given[] = [
    { split: "train", article: "An  Article" },
    { split: "train", article: "Café  au lait" },
    { split: "train", article: "ＣＡＦＥ\u0301 au\nlait ", summary: "other" },
    { split: "test", article: "an article" },
    { split: "test", article: "AN ARTICLE" },
    { split: "test", article: "another" },
  ];
  const byArticle = await open(rows, { dedupe: { exact: "article", near: null, words: 5 } });
  assert.deepEqual([await listIds(byArticle, "train"), await listIds(byArticle, "test")], ["1", "3 5"]);
  assert.deepEqual(byArticle.curation, [
    { step: "exact", reason: "article of an earlier row", train: 1, test: 1 },
    { step: "exact", reason: "article of a test row", train: 1, test: 0 },
  ]);
  const byRow = await open(rows, { dedupe: { exact: "row", near: null, words: 5 } });
  assert.deepEqual([await listIds(byRow, "train"), await listIds(byRow, "test")], ["1 2", "3 5"]);
});

test("near rows go, rows below the threshold stay, and train rows that stand in the test split go as well", async (context) => {
  const open = createOpener(context);
  const base = words(0, 200);
  const rows: Given[] = [
    { split: "train", article: `${base} changed` },
    { split: "train", article: words(1000, 200) },
    { split: "train", article: `${words(1000, 199)} other` },
    { split: "train", article: `${words(2000, 100)} ${words(0, 100)}` },
    { split: "train", article: `${words(3000, 190)} ${words(0, 15)}` },
    { split: "test", article: base },
  ];
  const near = await open(rows, { dedupe: { exact: "none", near: 0.8, words: 5 } });
  assert.deepEqual([await listIds(near, "train"), await listIds(near, "test")], ["1 3 4", "5"]);
  assert.deepEqual(
    near.curation.map(({ reason, train }) => [reason, train]),
    [
      ["article near a test row", 1],
      ["article near an earlier row", 1],
    ],
  );
  const apart = await open(rows, {
    dedupe: { exact: "none", near: 0.8, words: 5 },
    decontaminate: { words: 13, overlap: 0.1 },
  });
  assert.deepEqual(
    [await listIds(apart, "train"), apart.curation.at(-1)],
    ["1 4", { step: "decontaminate", reason: "13-grams of the test split", train: 1, test: 0 }],
  );
  const strict = await open(rows, { decontaminate: { words: 13, overlap: 0.001 } });
  assert.equal(await listIds(strict, "train"), "1 2");
});

test("counts are of rows that stay, and the test split does not hang on the train split", async (context) => {
  const open = createOpener(context);
  const twins = Array.from(
    { length: 40 },
    (_, index): Given => ({ split: index % 4 === 0 ? "test" : "train", article: words(100 * (index >> 1), 30) }),
  );
  const curation = {
    dedupe: { exact: "article", near: 0.7, words: 5 },
    decontaminate: { words: 13, overlap: 0.5 },
  } as const;
  const all = await open(twins, curation);
  const some = await open(twins, curation, { train: 5, test: 3 });
  assert.equal(await listIds(some, "train"), (await listIds(all, "train")).split(" ").slice(0, 5).join(" "));
  assert.deepEqual(
    [some.splits.train.count, some.splits.test.count, some.curation.length],
    [5, 3, all.curation.length],
  );
  const alone = await open(
    twins.map((row) => (row.split === "train" ? { ...row, article: `x ${row.article}` } : row)),
    curation,
  );
  assert.equal(alone.splits.test.digest, all.splits.test.digest);
});

test("property: dropped and kept make the whole, and every row that an equal one stays for is gone", async (context) => {
  const open = createOpener(context);
  const row = fc.record({
    split: fc.constantFrom("train", "test"),
    article: fc.constantFrom("a b", "A  b", "c", "d e f", "c ", "g"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 4, maxLength: 20 }), async (rows) => {
      const given: Given[] = [
        { split: "test", article: "only test" },
        { split: "train", article: "only train" },
        ...(rows as Given[]),
      ];
      const dataset = await open(given, { dedupe: { exact: "article", near: null, words: 5 } });
      const kept = new Set(
        [...(await listIds(dataset, "train")).split(" "), ...(await listIds(dataset, "test")).split(" ")].map(Number),
      );
      const key = (index: number): string => given[index]!.article!.toLowerCase().replace(/\s+/g, " ").trim();
      const keys = [...kept].map(key);
      assert.deepEqual(new Set(keys), new Set(given.map((_, index) => key(index))));
      assert.equal(keys.length, new Set(keys).size);
      const dropped = dataset.curation.reduce((sum, { train, test }) => sum + train + test, 0);
      assert.equal(dropped + kept.size, given.length);
      for (const index of kept)
        if (given[index]!.split === "train")
          assert.ok(!given.some((other, place) => other.split === "test" && key(place) === key(index)));
    }),
    { numRuns: 60 },
  );
});

test("property: a verdict is what was pushed", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 20_000 }), (pushed) => {
      const verdicts = createVerdicts();
      for (const isKept of pushed) verdicts.push(isKept);
      assert.deepEqual(
        [verdicts.count(), verdicts.keptCount(), verdicts.get(pushed.length)],
        [pushed.length, pushed.filter(Boolean).length, false],
      );
      assert.ok(pushed.every((isKept, place) => verdicts.get(place) === isKept));
    }),
    { numRuns: 20 },
  );
});
