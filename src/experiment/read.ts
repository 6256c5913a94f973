// Finds and reads an experiment file: a path, or the name of an experiment that comes with the package.

import { open, readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";
import { findNearest } from "./document/nearest.ts";
import type { Experiment } from "./experiment.ts";
import { parseExperiment } from "./parse.ts";

export interface ReadOptions {
  /** What a relative path is relative to. */
  readonly cwd: string;
  /** `path=value`, as --set takes them. */
  readonly sets?: readonly string[];
}

/** Beside src/ in a checkout and beside dist/ in a package. */
const packagedFolder = fileURLToPath(new URL("../../experiments", import.meta.url));

/** The packaged experiments have under 2 kB each. */
const mostBytes = 1_000_000;

/** Throws ConfigError for a file that is not there, is no text, or is no experiment. */
export async function readExperiment(argument: string, { cwd, sets = [] }: ReadOptions): Promise<Experiment> {
  const path = isName(argument) ? await findPackaged(argument, cwd) : resolve(cwd, argument);
  const inside = relative(cwd, path);
  const file = inside.startsWith(`..${sep}`) ? path : inside;
  return parseExperiment(await readText(path, file), { file, folder: dirname(path), setFolder: cwd, sets });
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

/** Strictly UTF-8: bytes that are not would be replaced without a word. */
async function readText(path: string, file: string): Promise<string> {
  const bytes = await readBytes(path, file);
  const start = [bytes[0], bytes[1]].join();
  if (start === "255,254" || start === "254,255") throw createError(file, "is UTF-16", "save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw createError(file, "is not UTF-8", "save it as UTF-8");
  }
}

async function readBytes(path: string, file: string): Promise<Uint8Array> {
  try {
    // A pipe or a device would wait or never end: it is not even opened.
    const found = await stat(path);
    if (found.isDirectory()) throw createError(file, "is a folder", "name the YAML file in it");
    if (!found.isFile()) throw createError(file, "is no regular file");
    if (found.size > mostBytes) throw createError(file, "is larger than 1 MB: no experiment is");
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
      if (bytesRead > mostBytes) throw createError(file, "is larger than 1 MB: no experiment is");
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw createError(file, sentenceByCode[code] ?? `cannot be read (${code})`);
  }
}

const sentenceByCode: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "may not be read",
  ELOOP: "is a link that leads nowhere",
  ENAMETOOLONG: "is too long a name for a file",
};

function createError(where: string, what: string, next?: string): ConfigError {
  return new ConfigError([{ where, what, next }]);
}
