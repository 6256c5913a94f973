import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../../src/domain/record.ts";
import { createMarkers } from "../../../src/report/charts/marker.ts";
import { renderHtml } from "../../../src/report/page/html.ts";
import { renderLineage } from "../../../src/report/page/lineage-section.ts";
import { createFakeRecord, createGaussianRecord, newswireArms } from "../../helpers/fake-record.ts";
import { readElements, readText } from "../../helpers/markup.ts";

function render(record: RunRecord): string | null {
  const section = renderLineage(record, createMarkers(record.arms));
  return section && renderHtml(section);
}

const bars = (markup: string) => readElements(markup).filter(({ attributes }) => attributes.class === "bar");

test("an arm a row, a generation a column, each corpus a bar that is named for those who cannot see it", () => {
  const record = createFakeRecord({ arms: newswireArms, generations: 2 });
  const markup = render(record)!;
  // Four arms of three generations and a reference line of one.
  assert.equal(bars(markup).length, 4 * 3 + 1);
  assert.deepEqual(
    bars(markup)
      .slice(3, 6)
      .map(({ attributes }) => attributes["aria-label"]),
    [
      "100 % real",
      "11 % real, 89 % with 1 synthetic ancestor",
      "6 % real, 47 % with 1 synthetic ancestor, 47 % with 2 synthetic ancestors",
    ],
  );
  const paths = readElements(markup).filter(
    ({ attributes }) => attributes.d?.endsWith("V10H0Z") || / 0H/.test(attributes.d ?? ""),
  );
  assert.ok(paths.some(({ attributes }) => attributes.d === "M52.941 0H100V10H52.941Z"));
  assert.match(readText(markup), /by number of synthetic ancestors, mean over seeds: /);
  assert.match(readText(markup), /real \u20031 \u20032\n?<?/);
});

test("shares are means over the seeds that have the corpus, and a trace of real data is not called none", () => {
  const record = createFakeRecord({ arms: newswireArms.slice(0, 1), seeds: 2, generations: 1 });
  const base = { arm: "replace", generation: 1 };
  const lineage = [
    { ...base, seed: 0, depth: 0, rows: 1, share: 0.001 },
    { ...base, seed: 0, depth: 1, rows: 999, share: 0.999 },
    { ...base, seed: 1, depth: 1, rows: 1000, share: 1 },
  ];
  const [bar] = bars(render({ ...record, lineage: () => lineage })!);
  assert.equal(bar?.attributes["aria-label"], "0.05 % real, 99.95 % with 1 synthetic ancestor");
});

test("many generations: seven columns, and a legend that names the ends", () => {
  const markup = render(createFakeRecord({ arms: newswireArms.slice(0, 2), seeds: 1, generations: 30 }))!;
  assert.equal(bars(markup).length, 2 * 7);
  assert.match(readText(markup), /Generations 0, 5, 10, 15, 20, 25, 30 of 31 are shown\./);
  assert.match(readText(markup), /real \u20031 \u2003to 30/);
});

test("a system that keeps no rows has no such section", () => {
  assert.equal(render(createGaussianRecord()), null);
});
