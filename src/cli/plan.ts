// refeed plan: every stage an experiment asks for, what a run already holds of it, and why the rest is to be done.

import { join, resolve } from "node:path";
import { Command } from "commander";
import { readPlan } from "../experiment/plan.ts";
import { type PreparedExperiment, prepareExperiment } from "../experiment/prepare.ts";
import { readExperiment } from "../experiment/read.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import type { Environment } from "./environment.ts";
import { gather } from "./gather.ts";

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
        const directory = resolve(environment.cwd, flags.run ?? join("runs", experiment.name));
        await renderPlan(prepared, directory, environment, flags.json === true);
      },
    );
}

export async function renderPlan(
  prepared: PreparedExperiment,
  directory: string,
  { stdout }: Environment,
  isJson: boolean,
): Promise<void> {
  const { rows, differences, trialCount } = await readPlan(prepared, directory);
  if (isJson) {
    for (const row of rows) stdout.write(`${JSON.stringify(row)}\n`);
    return;
  }
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const table = kinds.map((kind) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    const count = (state: string): string => String(ofKind.filter((row) => row.state === state).length);
    const open = ofKind.filter(({ state }) => state !== "done");
    const known = open.every(({ seconds }) => seconds !== null);
    const seconds = known ? open.reduce((sum, row) => sum + (row.seconds ?? 0), 0).toFixed(1) : "?";
    return [kind, String(ofKind.length), count("done"), count("new"), count("stale"), seconds];
  });
  const changes = differences.map(
    ({ field, before, after }) => `  ${field}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`,
  );
  stdout.write(`${prepared.experiment.name}: ${trialCount} trials, ${rows.length} stages\n\n`);
  stdout.write(renderTextTable(["stage", "planned", "done", "new", "stale", "seconds left"], table));
  stdout.write("\nnothing leaves this process: 0 calls, 0 tokens, 0 USD\n");
  if (changes.length > 0) stdout.write(`\nchanged since the run was made:\n${changes.join("\n")}\n`);
}
