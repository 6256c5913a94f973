import assert from "node:assert/strict";
import { test } from "node:test";
import { hasMarker, renderWithoutMarkers } from "../../../src/text/markers/chat-markers.ts";
import { chatFamilies } from "../../helpers/chat-families.ts";
import fc from "../../helpers/properties.ts";

test("every family's markers are found and broken, alone and within a text, and the words stay", () => {
  assert.ok(Object.keys(chatFamilies).length >= 10);
  let checked = 0;
  for (const [family, markers] of Object.entries(chatFamilies)) {
    for (const marker of markers) {
      for (const text of [marker, `say${marker}it`, `<<${marker}>`, `${marker}${marker}`, `a\n${marker} user\nb`]) {
        assert.ok(hasMarker(text), `${family}: ${text}`);
        const broken = renderWithoutMarkers(text);
        assert.ok(!hasMarker(broken), `${family}: ${broken}`);
        assert.equal(broken.replaceAll(" ", ""), text.replaceAll(" ", ""));
        assert.ok(!markers.some((other) => broken.includes(other)), `${family}: ${broken}`);
        checked += 1;
      }
    }
  }
  assert.ok(checked > 250, String(checked));
});

test("ordinary text is left byte for byte", () => {
  const texts = [
    "",
    "if a < b || c > d { a <| b |> c }",
    "x <- y |> f(z) <| w",
    "<b>bold</b> <span> <S> <p>",
    "arr[INSTANCE] [PADDING] [x] [1] [inst]",
    "### Instruction: USER: write",
    "<| not a marker |> <||> < |im_start|>",
    "<think>no turn begins here</think>",
    `<|${"a".repeat(65)}|>`,
    "e-mail me at <someone@example.org>",
  ];
  for (const text of texts) {
    assert.ok(!hasMarker(text), text);
    assert.equal(renderWithoutMarkers(text), text);
  }
});

test("no text keeps a marker, whatever it is made of, and breaking twice is breaking once", () => {
  const pieces = [
    "<",
    ">",
    "|",
    "<|",
    "|>",
    "｜",
    "s",
    "/s",
    "[",
    "]",
    "INST",
    "/",
    "<s>",
    "SYS",
    "im_end",
    " ",
    "\n",
    "bos",
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(""));
  let found = 0;
  fc.assert(
    fc.property(text, (given) => {
      const broken = renderWithoutMarkers(given);
      if (hasMarker(given)) found += 1;
      assert.equal(hasMarker(broken), false);
      assert.equal(renderWithoutMarkers(broken), broken);
      assert.equal(broken === given, !hasMarker(given));
    }),
    { numRuns: 5000 },
  );
  assert.ok(found > 300, String(found));
});
