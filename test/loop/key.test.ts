import assert from "node:assert/strict";
import { test } from "node:test";
import type { Description } from "../../src/domain/stage.ts";
import { computeStageKey } from "../../src/loop/key.ts";
import { createToyTrial } from "../helpers/toy-system.ts";

const turn = { ...createToyTrial("a", 0), generation: 0 };
const description: Description = { kind: "train", version: 1, parameters: { b: null, a: 1 }, inputs: [], turn };
const input = { key: "k", kind: "assemble", value: 1, digest: "d" } as const;

test("the key is frozen: changing how it is made orphans every run there is", () => {
  assert.equal(
    computeStageKey(description, [input]),
    "664204db4c7fe873702e5b36db32987343437a620953c12d0911dbef9e31a7f7",
  );
});

test("a key depends on kind, version, parameters and inputs, and on nothing else", () => {
  const key = computeStageKey(description, [input]);
  assert.notEqual(computeStageKey({ ...description, kind: "sample" }, [input]), key);
  assert.notEqual(computeStageKey({ ...description, version: 2 }, [input]), key);
  assert.notEqual(
    computeStageKey({ ...description, parameters: { a: 1 } }, [input]),
    key,
    "an explicit null is a statement",
  );
  assert.notEqual(computeStageKey(description, [{ ...input, key: "other" }]), key);
  assert.notEqual(computeStageKey(description, [input, input]), key);
  const other = { ...createToyTrial("b", 9), generation: 4 };
  assert.equal(
    computeStageKey({ ...description, turn: other, parameters: { a: 1, b: null } }, [
      { ...input, value: 2, digest: "e" },
    ]),
    key,
  );
});
