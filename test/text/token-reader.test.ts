import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenList } from "../../src/text/token-list.ts";
import { createTokenReader } from "../../src/text/token-reader.ts";
import { computeTokens } from "../../src/text/tokens.ts";
import fc from "../helpers/properties.ts";
import { anyText } from "./texts.ts";

test("texts are read into the numbers of their tokens, line by line", () => {
  for (const stemmer of [false, true]) {
    const reader = createTokenReader(stemmer);
    const list = createTokenList();
    fc.assert(
      fc.property(fc.array(anyText(60), { maxLength: 3 }), (texts) => {
        const distinct = new Map<string, number>();
        const number = (token: string): number => {
          if (!distinct.has(token)) distinct.set(token, distinct.size);
          return distinct.get(token)!;
        };
        reader.clear();
        for (const text of texts) {
          reader.read(text, list);
          const lines = text.split("\n").map((line) => computeTokens(line, stemmer));
          assert.deepEqual([...list.ids.subarray(0, list.count)], lines.flat().map(number));
          let end = 0;
          const ends = lines.filter((line) => line.length > 0).map((line) => (end += line.length));
          assert.deepEqual([...list.lineEnds.subarray(0, list.lineCount)], ends);
        }
        assert.equal(reader.count(), distinct.size);
      }),
    );
  }
});

test("long texts and long words fit", () => {
  const reader = createTokenReader(false);
  const list = createTokenList();
  reader.read("a\n".repeat(5000), list);
  assert.deepEqual([list.count, list.lineCount, reader.count()], [5000, 5000, 1]);
  reader.read("z".repeat(100_000), list);
  assert.deepEqual([list.count, list.lineCount, reader.count()], [1, 1, 2]);
});
