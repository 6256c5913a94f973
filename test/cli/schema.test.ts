import assert from "node:assert/strict";
import { test } from "node:test";
import { createSchemaCommand } from "../../src/cli/schema.ts";
import { createJsonSchema } from "../../src/experiment/validation/json-schema.ts";
import { speak } from "../helpers/environment.ts";

test("the JSON Schema goes to standard output, with both systems in it", async () => {
  const { out, error } = await speak(createSchemaCommand, [], { cwd: "/" });
  const schema = JSON.parse(out);
  assert.deepEqual(schema, createJsonSchema());
  assert.equal(schema.$schema, "http://json-schema.org/draft-07/schema#");
  assert.equal(schema.anyOf?.length, 2);
  assert.equal(error, "");
});
