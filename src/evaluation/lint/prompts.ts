// Lint of prompts: what the way through the template, and through the provider's tokenizer where it is at hand, changes.
// It reads rows and renders them; it samples nothing and knows neither template language nor tokenizer.

import { setImmediate } from "node:timers/promises";
import type { PromptLint, ReadRoundTrip } from "../../domain/lint.ts";
import type { Row } from "../../domain/rows.ts";
import { hasMarker } from "../../text/markers/chat-markers.ts";

export interface PromptLintRequest {
  readonly render: (row: Pick<Row, "article">) => string;
  /** Null where nobody can tell. */
  readonly readRoundTrip: ReadRoundTrip | null;
}

/** Rows between two turns of the event loop. */
const breathRows = 200;

export async function computePromptLint(
  rows: AsyncIterable<Row>,
  { render, readRoundTrip }: PromptLintRequest,
): Promise<PromptLint> {
  const counts = { prompts: 0, changed: 0, lost: 0, ambiguous: 0, cut: 0, unknown: 0, respelt: 0, markers: 0 };
  const delimiters = findDelimiters(render);
  for await (const row of rows) {
    const { article } = row;
    const prompt = render(row);
    const trip = readRoundTrip?.(prompt) ?? { cutCount: 0, unknownCount: 0, isSame: true };
    const isLost = !prompt.includes(article);
    const isAmbiguous = delimiters.some((delimiter) => article.includes(delimiter));
    const [isCut, isUnknown] = [trip.cutCount > 0, trip.unknownCount > 0];
    // Whatever was cut or unknown comes back otherwise; what is left is spelling: white space, mostly.
    const isRespelt = !trip.isSame && !isCut && !isUnknown;
    counts.prompts += 1;
    if (isLost) counts.lost += 1;
    if (isAmbiguous) counts.ambiguous += 1;
    if (isCut) counts.cut += 1;
    if (isUnknown) counts.unknown += 1;
    if (isRespelt) counts.respelt += 1;
    if (isLost || isAmbiguous || isCut || isUnknown || isRespelt) counts.changed += 1;
    if (hasMarker(article) || hasMarker(row.summary)) counts.markers += 1;
    if (counts.prompts % breathRows === 0) await setImmediate();
  }
  return counts;
}

/** A dash or a colon marks no end of anything. */
const shortestDelimiter = 3;

/** What the template itself writes around an article, found by rendering one that stands nowhere else. */
function findDelimiters(render: PromptLintRequest["render"]): readonly string[] {
  const probe = "refeed\u0001probe";
  return render({ article: probe })
    .split(probe)
    .map((part) => part.trim())
    .filter((part) => part.length >= shortestDelimiter);
}
