// refeed resume: goes on with a run from its own record, wherever its folder lies now.

import { Command } from "commander";
import { restoreExperiment } from "../experiment/prepare.ts";
import { readKnownRun } from "../store/known-stages.ts";
import type { Environment } from "./environment.ts";
import { executeRun } from "./execution.ts";
import { findRun } from "./find-run.ts";

export function createResumeCommand(environment: Environment): Command {
  return new Command("resume")
    .description("Go on with a run from its own record: no experiment file is read, nothing finished is run again.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .option("--json", "NDJSON on standard output")
    .option("--quiet", "no progress")
    .action(async (run: string | undefined, flags: { readonly json?: true; readonly quiet?: true }) => {
      const directory = await findRun(run, environment);
      const prepared = restoreExperiment(readKnownRun(directory).resolved, directory);
      const request = { prepared, directory, acceptChanges: false };
      await executeRun(request, environment, { isJson: flags.json === true, isQuiet: flags.quiet === true });
    });
}
