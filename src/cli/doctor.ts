// refeed doctor: looks at what Refeed stands on and through a whole run folder, and tells the way out. Changes nothing.

import { availableParallelism, freemem, totalmem } from "node:os";
import { relative, resolve } from "node:path";
import { Command } from "commander";
import { exitCodeByError, UsageError } from "../errors.ts";
import { type PreparedExperiment, prepareExperiment } from "../experiment/prepare.ts";
import { listPackaged, readExperiment } from "../experiment/read.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import type { Finding } from "../store/inspection/finding.ts";
import { inspectRun } from "../store/inspection/run-inspection.ts";
import { defaultPatience, parsePatience } from "./asking.ts";
import { lookAtCommands } from "./command-look.ts";
import { lookAtEndpoints } from "./endpoint-look.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { findRun } from "./find-run.ts";
import { gather } from "./gather.ts";
import { clearLine } from "./output.ts";
import { inspectSurroundings, type Machine } from "./surroundings.ts";

interface DoctorFlags {
  readonly set: readonly string[];
  readonly patience: string;
  readonly json?: true;
}

interface Look {
  /** `environment`, or the run's folder as it is shown. */
  readonly subject: string;
  readonly findings: readonly Finding[];
}

export function createDoctorCommand(environment: Environment): Command {
  return new Command("doctor")
    .description(
      "Look at what refeed stands on and, if one is named, through a whole run or at what an experiment asks and starts.",
    )
    .argument("[run]", "a run's folder or an experiment; without one only the environment is looked at")
    .option("--set <path=value>", "with an experiment: set any path of it to a YAML value; may be repeated", gather, [])
    .option(
      "--patience <seconds>",
      "with an experiment: how long an answer of an endpoint is waited for",
      defaultPatience,
    )
    .option("--json", "one JSON object")
    .action(async (run: string | undefined, flags: DoctorFlags) => {
      const patienceMs = parsePatience(flags.patience);
      const { directory, experiment } = await findSubject(run, environment);
      if (experiment === undefined && flags.set.length > 0) {
        throw new UsageError("goes with an experiment", { where: "--set", next: "name one: refeed doctor my.yaml" });
      }
      const prepared = experiment === undefined ? undefined : await prepare(experiment, flags.set, environment);
      const looks = [
        await look("environment", inspectSurroundings(readMachine(environment), resolve(environment.cwd, "runs"))),
      ];
      if (directory !== undefined) {
        const shown = relative(environment.cwd, directory) || ".";
        const { report, close } = createReporter(environment);
        looks.push(await look(shown, inspectRun(directory, { signal: environment.signal, report })));
        close();
      }
      const others = looks.length;
      if (prepared) {
        const outside = [
          ...lookAtCommands(prepared, environment),
          ...lookAtEndpoints(prepared, patienceMs, environment),
        ];
        for (const { subject, findings } of outside) looks.push(await look(subject, findings));
      }
      const problemCount = looks.flatMap(({ findings }) => findings).filter(({ state }) => state === "problem").length;
      if (flags.json) environment.stdout.write(`${JSON.stringify({ ok: problemCount === 0, looks })}\n`);
      else environment.stdout.write(looks.map(renderLook).join("\n"));
      const isOutside = !looks.slice(0, others).some(hasProblem);
      if (problemCount > 0) environment.exit(isOutside ? exitCodeByError.provider : exitCodeByError.store);
    });
}

const hasProblem = ({ findings }: Look): boolean => findings.some(({ state }) => state === "problem");

interface Subject {
  readonly directory?: string;
  readonly experiment?: string;
}

/** A run comes before the packaged experiment of its name: its folder is what there is to look at. */
async function findSubject(argument: string | undefined, environment: Environment): Promise<Subject> {
  if (argument === undefined) return {};
  if (/\.ya?ml$/i.test(argument)) return { experiment: argument };
  try {
    return { directory: await findRun(argument, environment) };
  } catch (error) {
    if (!(error instanceof UsageError) || !(await listPackaged()).includes(argument)) throw error;
    return { experiment: argument };
  }
}

/** An experiment that cannot be run at all is told as every other verb tells it. */
async function prepare(
  file: string,
  sets: readonly string[],
  { cwd, signal }: Environment,
): Promise<PreparedExperiment> {
  return prepareExperiment(await readExperiment(file, { cwd, sets }), signal);
}

async function look(subject: string, found: AsyncIterable<Finding>): Promise<Look> {
  const findings: Finding[] = [];
  for await (const finding of found) findings.push(finding);
  return { subject, findings };
}

function readMachine({ clock }: Environment): Machine {
  return {
    nodeVersion: process.versions.node,
    coreCount: availableParallelism(),
    freeMemory: freemem(),
    totalMemory: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    now: clock.now(),
  };
}

/** The table, then what to do about each line that is not ok. */
function renderLook({ subject, findings }: Look): string {
  const rows = findings.map(({ check, state, what, where }) => [
    check,
    state,
    where === null ? what : `${where}: ${what}`,
  ]);
  const advice = findings.filter(({ next }) => next !== null).map(({ check, next }) => `${check}: ${next}`);
  const told = [...new Set(advice)].map((line) => renderShown(`  ${line}`)).join("");
  const title = renderShown(subject);
  return `${title}${renderTextTable(["check", "state", "found"], rows)}${told === "" ? "" : `the way out\n${told}`}`;
}

const rowsBetweenReports = 100_000;

/** On a terminal a line that is written over; elsewhere nothing, it takes seconds. */
function createReporter({ stderr }: Environment) {
  let told = 0;
  return {
    report(doneCount: number, totalCount: number): void {
      if (stderr.columns === undefined || doneCount - told < rowsBetweenReports) return;
      told = doneCount;
      stderr.write(`${clearLine}${doneCount} of ${totalCount} rows`);
    },
    close: (): void => {
      if (told > 0) stderr.write(clearLine);
    },
  };
}
