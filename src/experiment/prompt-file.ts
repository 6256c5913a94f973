// A template by the name that an experiment gives it: one that comes with the package, or a file beside the experiment.

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readTextFile } from "./text-file.ts";

export interface PromptText {
  readonly name: string;
  readonly text: string;
}

/** A name without a slash is a packaged template, one with a slash a file relative to `folder`. */
export async function readPromptFile(name: string, folder: string): Promise<PromptText> {
  // Where models are asked by no prompt; whoever must read an article all the same is given it as it stands.
  if (name === "none") return { name, text: "{{ article }}" };
  const isFile = name.includes("/");
  const path = isFile ? resolve(folder, name) : join(packagedTemplates, `${name}.jinja`);
  const text = await readTextFile({ path, shown: isFile ? name : path, kind: "prompt" });
  // A byte order mark would stand in front of every prompt.
  return { name, text: text.replace(/^\ufeff/, "") };
}

const packagedTemplates = fileURLToPath(new URL("../../prompts", import.meta.url));
