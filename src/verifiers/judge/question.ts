// A question to a judge: every text that is judged, or that comes from data, stands in a block of its own whose mark
// occurs in none of them, and is rid of what a tokenizer would read as a turn. It knows no endpoint and no template.

import type { Question } from "../../domain/hosted.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import { markerVersion, renderWithoutMarkers } from "../../text/markers/chat-markers.ts";
import { createVerdictSchema, type Form, renderVerdictForm, verdictVersion } from "./verdict.ts";

/** A template of the user's or the package's, compiled; it is handed whole blocks and cannot forget to mark one. */
export interface JudgeTemplate {
  readonly digest: string;
  render(values: Readonly<Record<string, string>>): string;
}

/** Raised whenever the same texts would be asked about in other words. */
const questionVersion = 1;

export interface QuestionMaker {
  /** `blocks` by the names that the template knows them by; `seed` and `id` decide the mark. */
  create(id: string, blocks: Readonly<Record<string, string>>, seed: string): MarkedQuestion;
  /** What of a question is the same for all, for the stage's key. */
  readonly parameters: Readonly<Record<string, Json>>;
}

export interface MarkedQuestion {
  readonly question: Question;
  /** What the verdict must name. */
  readonly mark: string;
}

export interface QuestionOptions {
  readonly template: JudgeTemplate;
  readonly form: Form;
  /** What the verdict's members mean, one a line. */
  readonly criteria: string;
  readonly maxTokens: number;
}

export function createQuestionMaker({ template, form, criteria, maxTokens }: QuestionOptions): QuestionMaker {
  const schema = createVerdictSchema(form);
  return {
    create(id, blocks, seed) {
      const mark = createMark(Object.values(blocks), [seed, id]);
      const marked = Object.entries(blocks).map(([name, text]) => [name, renderBlock(name, text, mark)]);
      const values = { ...Object.fromEntries(marked), criteria, verdict: renderVerdictForm(form, mark) };
      return { mark, question: { id, system: null, text: template.render(values), schema, maxTokens } };
    },
    parameters: {
      template: template.digest,
      form: { ...form } as Json,
      criteria,
      maxTokens,
      question: questionVersion,
      verdict: verdictVersion,
      markers: markerVersion,
    },
  };
}

/** Drawn from what no writer of a text could know, and drawn again should a text hold it all the same. */
function createMark(texts: readonly string[], parts: readonly string[]): string {
  for (let count = 0; ; count++) {
    const mark = computeKey([...parts, count]).slice(0, markLength);
    if (texts.every((text) => !text.includes(mark))) return mark;
  }
}

const markLength = 12;

function renderBlock(name: string, text: string, mark: string): string {
  return `<${name} ${mark}>\n${renderWithoutMarkers(text)}\n</${name} ${mark}>`;
}
