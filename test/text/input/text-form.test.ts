import assert from "node:assert/strict";
import { test } from "node:test";
import { parseText } from "../../../src/text/input/text-form.ts";
import fc from "../../helpers/properties.ts";

const dialogue = { begin: "user: ", part: "\nassistant: " };

test("cuts are exact: a prompt that begins with the letters of the beginning keeps them, generation after generation", () => {
  // The published code strips the letters u, s, e, r, colon and blank off the left end.
  let text = "user: summarize user: reuse\nassistant: sure, \n see";
  for (let generation = 0; generation < 3; generation++) {
    const read = parseText(text, dialogue);
    assert.deepEqual(read, { article: "summarize user: reuse", summary: "sure, \n see" });
    text = `user: ${read?.article}\nassistant: ${read?.summary}`;
  }
});

test("what does not begin so, has no part or two, or nothing on a side, is no row", () => {
  for (const text of [
    "",
    "user: ",
    " user: a\nassistant: b",
    "User: a\nassistant: b",
    "user: a",
    "a\nassistant: b",
    "user: a\nassistant: b\nassistant: c",
    "user: \nassistant: b",
    "user:  \n\nassistant: b",
    "user: a\nassistant: ",
    "user: a\nassistant: \n",
  ]) {
    assert.equal(parseText(text, dialogue), null, JSON.stringify(text));
  }
  // Twice is twice, also where one overlaps the other; and a part that begins within the beginning is none.
  assert.equal(parseText("xaaa", { begin: "", part: "aa" }), null);
  assert.equal(parseText("ab c", { begin: "a", part: "ab" }), null);
});

test("without a part all that follows the beginning is the summary of the prompt's article", () => {
  assert.deepEqual(parseText(" as it stands ", { begin: "", part: null }), {
    article: null,
    summary: " as it stands ",
  });
  assert.deepEqual(parseText("So: it stands", { begin: "So: ", part: null }), { article: null, summary: "it stands" });
  assert.equal(parseText("So: ", { begin: "So: ", part: null }), null);
  assert.equal(parseText(" \n", { begin: "", part: null }), null);
});

test("a row written out in the form is read back as it was", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => /\S/u.test(one) && !one.includes("|"));
  fc.assert(
    fc.property(text, text, fc.string({ unit: "grapheme" }), (article, summary, begin) => {
      const form = { begin: begin.replaceAll("|", ""), part: "|" };
      assert.deepEqual(parseText(`${form.begin}${article}|${summary}`, form), { article, summary });
    }),
  );
});
