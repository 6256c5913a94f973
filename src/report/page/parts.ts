// The small pieces every section of the page is made of: arms with the mark of their line, numbers, verdicts, tables.

import type { Cell, Comparison } from "../cells.ts";
import type { Marker } from "../charts/marker.ts";
import { computeDecimals, renderInterval, renderNumber } from "../numbers.ts";
import { createTrustedHtml, type Html, type HtmlValue, html } from "./html.ts";

/** Outlines in a box of 12 by 12, as the figures draw them. */
const outlines: Readonly<Record<string, string>> = {
  circle: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z",
  square: "M2 2h8v8h-8Z",
  "triangle-up": "M6 1.5L11 10.5H1Z",
  diamond: "M6 .5L10.5 6L6 11.5L1.5 6Z",
  cross: "M4.5 1.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z",
  "triangle-down": "M6 10.5L11 1.5H1Z",
};
const signs = { better: "\u25b2", worse: "\u25bc", unclear: "\u25cf", higher: "\u2191", lower: "\u2193" } as const;

/** What is said of a comparison; where neither way is better, which way it went. */
export type Saying = keyof typeof signs;

/** Text of a model, a dataset or a user: isolated, so that its direction does not spread. */
export function text(value: string): Html {
  return html`<bdi>${value}</bdi>`;
}

/** With the mark that its line has in the figures, where it has one. */
export function renderArmName(arm: string, marker: Marker | undefined): Html {
  const path = outlines[marker?.shape ?? ""];
  const key = marker
    ? createTrustedHtml(
        `<svg class="key" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><path fill="${marker.color}" d="${path}"/></svg>`,
      )
    : null;
  return html`${key}${text(arm)}`;
}

export function pickSaying({ verdict, difference }: Comparison): Saying {
  return verdict === "differs" ? (difference > 0 ? "higher" : "lower") : verdict;
}

/** A sign, a word and a colour: no reader depends on one of them alone. */
export function renderVerdict(comparison: Comparison): Html {
  const saying = pickSaying(comparison);
  return html`<span class="verdict ${saying}">${signs[saying]} ${saying}</span>`;
}

/** As many digits as the interval supports; the interval itself stands in a cell of its own. */
export function renderMean(cell: Cell): Html {
  return html`<span class="number">${typeset(renderNumber(cell.mean, computeDecimals(cell.low, cell.high)))}</span>`;
}

/** Muted: it qualifies the number beside it. */
export function renderRange(low: number | null, high: number | null, signed = false): Html {
  return html`<span class="range">${typeset(renderInterval(low, high, signed))}</span>`;
}

/** Raised digits are characters of their own, so no element is needed within a number. */
const raised: Readonly<Record<string, string>> = Object.fromEntries(
  [..."-0123456789"].map((sign, index) => [
    sign,
    [..."\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"][index]!,
  ]),
);

/** Powers of ten with raised digits, and a typographic minus. */
export function typeset(number: string): string {
  return number
    .replace(
      /(\d)e(-?\d+)/g,
      (_whole, digit, power) => `${digit}\u202f\u00d7\u202f10${[...power].map((sign) => raised[sign]).join("")}`,
    )
    .replace(/-(?=[\di])/g, "\u2212")
    .replaceAll(" %", "\u202f%");
}

/** A table within a box of its own that scrolls when it is wider than the page. */
export function renderTable(head: readonly HtmlValue[], rows: readonly (readonly HtmlValue[])[], name = ""): Html {
  return html`<div class="wide"><table class="${name}">
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([
      first = null,
      ...rest
    ]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
