// refeed run: starts a run of an experiment or goes on with it, and ends with its report.

import { Command } from "commander";
import { prepareExperiment } from "../experiment/prepare.ts";
import { readExperiment } from "../experiment/read.ts";
import type { Environment } from "./environment.ts";
import { acceptText, executeRun } from "./execution.ts";
import { placeRun } from "./find-run.ts";
import { gather } from "./gather.ts";
import { parseCost } from "./max-cost.ts";
import { renderPlan } from "./plan.ts";
import { tellStop } from "./stopped.ts";

interface RunFlags {
  readonly run?: string;
  readonly set: readonly string[];
  readonly acceptChanges?: true;
  readonly dryRun?: true;
  readonly maxCost?: number;
  readonly json?: true;
  readonly quiet?: true;
}

export function createRunCommand(environment: Environment): Command {
  return new Command("run")
    .description("Start a run of an experiment, or go on with it. Finished stages are never run again.")
    .argument("<experiment>", "a YAML file, or the name of a packaged experiment such as newswire")
    .option("--run <folder>", "the run's folder (default: runs/<name>)")
    .option("--set <path=value>", "set any path of the experiment to a YAML value; may be repeated", gather, [])
    .option("--accept-changes", acceptText)
    .option("--dry-run", "show the plan and run nothing")
    .option("--max-cost <usd>", "US dollars that may be spent over the whole run", parseCost)
    .option("--json", "NDJSON on standard output")
    .option("--quiet", "no progress")
    .action(async (argument: string, flags: RunFlags) => {
      const isJson = flags.json === true;
      await tellStop(environment, isJson && flags.dryRun !== true, async (name) => {
        const experiment = await readExperiment(argument, { cwd: environment.cwd, sets: flags.set });
        const directory = name(placeRun(experiment.name, environment.cwd, flags.run));
        const prepared = await prepareExperiment(experiment, environment.signal).catch((error: unknown) => {
          if (environment.signal.aborted) environment.stderr.write("nothing was begun; start it again\n");
          throw error;
        });
        if (flags.dryRun) return renderPlan(prepared, directory, environment, isJson);
        const request = { prepared, directory, acceptChanges: flags.acceptChanges === true, maxCost: flags.maxCost };
        await executeRun(request, environment, { isJson, isQuiet: flags.quiet === true });
      });
    });
}
