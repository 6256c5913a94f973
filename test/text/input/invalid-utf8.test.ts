import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import { computeInvalidOffset } from "../../../src/text/input/invalid-utf8.ts";
import fc from "../../helpers/properties.ts";

test("property: what stands before the offset is UTF-8, and no longer beginning of the bytes is whole", () => {
  const part = fc.oneof(
    fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 6 }),
  );
  let brokenCount = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const bytes = Buffer.concat(parts);
      const offset = computeInvalidOffset(bytes);
      assert.ok(isUtf8(bytes.subarray(0, offset)));
      assert.equal(offset === bytes.length, isUtf8(bytes));
      for (let end = offset + 1; end <= bytes.length; end++) assert.equal(isUtf8(bytes.subarray(0, end)), false);
      if (offset < bytes.length) brokenCount += 1;
    }),
    { numRuns: 500 },
  );
  assert.ok(brokenCount > 100, `${brokenCount} were broken`);
});
