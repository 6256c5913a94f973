// The refusal to go on with a run some of whose stages, finished or paid for in part, a changed experiment no longer asks
// for: what changed, field by field, what each change makes stale, and what doing it anew would cost.

import { ConfigError, type Problem } from "../../errors.ts";
import type { Json } from "../../keys/canonical.ts";
import { renderVisibleLine } from "../../text/visible.ts";
import type { Cost, Plan } from "../plan.ts";
import type { FieldDifference } from "./difference.ts";
import type { ChangeImpact, Counts } from "./impact.ts";

export function createChangeError(plan: Plan, directory: string): ConfigError {
  const problems: Problem[] = plan.changes.map((change) => ({
    where: change.field,
    what: `${renderValues(change)} ${renderStale(change)}`,
  }));
  const reused = `${addCounts(plan.reused)} are reused`;
  const redo = addCounts(plan.redo.stages);
  const cost = redo > 0 ? `${redo} would be done anew (${renderCost(plan.redo)})` : "none would be done anew";
  return new ConfigError([
    {
      where: directory,
      what: `${renderLost(plan)} would no longer be used, because the experiment changed; ${cost}, ${reused}`,
      next: "use another --run, or --accept-changes to go on and keep them as stale",
    },
    ...problems,
  ]);
}

/** `7 finished stages`, `1 unfinished stage (sample 1) that 19 calls, .. were paid for`, or both. */
function renderLost({ lost, unfinished }: Plan): string {
  const [finishedCount, paidCount] = [addCounts(lost), addCounts(unfinished.stages)];
  const nouns = (count: number): string => (count === 1 ? "stage" : "stages");
  const finished = `${finishedCount} finished ${nouns(finishedCount)}`;
  if (paidCount === 0) return finished;
  const kinds = renderCounts(unfinished.stages);
  const paid = `${paidCount} unfinished ${nouns(paidCount)} (${kinds}) that ${renderOutside(unfinished)} were paid for`;
  return finishedCount === 0 ? paid : `${finished} and ${paid}`;
}

/** `1 -> 0.5`, short enough for a line. */
export function renderValues({ field, before, after }: FieldDifference): string {
  if (field === "refeed") return "makes stages in another way than when they were made";
  return `${renderValue(before)} -> ${renderValue(after)}`;
}

const longest = 60;

function renderValue(value: Json): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  const text = typeof value === "string" ? renderVisibleLine(value) : value === null ? "none" : JSON.stringify(value);
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

/** What a change comes to: stages it changes itself, and those that read what they put out. */
export function renderStale({ stale, unfinished, own }: ChangeImpact): string {
  const count = addCounts(stale);
  if (count === 0) return "makes no stage stale that is finished or paid for";
  const rest = subtractCounts(stale, own);
  const below = addCounts(rest) > 0 ? `; below them ${renderCounts(rest)}` : "";
  const paid = addCounts(unfinished) > 0 ? `; of them unfinished and paid for ${renderCounts(unfinished)}` : "";
  return `makes ${count} stale: ${renderCounts(own)} directly${below}${paid}`;
}

/** `train 4, sample 8` */
export function renderCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
}

export function addCounts(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function subtractCounts(counts: Counts, others: Counts): Counts {
  const rest = Object.entries(counts).map(([kind, count]) => [kind, count - (others[kind] ?? 0)] as const);
  return Object.fromEntries(rest.filter(([, count]) => count > 0));
}

/** Seconds as they add to the wall clock; calls, tokens and dollars as they leave the process. */
export function renderCost(cost: Cost): string {
  const { seconds } = cost;
  const time = seconds === null ? "time unknown" : `about ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${time}, ${renderOutside(cost)}`;
}

/** What leaves the process. */
export function renderOutside({ calls, tokens, usd }: Omit<Cost, "seconds">): string {
  return `${calls} calls, ${tokens} tokens, ${Number(usd.toFixed(4))} USD`;
}
