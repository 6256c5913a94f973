// refeed datasets: list the datasets there are, make a generated one into a file; show and pull are files of their own.

import { join, resolve } from "node:path";
import { Command } from "commander";
import { createRowCounter } from "../datasets/dataset.ts";
import { listPulled } from "../datasets/hub/manifest.ts";
import { readManifest } from "../datasets/manifest.ts";
import { createRows, datasetNames, defaultCounts, loadGenerator } from "../datasets/registry.ts";
import { writeRows } from "../datasets/row-file.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { renderVisibleLine } from "../text/visible.ts";
import { findName, parseCount, refuseName } from "./dataset-name.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { createPullCommand } from "./pull.ts";
import { createShowCommand } from "./show.ts";

const splits = ["train", "test"] as const;

export function createDatasetsCommand(environment: Environment): Command {
  return new Command("datasets")
    .description("List, show, make and pull datasets.")
    .addCommand(createListCommand(environment))
    .addCommand(createShowCommand(environment))
    .addCommand(createMakeCommand(environment))
    .addCommand(createPullCommand(environment));
}

function createListCommand({ stdout, cwd }: Environment): Command {
  return new Command("list")
    .description("List the datasets that come with this package, and those pulled into ./datasets.")
    .option("--json", "one JSON line a dataset")
    .action(async (flags: { readonly json?: true }) => {
      const manifests = await Promise.all(datasetNames.map(readManifest));
      const pulled = await listPulled(join(cwd, "datasets"));
      const all = [...manifests, ...pulled.map(({ folder, manifest }) => ({ ...manifest, folder }))];
      if (flags.json) return all.forEach((manifest) => void stdout.write(`${JSON.stringify(manifest)}\n`));
      const rows = manifests.map(({ name, splits: { train, test }, licence, title }) => [
        name,
        String(train.rows),
        String(test.rows),
        licence,
        title,
      ]);
      const others = pulled.map(({ manifest: { source, config, revision, licence } }) => [
        renderVisibleLine(source),
        "",
        "",
        renderVisibleLine(licence ?? "not told"),
        renderVisibleLine(`${config} at ${revision.slice(0, 12)}`),
      ]);
      stdout.write(renderTextTable(["name", "train", "test", "licence", "what"], [...rows, ...others]));
    });
}

interface MakeFlags {
  readonly out: string;
  readonly train?: number;
  readonly test?: number;
  readonly seed: number;
  readonly force?: true;
}

function createMakeCommand(environment: Environment): Command {
  const { stdout, cwd, signal, pid } = environment;
  return new Command("make")
    .description("Write the rows of a generated dataset to a JSON Lines file.")
    .argument("<dataset>", "its name: newswire")
    .requiredOption("--out <file>", "the file to write")
    .option("--train <count>", "rows of the train split", parseCount)
    .option("--test <count>", "rows of the test split", parseCount)
    .option("--seed <seed>", "another corpus; experiments use 0", parseCount, 0)
    .option("--force", "write over a file that is there")
    .action(async (given: string, flags: MakeFlags) => {
      const name = findName(given) ?? refuseName(given);
      const create = await loadGenerator(name);
      const counts = { ...defaultCounts[name], ...flags };
      // Counted as they pass, so that the digests printed are those of the rows written.
      const counters = { train: createRowCounter(), test: createRowCounter() };
      async function* rows(): AsyncGenerator<object> {
        for (const split of splits) {
          for await (const row of createRows(create, { seed: flags.seed, split, count: counts[split] }, signal)) {
            counters[split].add(row);
            yield { id: row.id, split, article: row.article, summary: row.summary };
          }
        }
      }
      const file = {
        path: resolve(cwd, flags.out),
        shown: flags.out,
        overwrites: flags.force === true,
        token: String(pid),
      };
      await writeRows(file, rows());
      for (const split of splits) {
        const { count, digest } = counters[split].summary();
        stdout.write(renderShown(`${renderVisibleLine(flags.out)}: ${count} ${split} rows, sha256 ${digest}`));
      }
    });
}
