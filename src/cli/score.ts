// refeed score: ROUGE of a predictions file against a references file, as a table, as JSON, and row by row.

import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { nodeFiles, readBytes, validateBytes } from "../datasets/file/bytes.ts";
import { CancelledError, UsageError } from "../errors.ts";
import { type FileScore, scoreFiles } from "../evaluation/score-file.ts";
import type { Source } from "../evaluation/score-lines.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { openPairSpill } from "../store/spill/pair-spill.ts";
import { isRougeMetric, type RougeMetric } from "../text/rouge-metric.ts";
import type { Environment } from "./environment.ts";
import { openRowFile, type RowFile } from "./score-output.ts";

interface Flags {
  readonly metrics: string;
  readonly stem?: true;
  readonly rows?: string;
  readonly seed: string;
  readonly workers?: string;
  readonly json?: true;
}

const rowsHelp = `
Rows are JSON, one a line: {"id"?, "prediction"} and {"id"?, "reference"} or {"id"?, "references": [..]}.
They are matched by id where both files have ids, in any order, else by line.
With several references the best F counts, for each metric alone.`;

export function createScoreCommand(environment: Environment): Command {
  return new Command("score")
    .description("ROUGE of a predictions file against a references file, with 95 % intervals.")
    .argument("<predictions>", "JSON Lines file")
    .argument("<references>", "JSON Lines file")
    .option("--metrics <list>", "rouge1, rouge2, .. rougeL, rougeLsum, joined by commas", "rouge1,rouge2,rougeL")
    .option("--stem", "compare words by their Porter stems")
    .option("--rows <file>", "write the scores of each pair as JSON Lines, in the order of the predictions")
    .option("--seed <number>", "seed of the bootstrap", "0")
    .option("--workers <count>", "threads at most (default: one a processor)")
    .option("--json", "print JSON")
    .addHelpText("after", rowsHelp)
    .action((predictions: string, references: string, flags: Flags) =>
      runScore({ predictions, references }, flags, environment),
    );
}

interface Names {
  readonly predictions: string;
  readonly references: string;
}

/** Flags are checked before a file is opened; rows get their name only once all is well. */
async function runScore(names: Names, flags: Flags, environment: Environment): Promise<void> {
  const metrics = parseMetrics(flags.metrics);
  const seed = parseWhole("--seed", flags.seed, [0, Number.MAX_SAFE_INTEGER]);
  const workerCount = parseWhole("--workers", flags.workers ?? String(Math.min(64, availableParallelism())), [1, 64]);
  const sources = {
    // Aborting a source ends everything: whatever reads it fails, and the catch below says why.
    predictions: await openSource(names.predictions, environment),
    references: await openSource(names.references, environment),
  };
  const rows = flags.rows === undefined ? undefined : await openRows(flags.rows, names, environment);
  const spillFolders: string[] = [];
  const openSpill = () => {
    const folder = mkdtempSync(join(tmpdir(), "refeed-score-"));
    spillFolders.push(folder);
    return openPairSpill(join(folder, "pairs.db"));
  };
  try {
    const stemmer = flags.stem === true;
    const score = await scoreFiles({ ...sources, metrics, stemmer, seed, workerCount, rows, openSpill });
    await rows?.commit();
    environment.stdout.write(flags.json ? `${JSON.stringify(score)}\n` : renderScore(score));
  } catch (error) {
    if (!environment.signal.aborted) throw error;
    throw new CancelledError("interrupted, nothing was written", readSignal(environment.signal));
  } finally {
    await rows?.close();
    for (const folder of spillFolders) await rm(folder, { recursive: true, force: true });
  }
}

/** Which signal it was decides the exit code. */
function readSignal({ reason }: AbortSignal): "SIGINT" | "SIGTERM" {
  return reason instanceof CancelledError ? reason.signal : "SIGINT";
}

function parseMetrics(list: string): readonly RougeMetric[] {
  const names = list.split(",").map((name) => name.trim());
  const next = "metrics are rouge1, rouge2, rouge3 and so on, rougeL, rougeLsum";
  for (const name of names) {
    if (!isRougeMetric(name)) throw new UsageError(`unknown metric "${name}"`, { where: "--metrics", next });
  }
  return [...new Set(names)].filter(isRougeMetric);
}

function parseWhole(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`"${text}" is not a whole number from ${least} to ${most}`, { where: flag });
}

/** A file like any dataset's: no pipe, because it may have to be read twice, and unpacked where it is gzip. */
async function openSource(name: string, { cwd, signal }: Environment): Promise<Source> {
  const request = { path: resolve(cwd, name), shown: name, signal, files: nodeFiles };
  await validateBytes(request);
  return { name, open: () => readBytes(request) };
}

/** The output may stand anywhere but on its own input. */
async function openRows(name: string, names: Names, { cwd, pid }: Environment): Promise<RowFile> {
  const path = resolve(cwd, name);
  const isInput = [names.predictions, names.references].some((input) => resolve(cwd, input) === path);
  if (isInput)
    throw new UsageError("is one of the files to score", { where: `--rows ${name}`, next: "name another file" });
  return openRowFile(path, name, String(pid));
}

function renderScore({ pairs, matchedBy, interval, metrics }: FileScore): string {
  const rows = Object.entries(metrics).map(([metric, { precision, recall, fmeasure, low, high }]) => [
    metric,
    ...[precision, recall, fmeasure, low, high].map((value) => value.toFixed(4)),
  ]);
  const table = renderTextTable(["metric", "precision", "recall", "F", "F low", "F high"], rows);
  const kind =
    interval.kind === "normal"
      ? "normal"
      : `percentile bootstrap, ${interval.resamples} resamples, seed ${interval.seed}`;
  return `${table}\n${pairs} pair${pairs === 1 ? "" : "s"} matched by ${matchedBy}; F low to F high: 95 % interval of the mean F (${kind})\n`;
}
