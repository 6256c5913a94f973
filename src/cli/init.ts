// refeed init: an experiment of one's own to start from, with a small dataset beside it, so that it runs as it is.

import { access, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { makeFolder } from "../datasets/file/make-folder.ts";
import { createNewswireRows } from "../datasets/newswire.ts";
import { UsageError } from "../errors.ts";
import { isName } from "../experiment/schema/strict.ts";
import { renderPath } from "../text/input/shown-path.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { quote } from "./quote.ts";

export function createInitCommand(environment: Environment): Command {
  return new Command("init")
    .description("Write a small experiment and a dataset for it, to be run as they are and changed from there.")
    .argument("[folder]", "where to write; made if it is not there", ".")
    .action(async (argument: string) => {
      const folder = resolve(environment.cwd, argument);
      const files = createFiles(createName(folder));
      await refuseExisting(folder, [...files.keys()], argument);
      try {
        await makeFolder(folder, 0o777);
        // Never over a file that came to be in the meantime.
        for (const [name, text] of files) await writeFile(join(folder, name), text, { flag: "wx" });
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
        const next = "check the path and its permissions, or name another folder";
        throw new UsageError(`cannot be written to (${code})`, { where: argument, next, cause: error });
      }
      const shown = (name: string): string => renderPath(join(folder, name), environment.cwd);
      environment.stdout.write(
        `wrote ${renderVisibleLine([...files.keys()].map(shown).join(" and "))}\n` +
          `next: ${environment.command} run ${quote(shown(experimentFile))}\n`,
      );
    });
}

const experimentFile = "experiment.yaml";
/** Enough for selection to have a choice, few enough for a run of seconds. */
const rowCount = 400;

/** All or nothing: a folder that holds one of the files already is left as it is. */
async function refuseExisting(folder: string, names: readonly string[], argument: string): Promise<void> {
  const existing: string[] = [];
  for (const name of names) {
    const isThere = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (isThere) existing.push(name);
  }
  if (existing.length === 0) return;
  throw new UsageError(`${existing.join(" and ")} would be overwritten; nothing was written`, {
    where: argument,
    next: "name another folder",
  });
}

/** The folder names the experiment, and with it the run. */
function createName(folder: string): string {
  const name = basename(folder).toLowerCase();
  return isName(name) ? name : "my-experiment";
}

/** Texts by file name. */
function createFiles(name: string): ReadonlyMap<string, string> {
  const rows = createNewswireRows({ split: "train", count: rowCount });
  return new Map([
    [experimentFile, renderExperiment(name)],
    ["data.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join("")],
  ]);
}

function renderExperiment(name: string): string {
  return `# Does a model get worse when it is trained on its own output, and does a selection of that output help?
# refeed check ${experimentFile} validates this file; refeed schema lists every key there is.
schema: 1
name: ${name}

# Rows with an article and a summary, one JSON object a line. Put your own file here and name its fields.
dataset:
  file: data.jsonl
  fields: { article: article, summary: summary }
  split: { test: 25%, seed: 0 } # held out: no model is trained on these

# Generation 0 is trained on real rows; every later one on what the one before it wrote.
generations: 2
sample: { candidates: 1, temperature: 1 }

# What is compared: every combination of the listed values is an arm.
arms:
  - { corpus: [replace, accumulate] } # the newest texts alone, or all texts so far and the real ones
  - { corpus: replace, verifier: [oracle, random], select.keep: 50% } # the better half, or any half

seeds: [0, 1] # each arm runs once a seed; three or more give intervals over seeds
evaluate: { metrics: [rouge1, loss, diversity], decode: greedy }
`;
}
