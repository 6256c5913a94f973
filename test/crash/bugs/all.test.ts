// What the seeded bugs change is still there to be changed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bugs } from "./all.ts";
import { fineGrain, plant } from "./plant.ts";

test("every bug still has its place in the source, and a name of its own", () => {
  assert.ok(bugs.length >= 25);
  assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length);
  for (const edits of [fineGrain, ...bugs.map((bug) => bug.edits)]) {
    const sources = new Map<string, string>();
    for (const edit of edits) {
      const text =
        sources.get(edit.file) ?? readFileSync(new URL(`../../../src/${edit.file}`, import.meta.url), "utf8");
      sources.set(edit.file, plant(text, edit));
      assert.notEqual(edit.find, edit.replace);
    }
  }
});
