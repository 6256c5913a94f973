import assert from "node:assert/strict";
import { test } from "node:test";
import {
  computeDecimals,
  renderInterval,
  renderNumber,
  renderPercent,
  renderSigned,
} from "../../src/report/numbers.ts";

test("an interval decides how many digits are shown", () => {
  assert.equal(computeDecimals(0.59, 0.62), 3);
  assert.equal(computeDecimals(0.5901, 0.5921), 4);
  assert.equal(computeDecimals(-30, 50), 0);
  assert.equal(computeDecimals(null, 1), null);
  assert.equal(computeDecimals(1, 1), null);
  assert.equal(computeDecimals(0, Number.POSITIVE_INFINITY), null);
  // The end beside zero is not written as zero.
  assert.equal(renderInterval(-4.5, 0.0123, true), "-4.50 to +0.01");
});

test("numbers are written for readers", () => {
  const cases: readonly (readonly [number, number | null, string])[] = [
    [0.60523, 3, "0.605"],
    [0.60523, null, "0.6052"],
    [2000, null, "2,000"],
    [-1234567, null, "-1,234,567"],
    [12.5, null, "12.50"],
    [0, 3, "0"],
    [1.234e-7, null, "1.23e-7"],
    [3.2e9, null, "3.20e9"],
    [Number.POSITIVE_INFINITY, 2, "infinite"],
    [Number.NEGATIVE_INFINITY, 2, "-infinite"],
    [Number.NaN, 2, "-"],
  ];
  for (const [value, decimals, text] of cases) assert.equal(renderNumber(value, decimals), text);
});

test("a difference carries its sign, an unknown interval says so", () => {
  assert.equal(renderSigned(0.02, 3), "+0.020");
  assert.equal(renderSigned(-0.02, 3), "-0.020");
  assert.equal(renderSigned(0, 3), "0");
  assert.equal(renderInterval(null, null), "no interval");
  assert.equal(renderInterval(0.590123, 0.620456), "0.590 to 0.620");
});

test("percent is given where a ratio says something", () => {
  assert.equal(renderPercent(0.5, 0.4), "-20 %");
  assert.equal(renderPercent(0.5, 0.502), "+0.4 %");
  assert.equal(renderPercent(-2, -1), "+50 %");
  assert.equal(renderPercent(1, 1), "0 %");
  assert.equal(renderPercent(1, 1.0001), "0 %");
  assert.equal(renderPercent(0, 1), null);
  assert.equal(renderPercent(0.001, 1), null);
  assert.equal(renderPercent(1, Number.POSITIVE_INFINITY), null);
});
