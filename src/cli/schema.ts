// refeed schema: the JSON Schema of experiment files, for editors and for reading.

import { Command } from "commander";
import { createJsonSchema } from "../experiment/validation/json-schema.ts";
import type { Environment } from "./environment.ts";

export function createSchemaCommand(environment: Environment): Command {
  return new Command("schema")
    .description("Print the JSON Schema of experiment files. It lists what runs, and nothing else.")
    .addHelpText(
      "after",
      "\nFor completion in editors that know YAML schemas:\n" +
        "  refeed schema > schema.json, and in the experiment's first line\n" +
        "  # yaml-language-server: $schema=./schema.json",
    )
    .action(() => {
      environment.stdout.write(`${JSON.stringify(createJsonSchema(), null, 2)}\n`);
    });
}
