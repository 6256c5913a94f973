// refeed report: writes the report folder of a run anew, from the run's own record.

import { join, relative } from "node:path";
import { Command } from "commander";
import { openRecord } from "../store/record.ts";
import { adviseBarred } from "../store/system-fault.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { writeReportFolder } from "./execution.ts";
import { findRun } from "./find-run.ts";

/** A report lies in its run's folder, wherever that is. */
const readOnlyAdvice = "check its permissions, or copy the run's folder to where you may write and report on the copy";

export function createReportCommand(environment: Environment): Command {
  return new Command("report")
    .description("Write the report of a run: one HTML page, figures, CSV tables.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .option("--json", "one JSON object")
    .action(async (run: string | undefined, flags: { readonly json?: true }) => {
      const directory = await findRun(run, environment);
      const record = openRecord(directory);
      try {
        const folder = join(directory, "report");
        const { files } = await writeReportFolder(record, folder).catch((error: unknown) => {
          throw adviseBarred(error, readOnlyAdvice);
        });
        const index = relative(environment.cwd, join(folder, "index.html"));
        const text = flags.json ? JSON.stringify({ event: "report", index, files }) : renderVisibleLine(index);
        environment.stdout.write(`${text}\n`);
      } finally {
        record.close();
      }
    });
}
