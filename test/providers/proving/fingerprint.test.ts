// When a model is still the one it was: rounding and near ties are nothing, another model is told by what it writes.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Canary } from "../../../src/providers/proving/evidence.ts";
import { findChange } from "../../../src/providers/proving/fingerprint.ts";
import fc from "../../helpers/properties.ts";

const terms = fc.array(fc.double({ min: -6, max: -0.01, noNaN: true }), { minLength: 64, maxLength: 96 });

const createCanary = (values: readonly number[], rename = (index: number): string => `t${index}`): Canary => ({
  ...{ prompt: "Once", text: values.map((_, index) => rename(index)).join(""), isSteady: true },
  tokens: values.map((_, index) => rename(index)),
  terms: values,
});

test("rounding is no change, and a bias is one", () => {
  fc.assert(
    fc.property(terms, fc.double({ min: -0.015, max: 0.015, noNaN: true }), (values, by) => {
      assert.equal(findChange([createCanary(values)], [createCanary(values.map((each) => each + by))]), null);
      const other = findChange([createCanary(values)], [createCanary(values.map((each) => each - 0.05))]);
      assert.match(other ?? "", /^tells other log-probabilities than before: median difference 0\.05 nats/);
    }),
  );
});

test("texts may part where two tokens were about equally likely, and nowhere else", () => {
  fc.assert(
    fc.property(terms, fc.integer({ min: 16, max: 60 }), (values, at) => {
      const part = (by: number): Canary =>
        createCanary(
          values.map((each, index) => (index < at ? each : index === at ? each + by : each - 3)),
          (index) => (index < at ? `t${index}` : `u${index}`),
        );
      assert.equal(findChange([createCanary(values)], [part(0.1)]), null);
      assert.match(
        findChange([createCanary(values)], [part(0.5)]) ?? "",
        new RegExp(`^writes another token than before, .* after ${at} equal ones$`),
      );
    }),
  );
});

test("with too little in common nothing is the same", () => {
  const values = Array.from({ length: 64 }, (_, index) => -1 - (index % 5));
  const early = createCanary(values, (index) => (index < 3 ? `t${index}` : `u${index}`));
  assert.equal(
    findChange([createCanary(values)], [early]),
    "writes another text greedily than before, after 3 equal tokens",
  );
  assert.match(findChange([createCanary(values)], []) ?? "", /writes no text that could be held against/);
  const mute = { ...createCanary(values), tokens: null, terms: null };
  assert.match(findChange([createCanary(values)], [mute]) ?? "", /no longer tells the log-probabilities/);
});

test("without log-probabilities texts are held against each other, where they are steady", () => {
  const mute = (text: string, isSteady = true): Canary => ({
    prompt: "Once",
    text,
    isSteady,
    tokens: null,
    terms: null,
  });
  assert.equal(findChange([mute("a boat")], [mute("a boat")]), null);
  assert.equal(
    findChange([mute("a boat")], [mute("a bear")]),
    "writes another text greedily than before, from character 3 on",
  );
  assert.equal(
    findChange([mute("a boat")], [mute("a boats")]),
    "writes another text greedily than before, from character 6 on",
  );
  assert.equal(findChange([mute("a boat", false)], [mute("a bear")]), null);
});
