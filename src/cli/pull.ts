// refeed datasets pull: fetches a data set from a hub. The address and the token come from the environment, here alone.

import { resolve } from "node:path";
import { Command } from "commander";
import { parseHubName, publicEndpoint } from "../datasets/hub/address.ts";
import { isPartial } from "../datasets/hub/manifest.ts";
import type { PullProgress, PullResult } from "../datasets/hub/pull.ts";
import { StoreError, UsageError } from "../errors.ts";
import { isPlainFault } from "../store/system-fault.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";

interface PullFlags {
  readonly config?: string;
  readonly revision?: string;
  readonly split: readonly string[];
  readonly to: string;
  readonly json?: true;
}

export function createPullCommand(environment: Environment): Command {
  const { cwd, clock, signal, stdout, stderr, variables } = environment;
  return new Command("pull")
    .description("Fetch a data set from a hub, verified and resumable; HF_ENDPOINT and HF_TOKEN are read.")
    .argument("<dataset>", "hub:owner/name")
    .option("--config <name>", "its configuration; by default its only or default one")
    .option("--revision <revision>", "a branch, a tag or a commit; by default the newest")
    .option("--split <name>", "only this split; may be given again", collect, [])
    .option("--to <folder>", "the folder of datasets", "datasets")
    .option("--json", "one JSON object")
    .action(async (name: string, { config, revision, split, to, json }: PullFlags) => {
      const repository = parseHubName(name);
      const { createHubWeb } = await import("../datasets/hub/web.ts");
      const { pullDataset } = await import("../datasets/hub/pull.ts");
      const endpoint = (variables.HF_ENDPOINT || publicEndpoint).replace(/\/+$/, "");
      const token = readToken(variables.HF_TOKEN);
      // A line of its own, also where a terminal is within that of the progress.
      const begin = stderr.columns === undefined ? "" : "\r\u001b[K";
      const tellWait = (why: string, milliseconds: number): void => {
        const line = `${why}; asked again in ${Math.ceil(milliseconds / 1000)} s`;
        stderr.write(begin + renderShown(renderVisibleLine(line)));
      };
      const web = createHubWeb({ endpoint, token, fetch, signal, now: clock.now, tellWait });
      const now = new Date(clock.now()).toISOString();
      const request = { repository, config, revision, splits: split, root: resolve(cwd, to), now };
      const result = await pullDataset(web, request, createProgress(environment)).catch(
        (error: NodeJS.ErrnoException) => {
          if (signal.aborted) stderr.write("what has arrived is kept: the same command goes on from there\n");
          return refuseFolder(error);
        },
      );
      stdout.write(json ? `${JSON.stringify(result)}\n` : renderResult(result));
    });
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name];
}

/** What no header can carry is no token; it is not repeated. */
function readToken(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError("HF_TOKEN holds characters that no token has", { next: "copy it again, without quotes" });
}

/** What the system says of a path below the folder of datasets; a full disk is told for every verb alike. */
function refuseFolder(error: NodeJS.ErrnoException): never {
  const { code, syscall, path } = error;
  if (syscall === undefined || path === undefined || isPlainFault(error)) throw error;
  throw new StoreError(`cannot be written to (${code})`, {
    where: path,
    next: "check the path and its permissions, or name another folder with --to",
    cause: error,
  });
}

const lineEveryMs = 5000;

/** A line that is written over on a terminal, a line every few seconds elsewhere. */
function createProgress({ stderr, clock }: Environment): (progress: PullProgress) => void {
  let last = -Infinity;
  let isTold = false;
  const isTerminal = stderr.columns !== undefined;
  return ({ files, fileCount, bytes, byteCount, name }) => {
    const now = clock.monotonic();
    const isDone = bytes === byteCount;
    if (isTold || (!isDone && now - last < (isTerminal ? 100 : lineEveryMs))) return;
    last = now;
    isTold = isDone;
    const share = byteCount === 0 ? 100 : Math.floor((100 * bytes) / byteCount);
    const line = `${share} %  ${renderSize(bytes)} of ${renderSize(byteCount)}  file ${Math.min(files + 1, fileCount)} of ${fileCount}  ${name}`;
    stderr.write(isTerminal ? `\r${line.slice(0, stderr.columns! - 1)}\u001b[K${isDone ? "\n" : ""}` : `${line}\n`);
  };
}

function renderSize(bytes: number): string {
  return bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** What is there now, and how an experiment names it. */
function renderResult({ folder, manifest }: PullResult): string {
  const { source, config, revision, licence, files } = manifest;
  const splits = [...new Set(files.map(({ split }) => split))];
  const sizes = splits.map((split) => {
    const own = files.filter((file) => file.split === split);
    return `  ${split}: ${own.length} ${own.length === 1 ? "file" : "files"}, ${renderSize(own.reduce((sum, { size }) => sum + size, 0))}${own.some(isPartial) ? ", a part: the hub has converted no more of it" : ""}`;
  });
  const lines = [
    `${source}, ${config}, licence ${licence ?? "not told"}, in ${folder}`,
    ...sizes,
    `dataset: { hub: ${source.slice("hub:".length)}, config: ${JSON.stringify(config)}, revision: ${revision}${renderSplits(splits)} }`,
  ];
  return lines.map((line) => renderShown(renderVisibleLine(line))).join("");
}

/** Which splits are ours, where they are called otherwise; a guess by their names, for people to look at. */
function renderSplits(names: readonly string[]): string {
  const find = (word: string): string | undefined =>
    names.find((name) => name === word) ?? names.find((name) => name.includes(word));
  const train = find("train") ?? names[0]!;
  const test =
    [find("test"), find("valid"), find("dev")].find((name) => name !== undefined && name !== train) ?? "null";
  return train === "train" && test === "test" ? "" : `, splits: { train: ${train}, test: ${test} }`;
}
