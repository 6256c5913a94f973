// What happened, in plain language and computed: how each arm's last model compares with its first.
// It claims no more than the verdicts do.

import type { RunRecord } from "../../domain/record.ts";
import { computeBeginning, listApart, listTeacherArms } from "../beginning.ts";
import type { Comparison } from "../cells.ts";
import type { Marker } from "../charts/marker.ts";
import { createMetricLabel, type MetricLabel } from "../metric-labels.ts";
import { computeDecimals, renderNumber, renderPercent } from "../numbers.ts";
import type { Summary } from "../summary.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import {
  pickSaying,
  renderArmName,
  renderRange,
  renderTable,
  renderVerdict,
  type Saying,
  text,
  typeset,
} from "./parts.ts";

/** What was done, for a reader who knows nothing; of an unfinished run, first that it is one, then what it sets out to do. */
export function renderIntroduction(record: RunRecord): Html {
  const isPartial = isUnfinished(record);
  const arms = record.arms.filter((arm) => !arm.isLine);
  const hosted = new Set(record.teachers?.map(({ arm }) => arm));
  const lines = record.arms.filter((arm) => arm.isLine && !(hosted.has(arm.id) && arm.generations === 0)).length;
  const turns = arms.reduce((most, arm) => Math.max(most, arm.generations), 0);
  // `generations: 3` counts the models after the first: that many times a model was trained on another's texts.
  const again = turns === 1 ? "once" : `${turns} times in a row`;
  const [was, wrote] = isPartial ? ["is to be", "writes"] : ["was", "had written"];
  const loop =
    turns === 0
      ? html`No model ${was} trained on what it ${isPartial ? "writes" : "wrote"}.`
      : html`Then, ${again}, a new model ${was} trained on data
that the model before it ${wrote}.`;
  const others =
    lines > 0
      ? html` ${lines === 1 ? `One more model ${was}` : `${lines} more models ${isPartial ? was.replace("is", "are") : "were"}`} trained for reference.`
      : null;
  return html`${isPartial ? renderPartial(record) : null}<p class="lede">${renderBeginning(record, was)}${renderTask(record)} ${loop} The loop ${was} run under ${renderConditions(arms.length, record.seeds.length, was)}.
This page shows what ${isPartial ? "is known so far of the models" : "it did to the models"}, measured on real data they had never seen.${others}</p>`;
}

/** What generation 0 is: a model that was trained, or one that somebody hosts and nobody here has trained. */
function renderBeginning(record: RunRecord, was: string): Html {
  const subject = record.system === "language" ? "A language model" : "A model";
  const trained = html`${subject} ${was} trained on real data (generation 0).`;
  const beginning = computeBeginning(record);
  if (beginning === "trained") return trained;
  const teachers = listTeacherArms(record);
  const name = ({ model, endpoint }: (typeof teachers)[number]): Html =>
    html`${text(model)} (endpoint ${text(endpoint)})`;
  const [only] = teachers;
  if (beginning === "hosted" && teachers.length === 1 && only) {
    return html`Generation 0 is the hosted model ${name(only)} as it stands: this run trained nothing for it.`;
  }
  const each = teachers.map(
    (teacher) =>
      html` Generation 0 of ${teacher.arms.map((arm, index) => html`${index > 0 ? ", " : ""}${text(arm)}`)} is the hosted model ${name(teacher)} as it stands.`,
  );
  return html`${beginning === "both" ? trained : null}${each}`;
}

/** What was asked of models that had no prompt; nothing where all read articles. */
function renderTask(record: RunRecord): Html | null {
  if (record.unprompted === "all") return html` Every model writes whole texts, without a prompt.`;
  if (listApart(record).length === 0) return null;
  return html` The hosted model wrote whole texts without a prompt; models that are trained on them read an article and write its summary, which is another task.`;
}

/** A run that was stopped, failed or is still at work; also one that was killed before it could say so. */
export function isUnfinished({ state, progress }: RunRecord): boolean {
  return state !== "done" || progress.done < progress.planned;
}

/** Before anything else: numbers of a part must not be taken for those of the whole. */
function renderPartial({ state, progress }: RunRecord): Html {
  const { done, planned } = progress;
  const how = state === "failed" ? "failed" : state === "interrupted" ? "was interrupted" : "is not finished";
  const verb = done === 1 ? "is" : "are";
  return html`<p class="partial"><strong>This report is partial:</strong> the run ${how}, and ${done} of its ${count(planned, "stage")} ${verb} done.</p>
`;
}

/** `1 condition, called an arm, with 1 random seed`. */
function renderConditions(arms: number, seeds: number, was: string): string {
  const called = `${count(arms, "condition")}, called ${arms === 1 ? "an arm" : "arms"},`;
  if (seeds === 1) return `${called} ${arms === 1 ? "" : "each "}with ${count(seeds, "random seed")}`;
  return `${called} and ${arms === 1 ? "it" : "each"} ${was} repeated with ${count(seeds, "random seed")}`;
}

/** First in sentences, for those who read no further; then an arm a row, with its numbers. */
export function renderStory(record: RunRecord, summary: Summary, markers: ReadonlyMap<string, Marker>): Html {
  const labels = listHeadlines(record, summary).filter((label) =>
    summary.changes.some((change) => change.metric === label.name),
  );
  const apart = renderApart(record, summary);
  if (labels.length === 0 && apart !== null) return apart;
  if (labels.length === 0) return html`<p>Nothing has been measured after generation 0 yet.</p>`;
  const arms = record.arms.filter((arm) => summary.changes.some((change) => change.to.arm === arm.id));
  const rows = arms.map((arm): HtmlValue[] => [
    renderArmName(arm.id, markers.get(arm.id)),
    ...labels.flatMap((label): HtmlValue[] => {
      const change = summary.changes.find((one) => one.metric === label.name && one.to.arm === arm.id);
      return change ? [renderChange(change), renderVerdict(change)] : ["", ""];
    }),
  ]);
  const head = labels.flatMap((label) => [html`${label.title}, first \u2192 last generation`, "the last model is"]);
  return html`${labels.map((label) => renderMetric(label, record, summary))}
${renderTable(["arm", ...head], rows, "story")}
<p class="note">${explainVerdicts(summary)}</p>${apart}`;
}

/** Why arms have no verdict whose first model did another task than those after it; null while nothing came after it. */
function renderApart(record: RunRecord, { cells }: Summary): Html | null {
  const arms = listApart(record).filter((arm) => cells.some((cell) => cell.arm === arm && cell.generation > 0));
  if (arms.length === 0) return null;
  return html`<p><strong>No change is told of ${arms.map((arm, index) => html`${index > 0 ? ", " : ""}${text(arm)}`)}:</strong> generation 0 wrote whole texts without a prompt, and the model after it reads an article and writes its summary. These are two tasks, and what is measured of one says nothing of the other. The numbers of the last model stand below, under Arms compared.</p>`;
}

/** The metrics the page leads with, in words. */
export function listHeadlines(record: RunRecord, summary: Summary): MetricLabel[] {
  return summary.headlines.flatMap((name) => {
    const metric = record.metrics.find((one) => one.name === name);
    return metric ? [createMetricLabel(metric)] : [];
  });
}

/** What the metric is and which arms went which way, in two sentences. */
function renderMetric(label: MetricLabel, record: RunRecord, summary: Summary): Html {
  const changes = summary.changes.filter((change) => change.metric === label.name);
  const facts = [label.unit, label.direction].filter((part) => part !== null).join(", ");
  return html`<p><strong>${label.title}</strong>${facts ? html` <span class="note">(${facts})</span>` : null}: ${label.meaning ?? ""}<br>${renderHeadline(changes, record)}</p>`;
}

/** `Ended worse than it began: replace. No clear change: accumulate.` An unclear change is not called stable. */
function renderHeadline(changes: readonly Comparison[], record: RunRecord): Html {
  const armCount = record.arms.filter((arm) => !arm.isLine).length;
  const verb = isUnfinished(record) ? "So far" : "Ended";
  const order: readonly Saying[] = ["worse", "better", "higher", "lower", "unclear"];
  const groups = order
    .map((saying) => ({ saying, arms: changes.filter((change) => pickSaying(change) === saying) }))
    .filter(({ arms }) => arms.length > 0);
  return html`${groups.map(({ saying, arms }) => {
    const names = arms.map((change, index) => html`${index > 0 ? ", " : ""}${text(change.to.arm)}`);
    const all = groups.length === 1 && arms.length > 1 && arms.length === armCount;
    return html`<strong>${saying === "unclear" ? "No clear change" : `${verb} ${saying} than it began`}:</strong> ${all ? (arms.length === 2 ? "both arms" : `all ${arms.length} arms`) : names}. `;
  })}`;
}

/** `0.714 -> 1.150 (+61 %)` with the digits the intervals support, and the interval of the change below. */
function renderChange({ from, to, fromMean, toMean, low, high }: Comparison): Html {
  const own = [from, to].map((cell) => computeDecimals(cell.low, cell.high));
  // Two numbers of one size are written alike; where they differ by magnitudes each has its own digits.
  const alike = Math.max(Math.abs(fromMean), Math.abs(toMean)) < 10 * Math.min(Math.abs(fromMean), Math.abs(toMean));
  const known = own.filter((decimals) => decimals !== null);
  const render = (mean: number, decimals: number | null): string =>
    renderNumber(mean, decimals !== null && alike ? Math.max(...known) : decimals);
  const percent = renderPercent(fromMean, toMean);
  const line = `${render(fromMean, own[0]!)} \u2192 ${render(toMean, own[1]!)}${percent === null ? "" : ` (${percent})`}`;
  return html`<span class="number">${typeset(line)}</span><br><span class="range">change </span>${renderRange(low, high, true)}`;
}

/** What paired means here, and the one warning that a reader of two seeds must not miss. */
function explainVerdicts({ changes }: Summary): string {
  const hasItems = changes.some((change) => change.to.itemCount !== null);
  const paired = `the same ${hasItems ? "test items and seeds" : "seeds"} before and after`;
  const itemsOnly = changes.some((change) => change.to.basis === "items only")
    ? " With fewer than three seeds the intervals cover the choice of test items only: another seed may differ by more."
    : "";
  // The means shown are of the shared seeds too, so that they differ by the change.
  const isUneven = changes.some(({ from, to, seedCount }) => seedCount < Math.max(from.seeds.length, to.seeds.length));
  const shared = isUneven ? " Only seeds that were measured both before and after count." : "";
  return `The change is paired: ${paired}.${shared} It is called unclear when its 95\u202f% interval includes zero.${itemsOnly}`;
}

/** `1 arm`, `2 arms`. */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
