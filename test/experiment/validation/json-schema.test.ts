import assert from "node:assert/strict";
import { test } from "node:test";
import { createJsonSchema, type JsonSchema, listKnownPaths } from "../../../src/experiment/validation/json-schema.ts";

function* walk(schema: JsonSchema, path: string): Generator<readonly [string, JsonSchema]> {
  for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* walk(choice, path);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") yield* walk(schema.additionalProperties, `${path}.*`);
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, child];
    yield* walk(child, `${path}.${key}`);
  }
}

const keys = [...walk(createJsonSchema(), "")];

test("every key says what it means, in a sentence", () => {
  assert.ok(keys.length > 80, `${keys.length} keys`);
  assert.deepEqual(
    keys.filter(([, { description }]) => !/^[A-Za-z<>{0-9].{4,}\.$/.test(description ?? "")).map(([path]) => path),
    [],
  );
});

test("mappings of the schema take no other keys", () => {
  const closed = [createJsonSchema(), ...keys.map(([, schema]) => schema)]
    .flatMap((schema) => [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    .filter(({ properties }) => properties);
  assert.ok(closed.length > 20, `${closed.length} mappings`);
  for (const schema of closed) assert.equal(schema.additionalProperties, false);
});

test("it lists what runs and nothing else", () => {
  const choices = (path: string): readonly unknown[] =>
    keys
      .filter(([key]) => key === path)
      .flatMap(([, schema]) => [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
      .flatMap((schema) => (schema.enum as readonly unknown[] | undefined) ?? schema.const ?? []);
  assert.deepEqual(choices(".system"), ["language", "gaussian"]);
  assert.deepEqual(choices(".model.trainer"), ["embedded", "scripted"]);
  assert.deepEqual(choices(".model.base"), ["embedded:newswire", "scripted"]);
  assert.deepEqual(choices(".dataset.name"), ["newswire"]);
  assert.deepEqual(choices(".verifiers.*.kind"), ["oracle", "perplexity", "judge", "reward", "command"]);
  assert.deepEqual(
    new Set(choices(".corpus")),
    new Set(["replace", "accumulate", "accumulate-doubling", "accumulate-subsample", "mix"]),
  );
  assert.deepEqual(choices(".endpoints.*.provider"), ["openai", "huggingface"]);
});

test("paths are dotted, without the branches they stand in", () => {
  for (const path of [
    "select.keep",
    "model.first.params.steps",
    "dataset.split.test",
    "system.dimensions",
    "corpus.share",
  ]) {
    assert.ok(listKnownPaths().includes(path), path);
  }
});
