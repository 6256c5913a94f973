// The value of --max-cost, US dollars, and how a run goes on that a cap of its budget has stopped.

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { BudgetError, UsageError } from "../errors.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { listUnpriced, priceAdvice } from "../experiment/schema/endpoints.ts";
import { renderPath } from "../text/input/shown-path.ts";
import type { Environment } from "./environment.ts";
import { quote } from "./quote.ts";

export function parseCost(text: string): number {
  const usd = /^\$?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text.replace("$", "")) : Number.NaN;
  if (Number.isFinite(usd) && usd > 0) return usd;
  const what =
    usd === 0
      ? `${JSON.stringify(text)} lets nothing be sent: a cap is more than 0`
      : `${JSON.stringify(text)} is no amount of US dollars`;
  throw new UsageError(what, { where: "--max-cost", next: "for example --max-cost 2.50" });
}

/** ` --max-cost 2.5`, for a command that goes on. */
export function renderCost(maxCost: number | undefined): string {
  return maxCost === undefined ? "" : ` --max-cost ${maxCost}`;
}

/** A cap in dollars holds only where every price is known. Throws UsageError where one is not. */
export function validateCost(experiment: Experiment, maxCost: number | undefined): void {
  if (maxCost === undefined || experiment.system !== "language") return;
  const [unknown] = listUnpriced(experiment.language.endpoints ?? {});
  if (unknown === undefined) return;
  const what = `nobody knows what the endpoint ${unknown} costs, so no cap in dollars can hold`;
  throw new UsageError(what, { where: "--max-cost", next: `under endpoints.${unknown} ${priceAdvice}` });
}

interface Stopped {
  readonly experiment: Experiment;
  readonly maxCost: number | undefined;
  /** The run as it is shown. */
  readonly shown: string;
  readonly environment: Pick<Environment, "command" | "cwd">;
}

/** The same stop, with the command that goes on with a higher cap. Only dollars can be given to a resume. */
export function adviseBudget(error: BudgetError, { experiment, maxCost, shown, environment }: Stopped): BudgetError {
  const { unit, what, where } = error;
  if (unit === undefined) return error;
  const { command, cwd } = environment;
  if (unit === "usd") {
    const next = `raise it: ${command} resume ${quote(shown)} --max-cost <dollars>`;
    return new BudgetError(what, { where, next, unit, cause: error });
  }
  const { folder, file, sets } = experiment;
  const path = join(folder, basename(file));
  const cap = `budget.${unit}`;
  const others = sets.filter((set) => !set.startsWith(`${cap}=`)).map((set) => ` --set ${quote(set)}`);
  const source = existsSync(path) ? quote(renderPath(path, cwd)) : "<experiment>";
  const run = `${command} run ${source} --run ${quote(shown)}${others.join("")}${renderCost(maxCost)} --set ${cap}=<${unit}>`;
  return new BudgetError(what, { where, next: `raise it: ${run}`, unit, cause: error });
}
