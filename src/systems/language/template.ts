// Prompt templates in Jinja, the ecosystem's format, with every variable checked: Jinja itself renders an unknown
// one as nothing, which would train a model on empty prompts without a word.

import { Template as JinjaTemplate } from "@huggingface/jinja";
import type { Row } from "../../domain/rows.ts";
import { ConfigError } from "../../errors.ts";
import { computeDigest, computeKey } from "../../keys/digest.ts";
import type { Form, Template, TextForm } from "./settings.ts";

/** Compiles a template; `where` names it in errors. Throws ConfigError for what cannot be rendered. */
export function createTemplate(text: string, where: string): Template {
  const { source, digest, render } = compileTemplate(text, where, { known: ["article"], needed: ["article"] });
  // The commonest template of all needs no interpreter.
  const isPlain = /^\{\{ *article *\}\}$/.test(source);
  return { digest, render: ({ article }) => (isPlain ? article : render({ article })) };
}

/** A model that is asked by prompts. */
export function createPromptForm({ digest, render }: Template): Form {
  const createExample: Form["createExample"] = (row, summary) => ({ prompt: render(row), completion: summary });
  return { digest, ask: render, createExample, createScored: createExample };
}

/**
 * A model that is asked for whole texts: nothing stands before them, and it learns all of their tokens. Scored is what
 * follows the beginning, which all texts share: no server tells the probability of a first token.
 */
export function createTextForm({ begin, part }: TextForm): Form {
  const finish = ({ article }: Pick<Row, "article">, summary: string): string => `${article}${part ?? ""}${summary}`;
  return {
    digest: computeKey({ unprompted: 1, begin, part }),
    ask: () => "",
    createExample: (row, summary) => ({ prompt: "", completion: `${begin}${finish(row, summary)}` }),
    createScored: (row, summary) => ({ prompt: begin, completion: finish(row, summary) }),
  };
}

/** The variables a template may use, and those without which it makes no sense. */
export interface TemplateVariables {
  readonly known: readonly string[];
  readonly needed: readonly string[];
}

export interface CompiledTemplate {
  /** Without the line feed that an editor puts at the end. */
  readonly source: string;
  readonly digest: string;
  readonly used: readonly string[];
  render(values: Readonly<Record<string, string>>): string;
}

function compileTemplate(text: string, where: string, { known, needed }: TemplateVariables): CompiledTemplate {
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
  const missing = needed.filter((name) => !used.includes(name));
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map((name) => ({ where, what: `never uses ${name}`, next: `put {{ ${name} }} where the text belongs` })),
    );
  }
  return { source, digest: computeDigest(source), used, render: (values) => template.render({ ...values }) };
}

/** A judge's is handed whole blocks, marked by the verifier: it only says where they stand. */
export interface JudgeTemplateOptions {
  readonly mode: "rubric" | "pairwise";
  /** Whether the experiment lets this judge see the reference. */
  readonly hasReference: boolean;
}

export function createJudgeTemplate(
  text: string,
  where: string,
  { mode, hasReference }: JudgeTemplateOptions,
): CompiledTemplate {
  const judged = mode === "rubric" ? ["candidate"] : ["first", "second"];
  const known = [...judged, "article", "reference", "criteria", "verdict"];
  const template = compileTemplate(text, where, { known, needed: [...judged, "verdict"] });
  const isUsed = template.used.includes("reference");
  if (hasReference && !isUsed) {
    throw new ConfigError([{ where, what: "never uses reference", next: "leave reference: true out of the verifier" }]);
  }
  // Behind a condition it is left out where there is none.
  const isConditional = /\{%-?\s*if\s+reference\b/.test(template.source);
  if (isUsed && !hasReference && !isConditional) {
    const next = "a judge sees it where the verifier has reference: true, and only there";
    throw new ConfigError([{ where, what: "uses reference, which this judge is not shown", next }]);
  }
  return template;
}

/** What a reward model is handed, by the prompt and the completion. */
export function createRewardTemplate(text: string, where: string): CompiledTemplate {
  return compileTemplate(text, where, { known: ["prompt", "article", "completion"], needed: ["completion"] });
}
