import assert from "node:assert/strict";
import { test } from "node:test";
import { expandArms } from "../../../src/experiment/arms/product.ts";
import { toPlain } from "../../../src/experiment/document/node.ts";
import { parseFileText } from "../../../src/experiment/document/yaml.ts";
import fc from "../../helpers/properties.ts";

type Product = Readonly<Record<string, readonly number[]>>;

/** Every combination, by counting: the last key turns fastest. */
function expandSlowly(product: Product): readonly Readonly<Record<string, number>>[] {
  const keys = Object.keys(product);
  const total = keys.reduce((count, key) => count * product[key]!.length, 1);
  return Array.from({ length: total }, (_, index) => {
    let rest = index;
    const arm: Record<string, number> = {};
    for (const key of keys.toReversed()) {
      const values = product[key]!;
      arm[key] = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
    }
    return arm;
  });
}

test("products expand as by counting, one after another", () => {
  const values = fc.array(fc.nat(9), { minLength: 1, maxLength: 3 });
  const product = fc.dictionary(fc.stringMatching(/^[a-d]{1,2}$/), values, { maxKeys: 4 });
  let armCount = 0;
  fc.assert(
    fc.property(fc.array(product, { minLength: 1, maxLength: 3 }), (products) => {
      const { root } = parseFileText(JSON.stringify(products), "x.yaml");
      const drafts = expandArms(root!, []);
      const arms = drafts.map(({ overrides }) =>
        Object.fromEntries(overrides.map(({ path, node }) => [path.join("."), toPlain(node)])),
      );
      assert.deepEqual(arms, products.flatMap(expandSlowly));
      armCount += arms.length;
    }),
    { numRuns: 100 },
  );
  assert.ok(armCount > 500, `${armCount} arms`);
});

test("a single value is a list of one, and a dotted key is a path", () => {
  const { root } = parseFileText("{ a.b: 1, c: [{d: 2}] }", "x.yaml");
  const [draft] = expandArms(root!, []);
  assert.deepEqual(
    draft?.overrides.map(({ path, place }) => [path, place.where]),
    [
      [["a", "b"], "x.yaml:1:3"],
      [["c"], "x.yaml:1:11"],
    ],
  );
});
