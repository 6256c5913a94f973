// The Gaussian on the loop against theory: both arms, both divisors, both ways of drawing, several dimensions.

import assert from "node:assert/strict";
import test from "node:test";
import {
  computeAccumulated,
  computeAccumulatedLimit,
  computeReplaced,
  computeReplacedLog,
  type ExpectedFit,
} from "../../../src/systems/gaussian/truth.ts";
import { accumulate, computeDeviation, gather, replace, type Simulation, simulate } from "./simulation.ts";

const limit = 4;

/** Compares both metrics at each of these fits; returns how many numbers were compared. */
async function compare(
  simulation: Simulation,
  fits: readonly number[],
  truth: (fits: number) => ExpectedFit,
): Promise<number> {
  const results = await simulate(simulation);
  const dimensions = simulation.dimensions ?? 1;
  for (const fit of fits) {
    const expected = truth(fit);
    const ratio = computeDeviation(gather(results, "traceRatio", fit), expected.traceRatio);
    const error = computeDeviation(gather(results, "meanError", fit), dimensions * expected.meanError);
    assert.ok(Math.abs(ratio) < limit, `trace ratio after ${fit} fits is off by ${ratio} standard errors`);
    assert.ok(Math.abs(error) < limit, `mean error after ${fit} fits is off by ${error} standard errors`);
  }
  return 2 * fits.length;
}

test("Theorem 1 is the product, and the product tends to its limit", () => {
  const given = { samples: 10, covariance: "mle" } as const;
  let product = 1;
  for (let k = 1; k <= 50; k++) {
    product *= 1 - 1 / (10 * k * k);
    const { traceRatio, meanError } = computeAccumulated(given, k);
    assert.ok(Math.abs(traceRatio - product) < 1e-14);
    assert.ok(Math.abs(meanError - (1 - product)) < 1e-14);
  }
  assert.ok(Math.abs(computeAccumulated(given, 1e5).traceRatio - computeAccumulatedLimit(10)) < 1e-6);
  assert.equal(computeAccumulatedLimit(10).toFixed(4), "0.8434");
  // One unbiased fit has no bias, and every later one is drawn from variances that shrink less.
  assert.equal(computeAccumulated({ samples: 10, covariance: "unbiased" }, 1).traceRatio, 1);
});

test("accumulate meets Theorem 1 in one dimension and in three", async () => {
  const given = { samples: 10, covariance: "mle" } as const;
  const truth = (fits: number) => computeAccumulated(given, fits);
  let compared = await compare({ corpus: accumulate, fits: 30, trials: 700 }, [1, 2, 3, 10, 30], truth);
  compared += await compare({ corpus: accumulate, fits: 10, trials: 300, dimensions: 3 }, [1, 2, 5, 10], truth);
  compared += await compare({ corpus: accumulate, fits: 5, trials: 500, draws: "rows" }, [1, 2, 5], truth);
  assert.equal(compared, 24);
});

test("accumulate with the unbiased divisor follows its recursion", async () => {
  const given = { samples: 10, covariance: "unbiased" } as const;
  const truth = (fits: number) => computeAccumulated(given, fits);
  const compared = await compare(
    { corpus: accumulate, covariance: "unbiased", fits: 30, trials: 700 },
    [1, 2, 10, 30],
    truth,
  );
  assert.equal(compared, 8);
});

test("replace loses its variance at the predicted rate while the number of fits is at most that of rows", async () => {
  for (const covariance of ["mle", "unbiased"] as const) {
    const given = { samples: 32, covariance };
    const truth = (fits: number) => computeReplaced(given, fits);
    const compared = await compare({ corpus: replace, ...given, fits: 20, trials: 600 }, [1, 2, 5, 10, 20], truth);
    assert.equal(compared, 10);
  }
  const rows = await compare(
    { corpus: replace, samples: 10, draws: "rows", dimensions: 2, fits: 8, trials: 400 },
    [1, 2, 4, 8],
    (fits) => computeReplaced({ samples: 10, covariance: "mle" }, fits),
  );
  assert.equal(rows, 8);
});

test("the logarithm of the ratio under replace has the predicted mean and variance, far beyond that", async () => {
  const given = { samples: 10, covariance: "mle" } as const;
  const trials = 300;
  const results = await simulate({ corpus: replace, samples: 10, fits: 100, trials });
  for (const fits of [1, 10, 100]) {
    const logs = gather(results, "traceRatio", fits).map(Math.log);
    const expected = computeReplacedLog(given, fits);
    const mean = logs.reduce((sum, value) => sum + value, 0) / trials;
    const squares = logs.map((value) => (value - expected.mean) ** 2);
    assert.ok(Math.abs(mean - expected.mean) < limit * Math.sqrt(expected.variance / trials), `mean ${mean}`);
    assert.ok(Math.abs(computeDeviation(squares, expected.variance)) < limit, `variance after ${fits} fits`);
  }
});
