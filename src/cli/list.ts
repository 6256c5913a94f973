// refeed list: the runs below a folder, newest first.

import { relative, resolve } from "node:path";
import { Command } from "commander";
import { renderTextTable } from "../report/tables/text-table.ts";
import { listRuns } from "../store/status.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";

export function createListCommand(environment: Environment): Command {
  return new Command("list")
    .description("List runs, newest first.")
    .argument("[folder]", "where to look", "runs")
    .option("--json", "one JSON line a run")
    .action(async (folder: string, flags: { readonly json?: true }) => {
      const runs = await listRuns(resolve(environment.cwd, folder));
      const { stdout } = environment;
      if (flags.json) {
        for (const run of runs) stdout.write(`${JSON.stringify(run)}\n`);
        return;
      }
      if (runs.length === 0)
        return stdout.write(
          `no runs below ${renderVisibleLine(folder)}; start one: ${environment.command} run newswire\n`,
        );
      const rows = runs.map(({ directory, name, state, created, stages, done }) => [
        relative(environment.cwd, directory),
        name,
        state,
        `${done}/${stages}`,
        created === 0 ? "" : new Date(created).toISOString().slice(0, 16).replace("T", " "),
      ]);
      stdout.write(renderTextTable(["run", "experiment", "state", "stages", "created (UTC)"], rows));
    });
}
