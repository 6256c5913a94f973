// refeed datasets: list the datasets there are, show any dataset, make a generated one into a file.

import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { createRowCounter, type Dataset, type SplitSummary } from "../datasets/dataset.ts";
import { anyField, type FieldAdvice } from "../datasets/fields/advice.ts";
import { parseHubName } from "../datasets/hub/address.ts";
import { listPulled } from "../datasets/hub/manifest.ts";
import { computeLengths, type RowLengths } from "../datasets/lengths.ts";
import { readManifest } from "../datasets/manifest.ts";
import {
  createRows,
  type DatasetDeclaration,
  type DatasetName,
  datasetNames,
  defaultCounts,
  loadGenerator,
  openDataset,
} from "../datasets/registry.ts";
import { writeRows } from "../datasets/row-file.ts";
import type { Row, Split } from "../domain/rows.ts";
import { UsageError } from "../errors.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { createPullCommand } from "./pull.ts";

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

interface ShowFlags {
  readonly split?: Split;
  readonly rows: number;
  readonly article?: string;
  readonly summary?: string;
  readonly id?: string;
  readonly config?: string;
  readonly revision?: string;
  readonly json?: true;
}

/** One split as it is shown. */
interface Shown {
  readonly split: Split;
  readonly summary: SplitSummary;
  readonly lengths: RowLengths | null;
  readonly rows: readonly Row[];
}

function createShowCommand(environment: Environment): Command {
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
    .option("--json", "one JSON object")
    .action(async (name: string, flags: ShowFlags) => {
      const isExperiment = /\.ya?ml$/i.test(name);
      const declaration = isExperiment ? await declareOfExperiment(name, cwd, flags) : declare(name, flags);
      const dataset = await openDataset(declaration, {
        folder: isExperiment ? dirname(resolve(cwd, name)) : cwd,
        signal,
        adviseField: renderFlags,
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

/** The dataset of an experiment, with everything that is asked of its rows. */
async function declareOfExperiment(shown: string, cwd: string, flags: ShowFlags): Promise<DatasetDeclaration> {
  const given = (["article", "summary", "id", "config", "revision"] as const).find((flag) => flags[flag] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} is for a dataset, and ${shown} says it itself`);
  const { readExperiment } = await import("../experiment/read.ts");
  const { declareDataset } = await import("../experiment/schema/declare-dataset.ts");
  const experiment = await readExperiment(shown, { cwd });
  if (experiment.system === "language") return declareDataset(experiment.language.dataset);
  throw new UsageError(`${shown} has no dataset: its system makes its own data`);
}

/** A name without a dot or a slash is a packaged dataset's, all else is a file. */
function declare(given: string, { article, summary, id, config, revision }: ShowFlags): DatasetDeclaration {
  const name = findName(given);
  const fields = Object.entries({ article, summary, id }).filter(([, field]) => field !== undefined);
  if (given.startsWith("hub:")) {
    const pinned = { ...(config === undefined ? {} : { config }), ...(revision === undefined ? {} : { revision }) };
    return { hub: parseHubName(given), ...pinned, fields: Object.fromEntries(fields) };
  }
  if (config !== undefined || revision !== undefined) throw new UsageError("only a pulled dataset has a configuration");
  if (name !== undefined && fields.length > 0) throw new UsageError(`${name} has no other fields than its own`);
  if (name !== undefined) return { name };
  if (!/[./\\]/.test(given)) return refuseName(given);
  return { file: given, fields: Object.fromEntries(fields) };
}

function findName(given: string): DatasetName | undefined {
  return datasetNames.find((name) => name === given);
}

function refuseName(given: string): never {
  throw new UsageError(`there is no dataset ${JSON.stringify(given)}`, {
    next: `take ${datasetNames.join(" or ")}, or give a file as ./${given}`,
  });
}

/** A count from a flag; commander would call it NaN and go on. */
function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${JSON.stringify(text)} is not a whole number from 0 to 999999999`);
}

/** The first rows; the stream is closed where it is left. */
async function takeRows(rows: AsyncIterable<Row>, count: number): Promise<readonly Row[]> {
  const taken: Row[] = [];
  if (count === 0) return taken;
  for await (const row of rows) if (taken.push(row) === count) break;
  return taken;
}

function renderJson({ name, digest, notes, curation }: Dataset, shown: readonly Shown[]): string {
  const told = shown.map(({ split, summary, lengths, rows }) => [split, { ...summary, lengths, rows }] as const);
  return `${JSON.stringify({ name, digest, notes, curation, splits: Object.fromEntries(told) })}\n`;
}

/** Title, notes, a table of the splits, then the rows. Every line that holds words of others is stripped of controls. */
function renderText({ name, digest, notes }: Dataset, shown: readonly Shown[], width: number): string {
  const head = ["split", "rows", "article words", "median", "max", "summary words", "median", "max", "sha256"];
  const table = shown.map(({ split, summary: { count, digest: sha256 }, lengths }) => {
    const cells = [lengths?.article, lengths?.summary].flatMap((of) =>
      of === undefined ? ["", "", ""] : [of.mean.toFixed(1), String(of.median), String(of.max)],
    );
    return [split, String(count), ...cells, sha256.slice(0, 12)];
  });
  const title = `${name}  sha256 ${digest}`;
  const rows = shown.flatMap((of) => of.rows.map((row) => `\n${renderRow(row, width)}`));
  return [
    renderShown(renderVisibleLine(title)),
    ...notes.map((note) => renderShown(renderVisibleLine(`note: ${note}`))),
    "\n",
    renderTextTable(head, table),
    ...rows,
  ].join("");
}

function renderRow({ id, article, summary }: Row, width: number): string {
  const parts = [renderVisibleLine(id), wrap("article", article, width), wrap("summary", summary, width)];
  return parts.map(renderShown).join("");
}

/** Breaks at spaces, keeps the text's own lines, and sets them beside the label. */
function wrap(label: string, text: string, width: number): string {
  const room = Math.max(width - indent.length, 20);
  const lines: string[] = [];
  for (const own of text.split(/\r?\n/)) {
    let line = "";
    for (const word of own.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && longer.length > room) lines.push(line);
      line = line !== "" && longer.length > room ? word : longer;
    }
    lines.push(line);
  }
  return `  ${label}  ${lines.join(`\n${indent}`)}`;
}

const indent = " ".repeat("  article  ".length);
