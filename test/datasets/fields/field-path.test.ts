// Paths into nested rows: what a text means, where it leads, and what is listed where it leads nowhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findMember,
  followPath,
  listPaths,
  mostListed,
  openValue,
  parseFieldPath,
} from "../../../src/datasets/fields/field-path.ts";
import fc from "../../helpers/properties.ts";

const row = {
  "a.b": "exact",
  a: { b: "nested", "c.d": { e: "dots below" }, c: { d: "unreached" } },
  list: [{ x: "first" }, { x: "last" }],
  none: null,
};

test("the longest name that is there goes before a way through several", () => {
  const paths = [
    ["a.b", ["a.b"], "exact"],
    ["a.c.d.e", ["a", "c.d", "e"], "dots below"],
    ["a.c", ["a", "c"], { d: "unreached" }],
    ["list.0.x", ["list", "0", "x"], "first"],
    ["list.-1.x", ["list", "-1", "x"], "last"],
    ["list.-2.x", ["list", "-2", "x"], "first"],
  ] as const;
  for (const [text, path, value] of paths) {
    const found = parseFieldPath(text, row as unknown, findMember);
    assert.deepEqual(found, path);
    assert.deepEqual(followPath(row, found), { value, steps: path.length });
  }
  assert.equal(paths.length, 6);
});

test("a path that ends early tells how far it came; of what nothing is known, every dot is a step", () => {
  assert.deepEqual(parseFieldPath("x.y.z", undefined as unknown, findMember), ["x", "y", "z"]);
  assert.deepEqual(parseFieldPath("none.y.z", row as unknown, findMember), ["none", "y", "z"]);
  const ends = [
    [["none", "y"], null, 1],
    [["list", "2", "x"], row.list, 1],
    [["list", "-3", "x"], row.list, 1],
    [["list", "x"], row.list, 1],
    [["list", "1e0"], row.list, 1],
    [["list", "length"], row.list, 1],
    [["toString"], row, 0],
    [["a.b", "0"], "exact", 1],
    [["a.b", "length"], "exact", 1],
  ] as const;
  for (const [path, value, steps] of ends) assert.deepEqual(followPath(row, path), { value, steps }, path.join("."));
  assert.equal(ends.length, 9);
});

test("whatever holds nothing further is listed, the first item of a list for all, no deeper and no more than is read", () => {
  assert.deepEqual(listPaths(row as unknown, [], openValue), ["a.b", "a.b", "a.c.d.e", "a.c.d", "list.0.x", "none"]);
  assert.deepEqual(listPaths({ e: [], o: {}, n: 1 } as unknown, ["p"], openValue), ["p.e", "p.o", "p.n"]);
  assert.deepEqual(listPaths({} as unknown, [], openValue), []);
  const deep = JSON.parse(`${'{"x":['.repeat(50_000)}1${"]}".repeat(50_000)}`) as unknown;
  assert.deepEqual(listPaths({ deep, plain: 1 } as unknown, [], openValue), ["plain"]);
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`, index]));
  assert.equal(listPaths(wide as unknown, [], openValue).length, mostListed + 1);
});

test("every path that is listed leads to what it stands for", () => {
  const value = fc.object({ maxDepth: 4, key: fc.constantFrom("a", "b", "a.b", "c", "0", ""), values: [fc.string()] });
  fc.assert(
    fc.property(value, (of) => {
      for (const text of listPaths(of as unknown, [], openValue)) {
        const path = parseFieldPath(text, of as unknown, findMember);
        assert.equal(path.join("."), text);
        const { value: found, steps } = followPath(of, path);
        // Two ways that are written alike: the longest name is taken, and may end elsewhere.
        if (steps === path.length) assert.notEqual(found, undefined);
      }
    }),
  );
});
