// Finds and reads an experiment file: a path, or the name of an experiment that comes with the package.

import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";
import { renderPath } from "../text/input/shown-path.ts";
import { findNearest } from "./document/nearest.ts";
import type { Experiment } from "./experiment.ts";
import { parseExperiment } from "./parse.ts";
import { readTextFile } from "./text-file.ts";

export interface ReadOptions {
  /** What a relative path is relative to. */
  readonly cwd: string;
  /** `path=value`, as --set takes them. */
  readonly sets?: readonly string[];
}

/** Beside src/ in a checkout and beside dist/ in a package. */
const packagedFolder = fileURLToPath(new URL("../../experiments", import.meta.url));

/** Throws ConfigError for a file that is not there, is no text, or is no experiment. */
export async function readExperiment(argument: string, { cwd, sets = [] }: ReadOptions): Promise<Experiment> {
  const path = isName(argument) ? await findPackaged(argument, cwd) : resolve(cwd, argument);
  const file = renderPath(path, cwd);
  return parseExperiment(await readTextFile({ path, shown: file, kind: "experiment" }), {
    file,
    folder: dirname(path),
    setFolder: cwd,
    sets,
  });
}

/** A name has no slash and no extension of YAML. */
function isName(argument: string): boolean {
  return !/[\\/]|\.ya?ml$/i.test(argument);
}

/** A file of that name here is not taken for it, only suggested: a name means the same in every folder. */
async function findPackaged(name: string, cwd: string): Promise<string> {
  const known = await listPackaged();
  if (known.includes(name)) return join(packagedFolder, `${name}.yaml`);
  const near = findNearest(name, known);
  const isFile = await stat(resolve(cwd, `${name}.yaml`)).then(
    (found) => found.isFile(),
    () => false,
  );
  const next = isFile ? `did you mean ${name}.yaml?` : near ? `did you mean ${near}?` : `there are ${known.join(", ")}`;
  throw createError(name, "no experiment of this name comes with the package, and a file ends in .yaml", next);
}

/** Names of the experiments that come with the package, in order. */
export async function listPackaged(): Promise<readonly string[]> {
  const files = await readdir(packagedFolder).catch(() => []);
  return files.flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : [])).sort();
}

function createError(where: string, what: string, next?: string): ConfigError {
  return new ConfigError([{ where, what, next }]);
}
