// Decoding: the same bytes in any company, and the same log-probabilities as teacher-forced scoring.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createDecoder, type Decoded, type DecodeOptions, type Decoder } from "../../../src/embedded/engine/decode.ts";
import { createRowScorer } from "../../../src/embedded/engine/score.ts";
import type { Parameters } from "../../../src/embedded/shape.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createToyParameters, createToyRows, encodeToyRow, toyShape, toyVocabulary } from "../../helpers/toy-corpus.ts";

const rows = [...createToyRows(192, { seed: 1 }), ...createToyRows(64, { seed: 2, isStrange: true })];
let parameters: Parameters;
let decoder: Decoder;

before(async () => {
  parameters = (await createToyParameters(60)).parameters;
  decoder = createDecoder(toyShape);
});

function decode(chosen: readonly (typeof rows)[number][], options: Partial<DecodeOptions> = {}): Decoded[] {
  const requests = chosen.map(({ id, prompt }) => ({
    article: toyVocabulary.encodeArticle(prompt),
    random: createRandom(computeSeed("decode", id, 0)),
  }));
  const plain = { temperature: 1, topK: null, topP: null, maxTokens: 8, isCancelled: () => false };
  return decoder.run(requests, { parameters, vocabulary: toyVocabulary, ...plain, ...options });
}

const render = (decoded: Decoded, row: (typeof rows)[number]): string =>
  toyVocabulary.decode(decoded.tokens, toyVocabulary.encodeArticle(row.prompt));

test("256 prompts in order, reversed and one by one give identical bytes", () => {
  const inOrder = decode(rows);
  assert.deepEqual(decode([...rows].reverse()).reverse(), inOrder);
  assert.deepEqual(
    rows.flatMap((row) => decode([row])),
    inOrder,
  );
  assert.equal(inOrder.length, 256);
});

test("log-probabilities are those of teacher-forced scoring to 1.3e-5, at any temperature", () => {
  const scorer = createRowScorer(toyShape);
  const options = { parameters, vocabulary: toyVocabulary, isCancelled: () => false };
  let comparedCount = 0;
  for (const change of [{}, { temperature: 0 }, { temperature: 0.6, topP: 0.9 }, { temperature: 1.5, topK: 5 }]) {
    const decoded = decode(rows, change);
    const texts = decoded.map((each, index) => ({
      prompt: rows[index]!.prompt,
      completion: render(each, rows[index]!),
    }));
    const scored = scorer.run(texts.map(encodeToyRow), options);
    for (const [index, { logProbabilities, finish }] of decoded.entries()) {
      // A text that was cut off has no end token to score.
      if (finish === "length") continue;
      assert.equal(scored[index]!.length, logProbabilities.length);
      for (const [i, term] of logProbabilities.entries()) {
        assert.ok(Math.abs(term - scored[index]![i]!) <= 1.3e-5, `${texts[index]!.completion}: ${term}`);
        comparedCount++;
      }
    }
  }
  assert.ok(comparedCount > 4000, `${comparedCount}`);
});

test("a name that is in no word list is copied from the article", () => {
  const strange = rows.slice(192);
  const copied = decode(strange, { temperature: 0 }).filter((each, index) => {
    return render(each, strange[index]!).includes(strange[index]!.prompt.split(" ")[0]!);
  });
  assert.ok(copied.length > 32, `${copied.length} of 64`);
});

test("a completion ends with the end token or at maxTokens, and never holds unknown or padding", () => {
  const { end, unknown, padding } = toyVocabulary.ids;
  const finishes = new Set<string>();
  for (const maxTokens of [1, 4, 8]) {
    for (const { tokens, logProbabilities, finish } of decode(rows, { maxTokens, temperature: 3 })) {
      finishes.add(finish);
      assert.equal(tokens.length, logProbabilities.length);
      assert.equal(tokens.indexOf(end), finish === "stop" ? tokens.length - 1 : -1);
      if (finish === "length") assert.equal(tokens.length, maxTokens);
      assert.ok(tokens.every((token) => token !== unknown && token < padding));
      assert.ok(logProbabilities.every((term) => term <= 0));
    }
  }
  assert.deepEqual([...finishes].sort(), ["length", "stop"]);
});

test("a cancelled decoder stops between two steps", () => {
  let askedCount = 0;
  const decoded = decode(rows, { isCancelled: () => ++askedCount > 3 });
  assert.equal(askedCount, 4);
  assert.ok(decoded.filter((each) => each !== undefined).length < rows.length);
});
