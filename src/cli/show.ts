// refeed datasets show: checks any dataset and shows what is in it, as it is or as an experiment asks for it.

import { dirname, resolve } from "node:path";
import { Command, Option } from "commander";
import { anyField, type FieldAdvice } from "../datasets/fields/advice.ts";
import { parseHubName } from "../datasets/hub/address.ts";
import { computeLengths } from "../datasets/lengths.ts";
import { type DatasetDeclaration, openDataset } from "../datasets/registry.ts";
import type { Row, Split } from "../domain/rows.ts";
import { UsageError } from "../errors.ts";
import { findName, parseCount, refuseName } from "./dataset-name.ts";
import type { Environment } from "./environment.ts";
import { renderJson, renderText } from "./show-text.ts";

const splits = ["train", "test"] as const;

interface ShowFlags {
  readonly split?: Split;
  readonly rows: number;
  readonly article?: string;
  readonly summary?: string;
  readonly id?: string;
  readonly config?: string;
  readonly revision?: string;
  readonly train?: string;
  readonly test?: string;
  readonly json?: true;
}

export function createShowCommand(environment: Environment): Command {
  const { stdout, cwd, signal } = environment;
  return new Command("show")
    .description("Check a dataset and show its counts, lengths and first rows.")
    .argument(
      "<dataset>",
      "a packaged dataset's name, a file (JSON Lines, CSV, Parquet), hub:owner/name once pulled, or an experiment's YAML",
    )
    .addOption(new Option("--split <split>", "only this split").choices(splits))
    .option("--rows <count>", "rows of each split to print", parseCount, 3)
    .option("--article <field>", "the file's name for the article, or a path: translation.en, messages.-2.content")
    .option("--summary <field>", "the same for the summary: answers.text.0, messages.-1.content")
    .option("--id <field>", "the same for the id")
    .option("--config <name>", "of a pulled dataset: its configuration")
    .option("--revision <revision>", "of a pulled dataset: its commit")
    .option("--train <split>", "of a pulled dataset: the hub's split that is the train split")
    .option("--test <split>", "of a pulled dataset: the hub's split that is the test split")
    .option("--json", "one JSON object")
    .action(async (name: string, flags: ShowFlags) => {
      const isExperiment = /\.ya?ml$/i.test(name);
      const declaration = isExperiment ? await declareOfExperiment(name, cwd, flags) : declare(name, flags);
      const dataset = await openDataset(declaration, {
        folder: isExperiment ? dirname(resolve(cwd, name)) : cwd,
        signal,
        ...(isExperiment ? {} : { adviseField: renderFlags, adviseSplits: "--train <split> --test <split>" }),
      });
      const shown = await Promise.all(
        splits
          .filter((split) => flags.split === undefined || flags.split === split)
          .map(async (split) => ({
            split,
            summary: dataset.splits[split],
            lengths: await computeLengths(dataset.rows(split)),
            rows: await takeRows(dataset.rows(split), flags.rows),
          })),
      );
      stdout.write(flags.json ? renderJson(dataset, shown) : renderText(dataset, shown, stdout.columns ?? 100));
    });
}

/** The flags that name fields, for whoever named none or others. */
const renderFlags: FieldAdvice = (fields) =>
  Object.entries(fields)
    .map(([role, field]) => `--${role} ${field === anyField ? "<field>" : field}`)
    .join(" ");

/** The dataset of an experiment, with everything that is asked of its rows. */
async function declareOfExperiment(shown: string, cwd: string, flags: ShowFlags): Promise<DatasetDeclaration> {
  const given = (["article", "summary", "id", "config", "revision", "train", "test"] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (given !== undefined) throw new UsageError(`--${given} is for a dataset, and ${shown} says it itself`);
  const { readExperiment } = await import("../experiment/read.ts");
  const { declareDataset } = await import("../experiment/schema/declare-dataset.ts");
  const experiment = await readExperiment(shown, { cwd });
  if (experiment.system === "language") return declareDataset(experiment.language.dataset);
  throw new UsageError(`${shown} has no dataset: its system makes its own data`);
}

/** A name without a dot or a slash is a packaged dataset's, all else is a file. */
function declare(
  given: string,
  { article, summary, id, config, revision, train, test }: ShowFlags,
): DatasetDeclaration {
  const name = findName(given);
  const fields = Object.entries({ article, summary, id }).filter(([, field]) => field !== undefined);
  if (given.startsWith("hub:")) {
    const pinned = { ...(config === undefined ? {} : { config }), ...(revision === undefined ? {} : { revision }) };
    const named = { ...(train === undefined ? {} : { train }), ...(test === undefined ? {} : { test }) };
    return { hub: parseHubName(given), ...pinned, splits: named, fields: Object.fromEntries(fields) };
  }
  if (config !== undefined || revision !== undefined) throw new UsageError("only a pulled dataset has a configuration");
  if (train !== undefined || test !== undefined) throw new UsageError("only a pulled dataset has splits of a hub's");
  if (name !== undefined && fields.length > 0) throw new UsageError(`${name} has no other fields than its own`);
  if (name !== undefined) return { name };
  if (!/[./\\]/.test(given)) return refuseName(given);
  return { file: given, fields: Object.fromEntries(fields) };
}

/** The first rows; the stream is closed where it is left. */
async function takeRows(rows: AsyncIterable<Row>, count: number): Promise<readonly Row[]> {
  const taken: Row[] = [];
  if (count === 0) return taken;
  for await (const row of rows) if (taken.push(row) === count) break;
  return taken;
}
