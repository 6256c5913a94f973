import assert from "node:assert/strict";
import { test } from "node:test";
import { createRedactor } from "../../../src/providers/wire/redaction.ts";
import fc from "../../helpers/properties.ts";

const key = 'sk-canary/7f3+A"9=Zq0Lw%xY2';

test("no form of a key comes through", () => {
  const redact = createRedactor(key);
  const bytes = Buffer.from(key);
  const forms = [
    key,
    encodeURIComponent(key),
    JSON.stringify(key),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    Buffer.from(`Bearer ${key}`).toString("base64"),
    Buffer.from(`user:${key}`).toString("base64"),
    key.slice(0, 8),
    key.slice(-10),
    `${key.slice(0, 9)}...${key.slice(-9)}`,
  ];
  for (const form of forms) {
    const clean = redact(`Incorrect API key provided: ${form}. Look it up.`);
    assert.match(clean, /^Incorrect API key provided: .*\[key\].*\. Look it up\.$/, form);
    for (let at = 0; at + 8 <= key.length; at++) assert.ok(!clean.includes(key.slice(at, at + 8)), clean);
  }
  assert.equal(redact("nothing of it here"), "nothing of it here");
});

test("whatever stands around it, eight characters of the key in a row never come through", () => {
  const redact = createRedactor(key);
  const part = fc.tuple(fc.nat(key.length), fc.nat(key.length)).map(([from, to]) => key.slice(from, to));
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (pieces) => {
      const clean = redact(pieces.join(""));
      for (let at = 0; at + 8 <= key.length; at++) assert.ok(!clean.includes(key.slice(at, at + 8)));
    }),
  );
});

test("a key too short to be one garbles nothing", () => {
  assert.equal(createRedactor("EMPTY")("the list is EMPTY"), "the list is EMPTY");
  assert.equal(createRedactor(null)("as it is"), "as it is");
});
