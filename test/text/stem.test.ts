import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { computeStem } from "../../src/text/stem.ts";

test("every stem is the one NLTK's PorterStemmer gives", () => {
  const file = new URL("../golden/porter-stems.csv", import.meta.url);
  const [header, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  assert.equal(header, "word,stem");
  let comparedCount = 0;
  for (const line of lines) {
    const [word, stem] = line.split(",") as [string, string];
    assert.equal(computeStem(word), stem, `the stem of ${word}`);
    comparedCount++;
  }
  assert.equal(comparedCount, 27_998);
});

test("the paper's examples that NLTK keeps, and those it changes", () => {
  const examples =
    "caresses:caress ponies:poni feed:feed agreed:agre plastered:plaster bled:bled motoring:motor sing:sing";
  const changed =
    "ties:tie died:die spied:spi happy:happi enjoy:enjoy sky:sky skies:sky hopefulli:hope geologi:geolog as:as";
  for (const example of `${examples} ${changed}`.split(" ")) {
    const [word = "", stem] = example.split(":");
    assert.equal(computeStem(word), stem, word);
  }
});
