// refeed status: where every arm of a run stands, what is in flight, what was spent.

import { relative } from "node:path";
import { Command } from "commander";
import { type Budget, noBudget, type Spending } from "../domain/context.ts";
import { RefeedError } from "../errors.ts";
import { restoreExperiment } from "../experiment/prepare.ts";
import { listLintLines, renderLintJson } from "../report/lint-lines.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { readRunRecord } from "../store/known-stages.ts";
import { type RunStatus, readStatus } from "../store/status.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { findRun } from "./find-run.ts";
import { quote } from "./quote.ts";
import { hasLeft, type Projected, projectCost, renderSpent } from "./spending.ts";

type Unseen = Pick<RunStatus, "possiblyPaid" | "unanswered" | "handedIn" | "possiblyPaidTwice" | "state">;

export function createStatusCommand(environment: Environment): Command {
  return new Command("status")
    .description("Show where every arm of a run stands, what is in flight and what was spent.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .option("--json", "one JSON object")
    .action(async (run: string | undefined, flags: { readonly json?: true }) => {
      const directory = await findRun(run, environment);
      const { stages, reason, lint, ...status } = readStatus(directory);
      const outlook = await readOutlook(directory, status);
      const { stdout } = environment;
      if (flags.json) {
        const told = { ...status, ...outlook, reason, stages, lint: renderLintJson(lint.turns, lint.limits) };
        return stdout.write(`${JSON.stringify(told)}\n`);
      }
      const shown = relative(environment.cwd, directory) || ".";
      const counts = Object.entries(stages).map(([state, count]) => `${count} ${state}`);
      stdout.write(`${renderVisibleLine(`${shown}: ${status.state}${reason ? ` (${reason})` : ""}`)}\n`);
      // Where no process is at work nothing is in flight; what is left of it is told below.
      const flight = status.state === "running" ? `; in flight: ${status.inFlight}` : "";
      stdout.write(`stages: ${counts.join(", ")}${flight}\n`);
      if (status.state === "stopped") {
        stdout.write(`its process is gone; go on with: ${environment.command} resume ${quote(shown)}\n`);
      }
      stdout.write(`${renderSpent(status, outlook)}\n${renderUnseen(status)}\n`);
      const rows = status.arms.map(({ arm, seed, generation, stage, state }) => [
        arm,
        String(seed),
        String(generation),
        stage,
        state,
      ]);
      stdout.write(renderTextTable(["arm", "seed", "generation", "stage", "state"], rows));
      const notable = listLintLines(lint.turns, lint.limits);
      if (notable.length > 0) stdout.write(`\n${notable.map((line) => `lint: ${line}\n`).join("")}`);
    });
}

interface StatusOutlook {
  /** In force: `--max-cost` stands in place of the experiment's own dollars. */
  readonly budget: Budget;
  /** What the run will have taken at its end; null where it is done, has sent nothing, or nobody can tell. */
  readonly projected: Projected | null;
}

async function readOutlook(directory: string, status: Spending & Pick<RunStatus, "state">): Promise<StatusOutlook> {
  const prepared = restoreExperiment(readRunRecord(directory), directory);
  const { experiment, maxCost } = prepared;
  // Records of older runs hold no budget.
  const budget = { ...noBudget, ...experiment.budget, ...(maxCost !== undefined && { usd: maxCost }) };
  if (status.state === "done" || !hasLeft(status)) return { budget, projected: null };
  try {
    // Loaded for a run that is still to pay for something: it brings the system along.
    const { readForecast } = await import("../experiment/outlook/standing.ts");
    const forecast = await readForecast(prepared, { directory, isAlive: status.state === "running" });
    return { budget, projected: projectCost(status, forecast) };
  } catch (error) {
    // A base model that was moved away is told by whoever goes on; where the run stands is known without it.
    if (!(error instanceof RefeedError)) throw error;
    return { budget, projected: null };
  }
}

/** What nobody saw an answer of: it counts as possibly paid, whatever became of it. */
function renderUnseen({ possiblyPaid, unanswered, handedIn, possiblyPaidTwice, state }: Unseen): string {
  if (possiblyPaid.requests === 0) return "";
  const sent =
    handedIn === 0 ? "what is still needed is sent again" : "what is still needed of the others is sent again";
  const fetched = `${handedIn === unanswered ? "all" : handedIn} of them lie in batches, which are fetched when the run goes on`;
  const ways = [...(handedIn > 0 ? [fetched] : []), ...(handedIn < unanswered ? [`${sent} when the run goes on`] : [])];
  const later = state === "done" ? "" : ways.map((part) => `; ${part}`).join("");
  const parts = [
    ...(unanswered > 0 ? [`unanswered: ${unanswered} (sent, and no answer was recorded${later})`] : []),
    ...(possiblyPaidTwice > 0 ? [`possibly paid twice: ${possiblyPaidTwice} (sent again since)`] : []),
  ];
  return `${parts.join(", ")}\n`;
}
