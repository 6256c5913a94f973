// refeed check: validates an experiment and everything it is made of, and tells every problem. Runs nothing.

import { Command } from "commander";
import { ConfigError, exitCodeByError, type Problem, RefeedError } from "../errors.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { prepareExperiment } from "../experiment/prepare.ts";
import { readExperiment } from "../experiment/read.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { renderError, renderShown } from "./failure.ts";
import { placeRun } from "./find-run.ts";
import { gather } from "./gather.ts";
import { renderTouched } from "./touched.ts";

export function createCheckCommand(environment: Environment): Command {
  return new Command("check")
    .description("Validate an experiment: the file, every arm of it, its dataset and its prompt. Runs nothing.")
    .argument("<experiment>", "a YAML file, or the name of a packaged experiment such as newswire")
    .option("--set <path=value>", "set any path of the experiment to a YAML value; may be repeated", gather, [])
    .option("--json", "one JSON object on standard output")
    .action(async (argument: string, flags: { readonly set: readonly string[]; readonly json?: true }) => {
      try {
        const experiment = await readExperiment(argument, { cwd: environment.cwd, sets: flags.set });
        const { materials } = await prepareExperiment(experiment, environment.signal);
        for (const note of materials?.notes ?? [])
          environment.stderr.write(renderShown(renderVisibleLine(`dataset: ${note}`)));
        const directory = placeRun(experiment.name, environment.cwd);
        const touched = renderTouched(experiment, { cwd: environment.cwd, directory });
        environment.stdout.write(
          flags.json ? `${JSON.stringify(summarize(experiment))}\n` : renderSummary(experiment) + touched,
        );
      } catch (error) {
        const problems = listProblems(error);
        if (problems === null) throw error;
        if (flags.json) environment.stdout.write(`${JSON.stringify({ ok: false, problems })}\n`);
        else environment.stderr.write(renderError(error));
        environment.exit(exitCodeByError.config);
      }
    });
}

/** What programs read with --json. */
function summarize({ name, system, arms, seeds }: Experiment) {
  const own = arms.filter(({ isLine }) => !isLine);
  return {
    ok: true,
    name,
    system,
    arms: own.map(({ id }) => id),
    lines: arms.filter(({ isLine }) => isLine).map(({ id }) => id),
    seeds: seeds.length,
    generations: Math.max(...own.map(({ generations }) => generations)),
  };
}

function renderSummary(experiment: Experiment): string {
  const { arms, lines, seeds, generations } = summarize(experiment);
  const counts = `${plural(arms.length, "arm")} x ${plural(seeds, "seed")}, ${plural(generations, "generation")}`;
  return `ok: ${counts}${lines.length > 0 ? `; lines: ${lines.join(", ")}` : ""}\n`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** What is wrong with the user's files; null for anything else that went wrong. */
function listProblems(error: unknown): readonly Problem[] | null {
  if (error instanceof ConfigError) return error.problems;
  if (!(error instanceof RefeedError) || error.exitCode !== exitCodeByError.config) return null;
  return [{ where: error.where ?? "experiment", what: error.what, next: error.next }];
}
