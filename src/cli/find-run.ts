// Which run is meant: a folder, a name below runs/, or the latest.

import { basename, join, relative, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { findNearest } from "../experiment/document/nearest.ts";
import { isRunFolder } from "../store/run-folder.ts";
import { listRuns } from "../store/status.ts";
import type { Environment } from "./environment.ts";

const namedRuns = 5;

/**
 * Throws UsageError where there is no such run, StoreError where nobody lets us look; a damaged one is found, unless none
 * was named.
 */
export async function findRun(run: string | undefined, { cwd }: Environment): Promise<string> {
  const runs = resolve(cwd, "runs");
  // One that is named may lie elsewhere.
  const known = await listRuns(runs).catch((error: unknown) => {
    if (run === undefined) throw error;
    return [];
  });
  if (run === undefined) {
    // Damaged runs come last.
    const [latest] = known;
    if (!latest) throw new UsageError("there is no run below runs/", { next: "start one: refeed run newswire" });
    if (latest.state === "denied") await isRunFolder(latest.directory);
    return latest.directory;
  }
  const named = known.find(({ directory, state }) => state !== "denied" && directory === resolve(runs, run))?.directory;
  if (named !== undefined) return named;
  for (const directory of [resolve(cwd, run), resolve(cwd, "runs", run)]) {
    if (run !== "" && (await isRunFolder(directory))) return directory;
  }
  const names = known.map(({ directory }) => basename(directory));
  throw new UsageError("there is no such run", { where: JSON.stringify(run), next: suggest(run, names) });
}

function suggest(run: string, names: readonly string[]): string {
  const near = findNearest(relative("runs", run).startsWith("..") ? run : relative("runs", run), names);
  if (near !== undefined) return `did you mean ${near}?`;
  if (names.length === 0) return "there is none below runs/; start one: refeed run newswire";
  const more = names.length > namedRuns ? " and others, see refeed list" : "";
  return `the runs below runs/ are ${names.slice(0, namedRuns).join(", ")}${more}`;
}

/** Where a run of an experiment is kept: in the folder that --run names, else below runs/. */
export function placeRun(name: string, cwd: string, flag = join("runs", name)): string {
  if (flag === "") throw new UsageError("names no folder", { where: "--run", next: "name a new or empty folder" });
  return resolve(cwd, flag);
}
