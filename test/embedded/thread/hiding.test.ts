// Hiding words behind placeholders.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hideWords } from "../../../src/embedded/thread/hiding.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createToyRows, toyShape, toyVocabulary } from "../../helpers/toy-corpus.ts";

const { firstPlaceholder, padding, end } = toyVocabulary.ids;

test("a hidden word is the same placeholder wherever it stands, and no placeholder stands for two words", () => {
  let hiddenCount = 0;
  for (const [index, { prompt, completion }] of createToyRows(200).entries()) {
    const article = toyVocabulary.encodeArticle(index % 2 === 0 ? prompt : `strange ${prompt}`);
    const target = toyVocabulary.encodeCompletion(completion, article);
    const random = createRandom(computeSeed("hide", index));
    const hidden = hideWords(article, target, { vocabulary: toyVocabulary, shape: toyShape, random });
    const byWord = new Map<number, number>();
    const pairs = [
      ...article.tokens.map((token, at) => [token, hidden.article.tokens[at]!] as const),
      ...target.tokens.map((token, at) => [token, hidden.completion.tokens[at]!] as const),
    ];
    for (const [before, after] of pairs) {
      assert.equal(byWord.get(before) ?? after, after);
      byWord.set(before, after);
      if (before === after) continue;
      hiddenCount++;
      assert.ok(before !== end && before < firstPlaceholder && after >= firstPlaceholder && after < padding);
    }
    assert.equal(new Set(byWord.values()).size, byWord.size);
  }
  assert.ok(hiddenCount > 500, `${hiddenCount}`);
});
