// The manifests tell the truth about what is generated.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { computeLengths } from "../../src/datasets/lengths.ts";
import { readManifest } from "../../src/datasets/manifest.ts";
import { datasetNames, defaultCounts, openDataset } from "../../src/datasets/registry.ts";

test("every packaged dataset has a manifest, and every folder a dataset", () => {
  const folders = readdirSync(new URL("../../datasets", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  assert.deepEqual(folders.sort(), [...datasetNames].sort());
});

for (const name of datasetNames) {
  test(`${name}: counts, digests, licence and limits are as its manifest says`, async () => {
    const manifest = await readManifest(name);
    assert.equal(manifest.name, name);
    assert.equal(manifest.licence, "Apache-2.0");
    assert.equal(manifest.version, 1);
    const dataset = await openDataset({ name }, { folder: ".", signal: new AbortController().signal });
    let compared = 0;
    for (const split of ["train", "test"] as const) {
      const { rows, sha256 } = manifest.splits[split];
      const { count, digest } = dataset.splits[split];
      assert.deepEqual({ count, digest }, { count: rows, digest: sha256 });
      assert.equal(defaultCounts[name][split], rows);
      compared += 1;
    }
    assert.equal(compared, 2);
  });
}

test("newswire: the manifest's token ranges are those of its rows", async () => {
  const { fields } = await readManifest("newswire");
  const dataset = await openDataset({ name: "newswire" }, { folder: ".", signal: new AbortController().signal });
  const range = { article: [99, 0], summary: [99, 0] };
  for (const split of ["train", "test"] as const) {
    for await (const row of dataset.rows(split)) {
      for (const part of ["article", "summary"] as const) {
        const count = row[part].split(" ").length;
        range[part] = [Math.min(range[part][0]!, count), Math.max(range[part][1]!, count)];
      }
    }
  }
  assert.match(fields.article!, new RegExp(`^${range.article.join(" to ")} tokens`));
  assert.match(fields.summary!, new RegExp(`^${range.summary.join(" to ")} tokens`));
});

test("lengths: mean, lower median, longest; none of no rows", async () => {
  async function* rows(texts: readonly string[]) {
    for (const text of texts) yield { id: "1", article: text, summary: ` ${text}\n` };
  }
  const of = { mean: 2.5, median: 2, max: 4 };
  assert.deepEqual(await computeLengths(rows(["a", "a b", "a b\tc", "a  b c\nd"])), { article: of, summary: of });
  assert.equal(await computeLengths(rows([])), null);
});
