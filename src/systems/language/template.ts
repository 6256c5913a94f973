// Prompt templates in Jinja, the ecosystem's format, with every variable checked: Jinja itself renders an unknown
// one as nothing, which would train a model on empty prompts without a word.

import { Template as JinjaTemplate } from "@huggingface/jinja";
import { ConfigError } from "../../errors.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Template } from "./settings.ts";

/** The variables a template may use. */
const known = ["article"];

/** Compiles a template; `where` names it in errors. Throws ConfigError for what cannot be rendered. */
export function createTemplate(text: string, where: string): Template {
  const source = text.replace(/\r?\n$/, "");
  let template: JinjaTemplate;
  try {
    template = new JinjaTemplate(source);
  } catch (error) {
    throw new ConfigError([{ where, what: `is no Jinja template: ${error instanceof Error ? error.message : "?"}` }]);
  }
  const used = [...source.matchAll(/\{\{-?\s*([A-Za-z_]\w*)/g)].map((match) => match[1] as string);
  const unknown = used.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new ConfigError(
      unknown.map((name) => ({
        where,
        what: `uses the unknown variable ${name}`,
        next: `use one of: ${known.join(", ")}`,
      })),
    );
  }
  if (!used.includes("article")) {
    throw new ConfigError([{ where, what: "never uses article", next: "put {{ article }} where the text belongs" }]);
  }
  // The commonest template of all needs no interpreter.
  const isPlain = /^\{\{ *article *\}\}$/.test(source);
  return {
    digest: computeDigest(source),
    render: ({ article }) => (isPlain ? article : template.render({ article })),
  };
}
