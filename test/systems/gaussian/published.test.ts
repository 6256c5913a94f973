// The Gaussian on the loop against the published runs of Kazdan et al. (2024, "Collapse or Thrive?"), one dimension:
// test/golden/gaussian-published.csv, mean and standard error over about 110 runs by setting, rows and fit.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { computeDeviation, gather, simulate } from "./simulation.ts";

const lines = readFileSync(new URL("../../golden/gaussian-published.csv", import.meta.url), "utf8")
  .trim()
  .split("\n");
const published = lines.slice(1).map((line) => {
  const [setting = "", dimensions, samples, fits, , ratio, ratioError, error, errorError] = line.split(",");
  return {
    policy: setting.toLowerCase() as "accumulate" | "replace",
    dimensions: Number(dimensions),
    samples: Number(samples),
    fits: Number(fits),
    traceRatio: { mean: Number(ratio), standardError: Number(ratioError) },
    meanError: { mean: Number(error), standardError: Number(errorError) },
  };
});

test("both arms agree with the published runs within 4 combined standard errors", async () => {
  let compared = 0;
  for (const policy of ["accumulate", "replace"] as const) {
    for (const samples of [10, 32, 100, 316]) {
      const results = await simulate({ corpus: { kind: policy }, samples, fits: 100, trials: 100 });
      for (const row of published) {
        if (row.policy !== policy || row.samples !== samples) continue;
        // Replace is near log-normal: beyond as many fits as rows no mean of 110 runs finds the tail.
        if (policy === "replace" && row.fits > samples) continue;
        for (const metric of ["traceRatio", "meanError"] as const) {
          const { mean, standardError } = row[metric];
          const deviation = computeDeviation(gather(results, metric, row.fits), mean, standardError);
          const where = `${policy}, ${samples} rows, ${row.fits} fits: ${metric}`;
          assert.ok(Math.abs(deviation) < 4, `${where} is off by ${deviation} standard errors`);
          compared += 1;
        }
      }
    }
  }
  assert.ok(published.every((row) => row.dimensions === 1));
  // 44 settings of accumulate and 34 of replace, two metrics each.
  assert.equal(compared, 156);
});
