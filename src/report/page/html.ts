// HTML by a template that escapes: a string put into it is text, always. Markup is made here and nowhere else.
// It knows no element and no page.

import { renderVisible } from "../../text/visible.ts";

const markup = Symbol("markup");

/** Markup that this file made; the symbol cannot come from JSON, a dataset or a model. */
export interface Html {
  readonly [markup]: string;
}

export type HtmlValue = Html | string | number | null | readonly HtmlValue[];

/** Fills values into markup; strings and numbers are escaped, arrays joined, null leaves nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? "";
  for (const [index, value] of values.entries()) text += renderValue(value) + (parts[index + 1] ?? "");
  return { [markup]: text };
}

/** Takes markup as it is: for what the charts and the style sheet made, never for what a model or a user wrote. */
export function createTrustedHtml(text: string): Html {
  return { [markup]: text };
}

export function renderHtml(value: Html): string {
  return value[markup];
}

/** Escapes for element content and quoted attributes alike, and shows what would be invisible. */
export function renderEscaped(text: string): string {
  return renderVisible(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function renderValue(value: HtmlValue): string {
  if (value === null) return "";
  if (typeof value === "string") return renderEscaped(value);
  if (typeof value === "number") return renderEscaped(String(value));
  if (isList(value)) return value.map(renderValue).join("");
  return value[markup];
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value);
}
