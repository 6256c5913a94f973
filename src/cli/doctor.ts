// refeed doctor: looks at what Refeed stands on and through a whole run folder, and tells the way out. Changes nothing.

import { availableParallelism, freemem, totalmem } from "node:os";
import { relative, resolve } from "node:path";
import { Command } from "commander";
import { exitCodeByError } from "../errors.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import type { Finding } from "../store/inspection/finding.ts";
import { inspectRun } from "../store/inspection/run-inspection.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { findRun } from "./find-run.ts";
import { clearLine } from "./output.ts";
import { inspectSurroundings, type Machine } from "./surroundings.ts";

interface Look {
  /** `environment`, or the run's folder as it is shown. */
  readonly subject: string;
  readonly findings: readonly Finding[];
}

export function createDoctorCommand(environment: Environment): Command {
  return new Command("doctor")
    .description(
      "Look at what refeed stands on and, if one is named, through a whole run. Tells the way out, changes nothing.",
    )
    .argument("[run]", "the run's folder; without one only the environment is looked at")
    .option("--json", "one JSON object")
    .action(async (run: string | undefined, flags: { readonly json?: true }) => {
      const directory = run === undefined ? undefined : await findRun(run, environment);
      const looks = [
        await look("environment", inspectSurroundings(readMachine(environment), resolve(environment.cwd, "runs"))),
      ];
      if (directory !== undefined) {
        const shown = relative(environment.cwd, directory) || ".";
        const { report, close } = createReporter(environment);
        looks.push(await look(shown, inspectRun(directory, { signal: environment.signal, report })));
        close();
      }
      const problemCount = looks.flatMap(({ findings }) => findings).filter(({ state }) => state === "problem").length;
      if (flags.json) environment.stdout.write(`${JSON.stringify({ ok: problemCount === 0, looks })}\n`);
      else environment.stdout.write(looks.map(renderLook).join("\n"));
      if (problemCount > 0) environment.exit(exitCodeByError.store);
    });
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
