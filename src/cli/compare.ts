// refeed compare: the arms of one or several runs side by side, with paired differences and verdicts.

import { basename, relative } from "node:path";
import { Command } from "commander";
import { UsageError } from "../errors.ts";
import { compareRecords } from "../report/comparison.ts";
import { renderJson, renderResults } from "../report/results.ts";
import { openRecord } from "../store/record.ts";
import type { Environment } from "./environment.ts";
import { findRun } from "./find-run.ts";
import { gatherList } from "./gather.ts";

interface CompareFlags {
  readonly metric: readonly string[];
  readonly generation?: string;
  readonly against?: string;
  readonly json?: true;
}

export function createCompareCommand(environment: Environment): Command {
  return new Command("compare")
    .description("Compare the arms of one or several runs: means, intervals, paired differences, verdicts.")
    .argument("<run...>", "folders of runs, or their names below runs/")
    .option(
      "--metric <names>",
      "a metric or several joined by commas, or all; may be repeated (default: the two a report leads with)",
      gatherList,
      [],
    )
    .option("--generation <number>", "the generation to compare (default: each arm's last)")
    .option("--against <arm>", "compare every arm with this one; run/arm among several runs (default: every pair)")
    .option("--json", "one JSON object")
    .action(async (names: readonly string[], flags: CompareFlags) => {
      const metrics = flags.metric.includes("all") ? "all" : flags.metric.length > 0 ? flags.metric : null;
      const generation = parseGeneration(flags.generation);
      const opened: ReturnType<typeof openRecord>[] = [];
      try {
        // A run named twice, by name and by folder, is one run.
        const directories = new Set<string>();
        for (const name of names) directories.add(await findRun(name, environment));
        const records = [...directories].map((directory) => {
          const record = openRecord(directory);
          opened.push(record);
          return { run: nameRun(directory, directories, environment.cwd), record };
        });
        const comparisons = compareRecords({ records, metrics, generation, against: flags.against ?? null });
        const runs = records.map(({ run }) => run);
        const text = flags.json
          ? `${JSON.stringify({ runs, generation, metrics: renderJson(comparisons) })}\n`
          : renderResults(comparisons);
        environment.stdout.write(text);
      } finally {
        for (const record of opened) record.close();
      }
    });
}

/** The folder's own name, or its path where another run's folder is called the same. */
function nameRun(directory: string, all: ReadonlySet<string>, cwd: string): string {
  const namesakes = [...all].filter((other) => basename(other) === basename(directory));
  return namesakes.length === 1 ? basename(directory) : relative(cwd, directory);
}

/** Null where none was asked for. */
function parseGeneration(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`not a generation: ${text}`, { where: "--generation", next: "give a whole number from 0" });
}
