// Draws charts as SVG text, without a browser, a canvas or a network. Vega is imported when the first figure is drawn.

import type { Chart } from "./frame.ts";
import { renderDarkRules } from "./palette.ts";

export interface Drawing {
  readonly chart: Chart;
  /** Without a style sheet of its own, for a page that has renderDarkRules in its own. */
  readonly inline: string;
  /** A file of its own that follows the reader's light or dark system. */
  readonly file: string;
  /** The Vega-Lite specification, for whoever wants to draw it again. */
  readonly source: string;
}

/** Draws each chart, in order; `warn` hears what the chart library finds odd about a specification. */
export async function drawCharts(
  charts: readonly Chart[],
  warn: (message: string) => void = () => {},
): Promise<readonly Drawing[]> {
  if (charts.length === 0) return [];
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  // Warnings go to whoever asked for them: a report that is written in passing must not write to a terminal.
  const logger = vega.logger(vega.Warn, undefined, (_method, _level, messages) => warn(messages.join(" ")));
  // A specification made here names no file; should one ever slip in, nothing is fetched and drawing fails.
  const asked: string[] = [];
  const refuse = async (address: unknown): Promise<never> => {
    asked.push(String(address));
    throw new TypeError("figures load nothing");
  };
  const loader = { ...vega.loader(), load: refuse, sanitize: refuse, http: refuse, file: refuse };
  const drawings: Drawing[] = [];
  for (const chart of charts) {
    const compiled = vegaLite.compile(chart.spec, { logger });
    const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", loader, logger });
    try {
      const inline = renderAccessible(await view.toSVG(), chart.description);
      if (asked.length > 0) throw new TypeError(`figure ${chart.name} asks for ${asked.join(", ")}`);
      drawings.push({
        chart,
        inline,
        file: renderFile(inline),
        source: `${JSON.stringify(chart.spec, null, 1)}\n`,
      });
    } finally {
      view.finalize();
    }
  }
  return drawings;
}

/** A name for the whole, and for each described mark a title, which browsers show on hover without a script. */
function renderAccessible(svg: string, description: string): string {
  return svg
    .replace(/<svg /, `<svg role="graphics-document" aria-label="${renderAttribute(description)}" `)
    .replace(
      /(<path aria-label="([^"]*)"[^>]*)\/>/g,
      (_whole, open, label) => `${open}><title>${label}</title></path>`,
    );
}

/** The style sheet lies inside, so that a picture in a document follows the reader's system as well. */
function renderFile(svg: string): string {
  const style = `<style>@media (prefers-color-scheme:dark){${renderDarkRules("svg")}}</style>`;
  return `${svg.replace(/^<svg [^>]*>/, (open) => open + style)}\n`;
}

function renderAttribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
