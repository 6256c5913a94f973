import assert from "node:assert/strict";
import { test } from "node:test";
import { renderLineageCsv } from "../../../src/report/tables/lineage-csv.ts";
import { createFakeRecord, newswireArms } from "../../helpers/fake-record.ts";

test("lineage.csv: a row for each number of synthetic ancestors that occurs, in the order of the plan", () => {
  const record = createFakeRecord({ arms: newswireArms.slice(0, 2), seeds: 1, generations: 2 });
  assert.equal(
    renderLineageCsv(record.lineage()),
    `arm,seed,generation,depth,rows,share
replace,0,0,0,250,1
replace,0,1,1,2000,1
replace,0,2,2,2000,1
accumulate,0,0,0,250,1
accumulate,0,1,0,250,${250 / 2250}
accumulate,0,1,1,2000,${2000 / 2250}
accumulate,0,2,0,250,${250 / 4250}
accumulate,0,2,1,2000,${2000 / 4250}
accumulate,0,2,2,2000,${2000 / 4250}
`,
  );
});

test("before any corpus is assembled there is the head alone", () => {
  assert.equal(renderLineageCsv([]), "arm,seed,generation,depth,rows,share\n");
});
