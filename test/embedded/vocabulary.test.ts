// Words to ids and back; unknown words by placeholder.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createVocabulary } from "../../src/embedded/vocabulary.ts";
import { TrainerError } from "../../src/errors.ts";
import { toyShape, toyVocabulary, toyWords } from "../helpers/toy-corpus.ts";

const { ids } = toyVocabulary;

test("known words have their ids, unknown ones a placeholder each by order of appearance", () => {
  const article = toyVocabulary.encodeArticle("zoe bought a boat , zoe sold the yacht .");
  const word = (text: string): number => ids.firstWord + toyWords.indexOf(text);
  const [zoe, yacht] = [ids.firstPlaceholder, ids.firstPlaceholder + 1];
  const expected = [
    zoe,
    word("bought"),
    word("a"),
    word("boat"),
    word(","),
    zoe,
    word("sold"),
    word("the"),
    yacht,
    word("."),
  ];
  assert.deepEqual(article.tokens, expected);
  const completion = toyVocabulary.encodeCompletion("zoe gets yacht", article);
  assert.deepEqual(completion, { tokens: [zoe, word("gets"), yacht, ids.end], cut: false, unknownCount: 0 });
  assert.equal(toyVocabulary.decode(completion.tokens, article), "zoe gets yacht");
});

test("what does not fit is counted", () => {
  const article = toyVocabulary.encodeArticle("u v w x y z u z");
  assert.deepEqual(article.placeholders, ["u", "v", "w", "x"]);
  assert.equal(article.unknownCount, 3);
  assert.equal(toyVocabulary.encodeArticle("a ".repeat(23)).cutCount, 3);
  assert.equal(toyVocabulary.encodeCompletion("u q", article).unknownCount, 1);
  const whole = toyVocabulary.encodeCompletion("a ".repeat(7), article);
  assert.deepEqual([whole.tokens.length, whole.tokens.at(-1), whole.cut], [8, ids.end, false]);
  const long = toyVocabulary.encodeCompletion("a ".repeat(9), article);
  assert.deepEqual([long.tokens.length, long.tokens.includes(ids.end), long.cut], [8, false, true]);
});

test("a word list that cannot be is refused", () => {
  const refuse = (words: readonly string[], message: RegExp, count = words.length): void =>
    assert.throws(
      () => createVocabulary(words, { ...toyShape, words: count }),
      (error) => error instanceof TrainerError && message.test(error.message) && error.next !== undefined,
    );
  refuse(["two words"], /"two words" is not one token/);
  refuse([""], /"" is not one token/);
  refuse(["a", "b", "a"], /"a" stands twice/);
  refuse(["a", "b"], /has 2 words where the model's shape says 3/, 3);
});
