import assert from "node:assert/strict";
import { test } from "node:test";
import { createStemTable } from "../../src/text/stem-table.ts";
import { computeTokens } from "../../src/text/tokens.ts";
import { computeWordHash, createWordTable, type WordTable } from "../../src/text/word-table.ts";
import fc from "../helpers/properties.ts";

const toBytes = (word: string): Uint8Array => Uint8Array.from(word, (letter) => letter.charCodeAt(0));

function intern(table: WordTable, word: string, hash?: number): number {
  const bytes = toBytes(word);
  return table.intern(bytes, bytes.length, hash ?? computeWordHash(bytes));
}

const token = fc.string({ unit: fc.constantFrom("a", "b", "s", "ing", "7"), minLength: 1, maxLength: 6 });

test("words are numbered in order of first sight, and again after a clear", () => {
  fc.assert(
    fc.property(fc.array(fc.array(token)), (rounds) => {
      const table = createWordTable();
      for (const words of rounds) {
        const distinct = [...new Set(words)];
        assert.deepEqual(
          words.map((word) => intern(table, word)),
          words.map((word) => distinct.indexOf(word)),
        );
        assert.equal(table.count(), distinct.length);
        table.clear();
        assert.equal(table.count(), 0);
      }
    }),
  );
});

test("words with the same hash stay apart", () => {
  const table = createWordTable();
  const words = Array.from({ length: 300 }, (_, index) => `w${index}`);
  const numbers = words.map((word) => intern(table, word, 7));
  assert.deepEqual(numbers, [...words.keys()]);
  assert.deepEqual(
    words.map((word) => intern(table, word, 7)),
    numbers,
  );
});

test("a table grows and keeps its numbers", () => {
  const table = createWordTable();
  for (let index = 0; index < 20_000; index++) assert.equal(intern(table, `word${index}`), index);
  for (let index = 0; index < 20_000; index++) assert.equal(intern(table, `word${index}`), index);
  assert.equal(intern(table, "x".repeat(50_000)), 20_000);
  table.clear();
  assert.equal(intern(table, "word19999"), 0);
});

test("a stem table joins words of one stem, whatever it remembers", () => {
  for (const memory of [undefined, { wordCount: 0, byteCount: 1000 }, { wordCount: 5, byteCount: 10 }]) {
    const table = createStemTable(memory);
    fc.assert(
      fc.property(fc.array(token), (words) => {
        const stems = words.map((word) => computeTokens(word, true)[0]!);
        const distinct = [...new Set(stems)];
        table.clear();
        assert.deepEqual(
          words.map((word) => intern(table, word)),
          stems.map((stem) => distinct.indexOf(stem)),
        );
        assert.equal(table.count(), distinct.length);
      }),
      { numRuns: 50 },
    );
  }
});

test("a stem table grows", () => {
  const table = createStemTable({ wordCount: 1, byteCount: 1 });
  for (let index = 0; index < 5000; index++) assert.equal(intern(table, `stem${index}`), index);
  for (let index = 0; index < 5000; index++) assert.equal(intern(table, `stem${index}`), index);
});
