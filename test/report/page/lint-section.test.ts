import assert from "node:assert/strict";
import { test } from "node:test";
import { renderHtml } from "../../../src/report/page/html.ts";
import { renderLint } from "../../../src/report/page/lint-section.ts";
import { renderLintCsv } from "../../../src/report/tables/lint-csv.ts";
import { createFakeRecord, createGaussianRecord } from "../../helpers/fake-record.ts";

const render = (record: Parameters<typeof renderLint>[0]): string => {
  const section = renderLint(record, new Map());
  return section === null ? "" : renderHtml(section).replaceAll("\u202f", " ");
};

test("what is beyond its limit stands arm by generation, with the worst seed and how many seeds", () => {
  const page = render(createFakeRecord({ seeds: 3, generations: 3 }));
  // Of 200 texts 60 more repeat each generation; the limit is a fifth.
  const cells = [...page.matchAll(/duplicates <span class="number">(.*?)<\/span> <span class="note">(.*?)<\/span>/g)];
  assert.equal(cells.length, 8, "generations 1 and 2 of four arms; generation 3 draws nothing");
  assert.ok(
    cells.every(([, share, seeds], index) => share === `${30 + 30 * (index % 2)} %` && seeds === "3 of 3 seeds"),
  );
  assert.match(page, /within limits/);
  // The last generation and the reference line are trained and draw nothing.
  assert.equal(page.match(/no candidates/g)?.length, 5);
  const unfit = page.match(/unknownTokens <span class="number">1,500<\/span> <span class="note">in 750 rows<\/span>/g);
  assert.equal(unfit?.length, 17);
  assert.ok(!page.slice(0, page.indexOf("<details>")).includes("cutCompletions"), "what is 0 is not told");
  for (const name of ["training.unknownTokens", "effective", "rejected.below-rank"])
    assert.ok(page.includes(name), name);
});

test("more generations than fit are the first, the last and some between", () => {
  const page = render(createFakeRecord({ seeds: 1, generations: 30 }));
  const head = page.slice(0, page.indexOf("</thead>"));
  const shown = [...head.matchAll(/generation (\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [7, 0, 30]);
});

test("names are escaped, and a system without texts has no section", () => {
  const page = render(createFakeRecord({ dress: (name) => `${name}<b>\n"` }));
  assert.ok(page.includes("&#60;b&#62;") && !page.includes("<b>"));
  assert.equal(render(createGaussianRecord()), "");
});

test("lint.csv has every check of every turn, in plan order, the same each time", () => {
  const record = createFakeRecord({ seeds: 2, generations: 1 });
  const lines = renderLintCsv(record).trimEnd().split("\n");
  assert.equal(lines[0], "arm,seed,generation,check,value,count,of,min,max,broken");
  const places = lines.slice(1).map((line) => line.split(",").slice(0, 3).join(" "));
  assert.deepEqual([...new Set(places)].slice(0, 4), ["replace 0 0", "replace 0 1", "replace 1 0", "replace 1 1"]);
  assert.ok(lines.includes("replace,0,0,effective,0.5,100,200,0.1,,false"));
  assert.ok(lines.includes("replace,0,0,reusedSeeds,,0,0,,0.95,false"));
  assert.ok(lines.includes("replace,0,1,training.unknownTokens,2,500,250,,,false"));
  assert.equal(renderLintCsv(record), renderLintCsv(record));
});
