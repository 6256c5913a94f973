// refeed plan: every stage an experiment asks for, what a run already holds of it, and why the rest is to be done.

import { relative } from "node:path";
import { Command } from "commander";
import type { Counts } from "../experiment/change/impact.ts";
import {
  addCounts,
  renderCost,
  renderCounts,
  renderOutside,
  renderStale,
  renderValues,
} from "../experiment/change/refusal.ts";
import { addCosts, type Plan, readPlan } from "../experiment/plan.ts";
import { type PreparedExperiment, prepareExperiment } from "../experiment/prepare.ts";
import { readExperiment } from "../experiment/read.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { isRunFolder } from "../store/run-folder.ts";
import { readRunSpending } from "../store/status.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { placeRun } from "./find-run.ts";
import { gather } from "./gather.ts";
import { hasLeft, renderSpent } from "./spending.ts";
import { renderTouched } from "./touched.ts";

export function createPlanCommand(environment: Environment): Command {
  return new Command("plan")
    .description("Show every stage an experiment asks for, what a run already holds, and what is left to do.")
    .argument("<experiment>", "a YAML file, or the name of a packaged experiment such as newswire")
    .option("--run <folder>", "the run's folder (default: runs/<name>)")
    .option("--set <path=value>", "set any path of the experiment to a YAML value; may be repeated", gather, [])
    .option("--json", "one JSON line a stage")
    .action(
      async (
        argument: string,
        flags: { readonly run?: string; readonly set: readonly string[]; readonly json?: true },
      ) => {
        const experiment = await readExperiment(argument, { cwd: environment.cwd, sets: flags.set });
        const prepared = await prepareExperiment(experiment, environment.signal);
        const directory = placeRun(experiment.name, environment.cwd, flags.run);
        await renderPlan(prepared, directory, environment, flags.json === true);
      },
    );
}

export async function renderPlan(
  prepared: PreparedExperiment,
  directory: string,
  environment: Environment,
  isJson: boolean,
): Promise<void> {
  const { stdout } = environment;
  const plan = await readPlan(prepared, directory);
  const { rows, trialCount, ...difference } = plan;
  const isChanged = plan.changes.length > 0 || addCounts(plan.lost) + addCounts(plan.unfinished.stages) > 0;
  if (isJson) {
    for (const row of rows) stdout.write(`${JSON.stringify(row)}\n`);
    if (isChanged) stdout.write(`${JSON.stringify({ event: "changes", ...difference })}\n`);
    return;
  }
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const table = kinds.map((kind) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    const count = (state: string): string => String(ofKind.filter((row) => row.state === state).length);
    const { seconds } = addCosts(ofKind.filter(({ state }) => state !== "done"));
    return [kind, String(ofKind.length), count("done"), count("new"), count("stale"), seconds?.toFixed(1) ?? "?"];
  });
  const left = addCosts(rows.filter(({ state }) => state !== "done"));
  stdout.write(`${prepared.experiment.name}: ${trialCount} trials, ${rows.length} stages\n\n`);
  stdout.write(renderTextTable(["stage", "planned", "done", "new", "stale", "seconds left"], table));
  stdout.write(`\n${renderTouched(prepared.experiment, { cwd: environment.cwd, directory })}`);
  const isInside = left.calls === 0 && left.usd === 0;
  stdout.write(`\n${isInside ? "nothing leaves this process" : "left to pay"}: ${renderOutside(left)}\n`);
  const spending = (await isRunFolder(directory)) ? readRunSpending(directory) : null;
  if (spending !== null && hasLeft(spending)) stdout.write(`so far ${renderSpent(spending)}\n`);
  if (isChanged) stdout.write(renderShown(renderChanges(plan, relative(environment.cwd, directory) || ".")));
}

/** Field by field what is stale and why, what is reused, and what it costs to do the rest anew. */
function renderChanges(plan: Plan, shown: string): string {
  const { changes, reused, lost, unfinished, dropped, redo } = plan;
  const lines = changes.map((change) => `  ${change.field}: ${renderValues(change)}\n    ${renderStale(change)}`);
  const [lostCount, paidCount] = [addCounts(lost), addCounts(unfinished.stages)];
  const told = (counts: Counts): string => {
    const count = addCounts(counts);
    return count === 0 ? "none" : `${count} (${renderCounts(counts)})`;
  };
  const isLost = lostCount + paidCount > 0;
  return [
    "",
    `changed since ${shown} was made:`,
    ...lines,
    "",
    `finished and reused: ${told(reused)}`,
    ...(isLost ? [`finished and stale: ${told(lost)}`] : []),
    ...(paidCount > 0 ? [`unfinished and stale: ${told(unfinished.stages)}, paid ${renderOutside(unfinished)}`] : []),
    ...(addCounts(dropped) > 0 ? [`  of these not asked for any more: ${told(dropped)}`] : []),
    ...(isLost ? [`to be done anew: ${told(redo.stages)}, ${renderCost(redo)}`] : []),
    ...(isLost ? ["run stops at this; with --accept-changes it goes on, and what is stale is kept"] : []),
  ].join("\n");
}
