// The JSON Schema of experiment files, for editors: what may be written, before any default is filled in.

import { z } from "zod";
import { gaussianSchema } from "../schema/gaussian.ts";
import { languageSchema } from "../schema/language.ts";

/** As much of a JSON Schema as is walked here. */
export interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly [key: string]: unknown;
}

/** Draft 7: what the YAML servers of editors know. */
export function createJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(z.union([languageSchema, gaussianSchema]), { io: "input", target: "draft-7" });
  return {
    ...(schema as JsonSchema),
    title: "Refeed experiment",
    description: "One experiment: what is compared, on what.",
  };
}

let knownPaths: readonly string[] | undefined;

/** Every dotted path that stands in the schema, `select.keep` among them; found once. */
export function listKnownPaths(): readonly string[] {
  knownPaths ??= [...new Set(listPaths(createJsonSchema(), ""))];
  return knownPaths;
}

/** Lists and records end a path: what is in them is reached by no override of an arm. */
function listPaths(schema: JsonSchema, path: string): readonly string[] {
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((choice) => listPaths(choice, path));
  const children = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    listPaths(child, path === "" ? key : `${path}.${key}`),
  );
  return [...(path === "" ? [] : [path]), ...choices, ...children];
}
