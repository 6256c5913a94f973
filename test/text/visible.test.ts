import assert from "node:assert/strict";
import { test } from "node:test";
import { renderVisible, renderVisibleJson, renderVisibleLine } from "../../src/text/visible.ts";
import { payloads } from "../helpers/payloads.ts";
import fc from "../helpers/properties.ts";

test("control characters and direction overrides become symbols", () => {
  assert.equal(renderVisible("\u001b[31mred\u0007"), "\u241b[31mred\u2407");
  assert.equal(renderVisible("delete\u007f next\u0085"), "delete\u2421 next\u27e8U+0085\u27e9");
  assert.equal(renderVisible("\u202egnp.exe"), "\u27e8U+202E\u27e9gnp.exe");
  assert.equal(renderVisible("a\u200bb\u2060c\ufeff"), "a\u27e8U+200B\u27e9b\u27e8U+2060\u27e9c\u27e8U+FEFF\u27e9");
  assert.equal(renderVisible("tag \u{e0041}"), "tag \u27e8U+E0041\u27e9");
  assert.equal(renderVisible("lone \ud800."), "lone \u27e8U+D800\u27e9.");
});

test("what people write with is left alone", () => {
  for (const text of [
    "na\u00efve caf\u00e9",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u{1f469}\u200d\u{1f680} \u2764\ufe0f",
    "\u0915\u094d\u200d\u0937",
    "\u0600\u0661",
    "\u{20bb7}",
  ]) {
    assert.equal(renderVisible(text), text);
  }
});

test("line feeds and tabs stay in a text and are shown in a line", () => {
  assert.equal(renderVisible("a\n\tb\r"), "a\n\tb\u240d");
  assert.equal(renderVisibleLine("a\n\tb\r"), "a\u240a\u2409b\u240d");
});

test("no terminal obeys what is left, whatever was written", () => {
  const controls = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
  for (const payload of payloads) assert.doesNotMatch(renderVisibleLine(payload), controls);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(renderVisibleLine(text), controls);
    }),
  );
});

test("escaped JSON is read back as the same value, and shows what it was", () => {
  assert.equal(renderVisibleJson(JSON.stringify("a\u009bb\u{e0041}\u2028")), '"a\\u009bb\\udb40\\udc41\\u2028"');
  for (const payload of payloads) {
    const json = renderVisibleJson(JSON.stringify({ [payload]: payload }, null, 2));
    assert.deepEqual(JSON.parse(json), { [payload]: payload });
    assert.equal(renderVisible(json), json);
  }
});
