import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRetryAfter } from "../../../src/text/input/retry-after.ts";

const now = Date.parse("2026-11-21T12:00:00.250Z");

test("what a server asks for is waited for in full, in every form, and garbage says nothing", () => {
  const cases: readonly (readonly [Record<string, string>, number | null])[] = [
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": " 90 " }, 90_000],
    [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
    [{ "retry-after-ms": "nonsense", "retry-after": "7" }, 7000],
    [{ "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT" }, 29_750],
    [{ "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", date: "Sat, 21 Nov 2026 11:59:50 GMT" }, 40_000],
    [{ "retry-after": "Sat, 21 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "-5" }, null],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "NaN" }, null],
    [{ "retry-after": "Infinity" }, null],
    [{ "retry-after": "9".repeat(400) }, null],
    [{ "retry-after": "" }, null],
    [{}, null],
  ];
  for (const [headers, expected] of cases)
    assert.equal(parseRetryAfter(headers, now), expected, JSON.stringify(headers));
});
