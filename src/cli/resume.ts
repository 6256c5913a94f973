// refeed resume: goes on with a run from its own record, wherever its folder lies now.

import { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { FieldDifference } from "../experiment/change/difference.ts";
import { renderValues } from "../experiment/change/refusal.ts";
import { findSourceChange, type SourceChange } from "../experiment/change/source.ts";
import { renderTwice } from "../experiment/hosted/batches.ts";
import { type PreparedExperiment, restoreExperiment } from "../experiment/prepare.ts";
import { readRunRecord } from "../store/known-stages.ts";
import { readStatus } from "../store/status.ts";
import { renderPath } from "../text/input/shown-path.ts";
import type { Environment } from "./environment.ts";
import { acceptText, executeRun } from "./execution.ts";
import { findRun } from "./find-run.ts";
import { parseCost, renderCost } from "./max-cost.ts";
import { quote } from "./quote.ts";
import { tellStop } from "./stopped.ts";

interface ResumeFlags {
  readonly fromRecord?: true;
  readonly acceptChanges?: true;
  readonly maxCost?: number;
  readonly json?: true;
  readonly quiet?: true;
}

export function createResumeCommand(environment: Environment): Command {
  return new Command("resume")
    .description("Go on with a run from its own record: nothing finished is run again.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .option("--from-record", "go by the record although the experiment file has changed since")
    .option("--accept-changes", acceptText)
    .option(
      "--max-cost <usd>",
      "US dollars that may be spent over the whole run (default: as it was last started with)",
      parseCost,
    )
    .option("--json", "NDJSON on standard output")
    .option("--quiet", "no progress")
    .action(async (run: string | undefined, flags: ResumeFlags) => {
      const isJson = flags.json === true;
      await tellStop(environment, isJson, async (name) => {
        const directory = name(await findRun(run, environment));
        const prepared = restoreExperiment(readRunRecord(directory), directory);
        const change = flags.fromRecord ? null : await findSourceChange(prepared);
        if (change) throw createSourceError(change, prepared, { directory, environment, flags });
        const maxCost = flags.maxCost ?? prepared.maxCost;
        const request = { prepared, directory, acceptChanges: flags.acceptChanges === true, maxCost };
        await executeRun(request, environment, { isJson, isQuiet: flags.quiet === true });
      });
    });
}

interface Resumed {
  readonly directory: string;
  readonly environment: Environment;
  readonly flags: ResumeFlags;
}

/** The way on by the file accepts whatever comes of it: what is paid for twice then is told here. */
function warnOfBatches({ field, before }: FieldDifference, directory: string): string {
  if (!/^endpoints\..+\.mode$/.test(field) || before !== "batch") return "";
  const { handedIn } = readStatus(directory);
  return handedIn === 0 ? "" : `; ${renderTwice(handedIn)}`;
}

/** What the file says now, and the two ways on: by the record, or by the file. */
function createSourceError(
  { path, differences }: SourceChange,
  { experiment, maxCost }: PreparedExperiment,
  { directory, environment, flags }: Resumed,
): ConfigError {
  const { command, cwd } = environment;
  const [file, run] = [renderPath(path, cwd), renderPath(directory, cwd)];
  const sets = experiment.sets.map((set) => ` --set ${quote(set)}`).join("");
  const asIs = `${command} run ${quote(file)} --run ${quote(run)}${sets}${renderCost(flags.maxCost ?? maxCost)} --accept-changes`;
  const byRecord = `${command} resume ${quote(run)} --from-record${flags.acceptChanges ? " --accept-changes" : ""}`;
  const problems = (differences ?? []).map((difference) => ({
    where: difference.field,
    what: `${renderValues(difference)}${warnOfBatches(difference, directory)}`,
  }));
  const isPrompt = differences?.every(({ field }) => field === "prompt.sha256") === true;
  const changed = `${isPrompt ? "names a prompt that" : "has"} changed since ${run} was made`;
  return new ConfigError([
    differences === null
      ? { where: file, what: `${changed}, and is no valid experiment any more` }
      : { where: file, what: `${changed}; resume goes by the run's own record` },
    ...problems,
    { where: "as recorded", what: byRecord },
    differences === null
      ? { where: "what is wrong", what: `${command} check ${quote(file)}${sets}` }
      : { where: "as it is now", what: asIs },
  ]);
}
