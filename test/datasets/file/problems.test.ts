// Three problems are told, then a count; places carry line, column and byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createProblems, renderCount, renderPlace } from "../../../src/datasets/file/problems.ts";
import { DatasetError } from "../../../src/errors.ts";

function tell(count: number): string {
  const problems = createProblems("a.jsonl");
  for (let line = 1; line <= count; line++) {
    problems.add({ place: { line, column: 1, byte: line * 1000 }, what: `fault ${line}`, next: `step ${line}` });
  }
  try {
    problems.throwIfAny();
    return "none";
  } catch (error) {
    assert.ok(error instanceof DatasetError);
    return `${error.message} | ${error.next}`;
  }
}

test("none, one, three, four and very many problems", () => {
  const three =
    "a.jsonl:1:1 (byte 1,000): fault 1\na.jsonl:2:1 (byte 2,000): fault 2\na.jsonl:3:1 (byte 3,000): fault 3";
  assert.equal(tell(0), "none");
  assert.equal(tell(1), "a.jsonl:1:1 (byte 1,000): fault 1 | step 1");
  assert.equal(tell(3), `${three} | step 1`);
  assert.equal(tell(4), `${three}\nand 1 more problem | step 1`);
  assert.equal(tell(999), `${three}\nand 996 more problems | step 1`);
  assert.equal(tell(1000), `${three}\nand at least 997 more problems | step 1`);
});

test("places and counts", () => {
  assert.equal(
    renderPlace("d/x.jsonl", { line: 4812, column: 17, byte: 1203441 }),
    "d/x.jsonl:4812:17 (byte 1,203,441)",
  );
  assert.deepEqual([0, 999, 1000, 1234567].map(renderCount), ["0", "999", "1,000", "1,234,567"]);
});
