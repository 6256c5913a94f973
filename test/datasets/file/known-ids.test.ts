// The hash table answers as a Map would.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKnownIds } from "../../../src/datasets/file/known-ids.ts";

test("20,000 adds of 9,000 ids, past several growths, give the first line of each", () => {
  const known = createKnownIds();
  const lineById = new Map<string, number>();
  let repeats = 0;
  for (let line = 1; line <= 20_000; line++) {
    const id = `row ${(line * 7919) % 9000}`;
    const first = lineById.get(id);
    assert.equal(known.add(id, line), first);
    if (first === undefined) lineById.set(id, line);
    else repeats += 1;
  }
  assert.equal(lineById.size, 9000);
  assert.equal(repeats, 11_000);
});
