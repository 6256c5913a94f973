import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { computeModuleAddress } from "../../src/keys/module-address.ts";

test("a worker beside a source file is a .ts file, beside a built file a .js file", () => {
  assert.equal(computeModuleAddress("file:///x/src/a/b.ts", "./worker").href, "file:///x/src/a/worker.ts");
  assert.equal(computeModuleAddress("file:///x/dist/a/b.js", "./worker").href, "file:///x/dist/a/worker.js");
  assert.equal(computeModuleAddress("file:///x/dist/a/b.js?v=1.ts", "../worker").href, "file:///x/dist/worker.js");
});

test("the address of a module that is there can be found", () => {
  assert.ok(existsSync(computeModuleAddress(import.meta.url, "./module-address.test")));
});
