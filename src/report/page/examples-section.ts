// The same texts of the test split under every arm, generation beside generation, so that a reader sees what numbers hide.
// What was written without a prompt stands apart: it was made of no article, and there is no reference for it.

import type { ExampleRecord, RunRecord } from "../../domain/record.ts";
import { isUnprompted } from "../beginning.ts";
import type { Marker } from "../charts/marker.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import { renderArmName, renderTable, text } from "./parts.ts";

/** Columns beyond these would be too narrow to read. */
const columnCount = 7;
/** Longer texts are cut, with a word about it. */
const longestText = 4_000;

export function renderExamples(
  record: RunRecord,
  examples: readonly ExampleRecord[],
  markers: ReadonlyMap<string, Marker>,
): Html | null {
  const isFree = (arm: string, generation: number): boolean => isUnprompted(record, { arm, generation });
  const free = pickOutputs(examples, isFree);
  const answers = pickOutputs(examples, (arm, generation) => !isFree(arm, generation));
  if (free.length + answers.length === 0) return null;
  return html`<h2>What the models wrote</h2>
${renderAnswers(record, answers, markers)}${renderFreeTexts(record, free, markers)}`;
}

/** Of each example what some models wrote; none of those that nothing is left of. */
function pickOutputs(
  examples: readonly ExampleRecord[],
  isWanted: (arm: string, generation: number) => boolean,
): readonly ExampleRecord[] {
  return examples
    .map((example) => ({ ...example, outputs: example.outputs.filter(({ arm }) => isWanted(arm, example.generation)) }))
    .filter(({ outputs }) => outputs.length > 0);
}

function renderAnswers(
  record: RunRecord,
  examples: readonly ExampleRecord[],
  markers: ReadonlyMap<string, Marker>,
): Html | null {
  if (examples.length === 0) return null;
  const groups = Map.groupBy(examples, (example) => `${example.seed}/${example.id}`);
  const generations = [...new Set(examples.map((example) => example.generation))].sort((a, b) => a - b);
  const shown = pickColumns(generations);
  const seed = examples[0]!.seed;
  const left =
    shown.length < generations.length ? ` Generations ${shown.join(", ")} of ${generations.length} are shown.` : "";
  return html`<p class="note">${groups.size === 1 ? "1 text" : `${groups.size} texts`} of the test split, seed ${seed}: what each arm's model of each generation made of ${groups.size === 1 ? "it" : "them"}.${groups.size === 1 ? "" : " Open one to read it."}${left}</p>
${[...groups.values()].map((group, index) => renderExample({ group, index, shown, record, markers }))}`;
}

interface ExampleRequest {
  readonly group: readonly ExampleRecord[];
  readonly index: number;
  readonly shown: readonly number[];
  readonly record: RunRecord;
  readonly markers: ReadonlyMap<string, Marker>;
}

/** One text: what it says, what its reference says, what every model made of it. */
function renderExample({ group, index, shown, record, markers }: ExampleRequest): Html {
  const { article, reference } = group[0]!;
  const rows = record.arms.flatMap((arm): HtmlValue[][] => {
    const outputs = shown.map((generation) => {
      const example = group.find((one) => one.generation === generation);
      return example?.outputs.find((output) => output.arm === arm.id)?.text;
    });
    if (outputs.every((output) => output === undefined)) return [];
    return [[renderArmName(arm.id, markers.get(arm.id)), ...outputs.map(renderOutput)]];
  });
  // The first stands open, so that nobody overlooks what is folded.
  const open = index === 0 ? html`<details class="example" open>` : html`<details class="example">`;
  return html`${open}<summary>${text(cut(reference, 160))}</summary>
<p class="note">The article:</p>
<div class="article text">${text(cut(article, longestText))}</div>
<p><span class="note">Reference summary:</span> <span class="text">${text(cut(reference, longestText))}</span></p>
${renderTable(["arm", ...shown.map((generation) => `generation ${generation}`)], rows, "texts")}
</details>
`;
}

/** Texts that were made of nothing: a draw a row, a model a column. */
function renderFreeTexts(
  record: RunRecord,
  examples: readonly ExampleRecord[],
  markers: ReadonlyMap<string, Marker>,
): Html | null {
  if (examples.length === 0) return null;
  const generations = [...new Set(examples.map(({ generation }) => generation))].sort((a, b) => a - b);
  const shown = pickColumns(generations);
  const arms = record.arms.filter(({ id }) => examples.some(({ outputs }) => outputs.some(({ arm }) => arm === id)));
  const columns = arms.flatMap(({ id }) => shown.map((generation) => ({ arm: id, generation })));
  const ids = [...new Set(examples.map(({ id }) => id))];
  const rows = ids.map((id, index): HtmlValue[] => [
    index + 1,
    ...columns.map(({ arm, generation }) => {
      const example = examples.find((one) => one.id === id && one.generation === generation);
      return renderOutput(example?.outputs.find((output) => output.arm === arm)?.text);
    }),
  ]);
  const head = columns.map(
    ({ arm, generation }) => html`${renderArmName(arm, markers.get(arm))}, generation ${generation}`,
  );
  return html`<details class="example" open><summary>Written without a prompt</summary>
<p class="note">${rows.length === 1 ? "1 text" : `${rows.length} texts`}, seed ${examples[0]!.seed}: whole texts of models that were shown nothing. They answer no article, and there is no reference for them.</p>
${renderTable(["text", ...head], rows, "texts")}
</details>
`;
}

/** A model that wrote nothing is told apart from a model that was not asked. */
function renderOutput(output: string | undefined): HtmlValue {
  if (output === undefined) return "";
  if (output === "") return html`<span class="note">(nothing)</span>`;
  return html`<span class="text">${text(cut(output, longestText))}</span>`;
}

/** Never between the halves of a character beyond the basic plane. */
function cut(value: string, length: number): string {
  return value.length <= length
    ? value
    : `${value.slice(0, length).toWellFormed()} \u2026 (cut at ${length} of ${value.length} characters)`;
}

/** The first and the last generation and what lies evenly between. */
export function pickColumns(generations: readonly number[]): number[] {
  if (generations.length <= columnCount) return [...generations];
  const step = (generations.length - 1) / (columnCount - 1);
  return Array.from({ length: columnCount }, (_, index) => generations[Math.round(index * step)]!);
}
