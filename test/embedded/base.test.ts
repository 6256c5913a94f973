// Training a base from scratch: repeatable to the byte, with the wanted share of repeats, and the one that ships.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { readBase, trainBase } from "../../src/embedded/base.ts";
import { createPool } from "../../src/embedded/pool.ts";
import { TrainerError } from "../../src/errors.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { createToyRows, toyShape, toyWords } from "../helpers/toy-corpus.ts";

const folder = createTemporaryFolder({ after: (hook) => after(hook as () => void) });
const pool = createPool({ workers: 2 });
after(() => pool.close());

const { words: _, ...shape } = toyShape;
const options = { pool, signal: new AbortController().signal, shape, steps: 12, batch: 8 };

/** As a generator gives them: many repeat a sentence of the article. */
const rows = createToyRows(400).map(({ prompt, completion }, index) => ({
  article: prompt,
  summary: index % 10 < 7 ? prompt.split(" . ")[0]! : completion,
}));

test("the same rows, words and options give the same digest, another seed another", async () => {
  const train = (name: string, seed: string) =>
    trainBase(rows, toyWords, { ...options, seed, file: join(folder, name) });
  const [first, again, other] = await Promise.all([train("a", "1"), train("b", "1"), train("c", "2")]);
  assert.equal(first?.digest, again?.digest);
  assert.notEqual(first?.digest, other?.digest);
  assert.deepEqual([first?.rows, first?.steps], [96, 12]);
  assert.deepEqual((await readBase(join(folder, "a"))).shape, toyShape);
  assert.deepEqual(await readFile(join(folder, "a")), await readFile(join(folder, "b")));
});

test("rows that run out and sizes that are no multiple of 4 are refused", async () => {
  const file = join(folder, "never");
  const isRefusal = (what: RegExp) => (error: unknown) => error instanceof TrainerError && what.test(error.message);
  const tooFew = trainBase(rows.slice(0, 50), toyWords, { ...options, file });
  await assert.rejects(tooFew, isRefusal(/ran out after 2\d of 96/));
  const odd = trainBase(rows, toyWords, { ...options, shape: { ...shape, hidden: 18 }, file });
  await assert.rejects(odd, isRefusal(/the model's hidden is 18/));
});

test("the shipped base is whole, knows 808 words and is small", async () => {
  const { model, shape } = await readBase("embedded:newswire");
  assert.deepEqual(shape, { ...shape, width: 64, article: 64, completion: 16, placeholders: 32, words: 808 });
  assert.ok((await readFile(model.file)).length < 115_000);
});
