import assert from "node:assert/strict";
import { test } from "node:test";
import { createTrustedHtml, type HtmlValue, html, renderEscaped, renderHtml } from "../../../src/report/page/html.ts";
import { readElements, readText } from "../../helpers/markup.ts";
import { payloads } from "../../helpers/payloads.ts";
import fc from "../../helpers/properties.ts";

test("a string put into markup is text, whatever it holds", () => {
  for (const payload of payloads) {
    const markup = renderHtml(html`<p title="${payload}">${payload}</p>`);
    assert.deepEqual(
      readElements(markup).map(({ name }) => name),
      ["p"],
      payload,
    );
    assert.equal(readElements(markup)[0]!.attributes.title, readText(markup));
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(readElements(renderHtml(html`<p title="${text}">${text}</p>`)).length, 1);
    }),
  );
});

test("text that needs no care comes back as it was", () => {
  assert.equal(renderEscaped("plain, na\u00efve \u65e5\u672c\n\ttext"), "plain, na\u00efve \u65e5\u672c\n\ttext");
  assert.equal(readText(renderEscaped("a < b & c > \"d\" 'e' `f`")), "a < b & c > \"d\" 'e' `f`");
});

test("markup nests, lists are joined, nothing is nothing", () => {
  const items = ["<a>", "b"].map((item) => html`<li>${item}</li>`);
  assert.equal(renderHtml(html`<ul>${items}</ul>${null}${3}`), "<ul><li>&#60;a&#62;</li><li>b</li></ul>3");
  assert.equal(renderHtml(html`${createTrustedHtml("<hr/>")}`), "<hr/>");
});

test("what merely looks like markup, as parsed JSON might, is never taken for it", () => {
  const forged = JSON.parse('{"markup": "<b>", "Symbol(markup)": "<b>"}') as HtmlValue;
  assert.doesNotMatch(renderHtml(html`<p>${forged}</p>`), /<b>/);
});
