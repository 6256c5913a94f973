import assert from "node:assert/strict";
import { test } from "node:test";
import { hasManyMembers, mostMembers } from "../../../src/text/input/member-limit.ts";

test("ten thousand members are read, one more is not; colons within texts and deeper objects do not count", () => {
  const createText = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
  assert.equal(hasManyMembers(createText(mostMembers)), false);
  assert.equal(hasManyMembers(createText(mostMembers + 1)), true);
  assert.equal(hasManyMembers(`{"a": "${'\\":'.repeat(2 * mostMembers)}"}`), false);
  assert.equal(hasManyMembers(`{"a": ${createText(2 * mostMembers)}}`), false);
  assert.equal(hasManyMembers(":".repeat(2 * mostMembers)), false);
});
