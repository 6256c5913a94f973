// The manifest of what was pulled: where each file comes from, at which commit, with which digest. It is written last, so
// that a folder with a manifest is whole; and found by looking upwards from wherever an experiment lies.

import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatasetError } from "../../errors.ts";
import { syncFolder } from "../file/sync-folder.ts";
import { computeConfigFolder, isHubName, isSplitName } from "./address.ts";

export interface PulledFile {
  /** Beside the manifest. */
  readonly name: string;
  readonly split: string;
  /** In the repository, at the commit `revision`. */
  readonly path: string;
  readonly revision: string;
  readonly size: number;
  readonly sha256: string;
}

export interface HubManifest {
  readonly schema: 1;
  readonly source: string;
  readonly endpoint: string;
  readonly config: string;
  /** The commit of the data set; files the hub has converted name the conversion's own. */
  readonly revision: string;
  readonly licence: string | null;
  /** ISO 8601. */
  readonly pulled: string;
  readonly files: readonly PulledFile[];
}

const fileName = "manifest.json";

/** The folder of a commit. */
export function computeRevisionFolder(
  root: string,
  manifest: { readonly repository: string; readonly config: string; readonly revision: string },
): string {
  return join(computeConfigFolder(root, manifest.repository, manifest.config), manifest.revision.slice(0, 12));
}

/** Of very large splits the hub converts the beginning alone, and says so in the folder's name. */
export function isPartial({ path }: Pick<PulledFile, "path">): boolean {
  return /(^|\/)partial-[^/]+\/[^/]+\.parquet$/.test(path);
}

const adviceAgain = "remove it, and pull the data set again: files that are whole are not fetched again";

/** The manifest in a folder; null where there is none. Throws DatasetError for one that is none of ours. */
export async function readHubManifest(folder: string): Promise<HubManifest | null> {
  const path = join(folder, fileName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new DatasetError(`the manifest cannot be read (${error.code})`, {
      where: path,
      next: error.code === "EACCES" ? "allow it, for example: chmod u+r" : adviceAgain,
      cause: error,
    });
  });
  if (text === null) return null;
  try {
    const manifest = JSON.parse(text) as HubManifest;
    const { source, config, revision, files } = manifest;
    const isKnown =
      manifest.schema === 1 &&
      isHubName(source.replace(/^hub:/, "")) &&
      typeof config === "string" &&
      /^[0-9a-f]+$/.test(revision);
    // A name that leads out of the folder was not written by us.
    if (
      isKnown &&
      files.every(({ name, split, size }) => /^[\w.-]+$/.test(name) && isSplitName(split) && Number.isSafeInteger(size))
    )
      return manifest;
  } catch (error) {
    throw new DatasetError("the manifest is damaged", {
      where: path,
      next: adviceAgain,
      cause: error,
    });
  }
  throw new DatasetError("the manifest is of a form that is not known here", {
    where: path,
    next: adviceAgain,
  });
}

/** Replaces the manifest at once, never in part. */
export async function writeHubManifest(folder: string, manifest: HubManifest): Promise<void> {
  const path = join(folder, fileName);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

export interface Pulled {
  readonly folder: string;
  readonly manifest: HubManifest;
}

export interface Wanted {
  readonly repository: string;
  /** Undefined takes any. */
  readonly config?: string | undefined;
  readonly revision?: string | undefined;
}

/** Every pulled data set in the nearest `datasets` folder, upwards from `folder`, that holds what is wanted. */
export async function findPulled(folder: string, wanted: Wanted): Promise<readonly Pulled[]> {
  for (let place = folder; ; place = dirname(place)) {
    const found = await listPulled(join(place, "datasets"), wanted);
    if (found.length > 0 || dirname(place) === place) return found;
  }
}

/** What has been pulled into a folder of datasets; all of it where nothing is named. */
export async function listPulled(root: string, wanted?: Wanted): Promise<readonly Pulled[]> {
  const pulled: Pulled[] = [];
  const hub = join(root, "hub");
  const repositories = wanted === undefined ? await list(hub) : [wanted.repository.replace("/", "--")];
  for (const repository of repositories) {
    for (const config of await list(join(hub, repository))) {
      for (const revision of await list(join(hub, repository, config))) {
        const folder = join(hub, repository, config, revision);
        const manifest = await readHubManifest(folder);
        if (manifest !== null && isWanted(manifest, wanted)) pulled.push({ folder, manifest });
      }
    }
  }
  return pulled;
}

function isWanted({ source, config, revision }: HubManifest, wanted: Wanted | undefined): boolean {
  if (wanted === undefined) return true;
  if (source !== `hub:${wanted.repository}`) return false;
  if (wanted.config !== undefined && wanted.config !== config) return false;
  return wanted.revision === undefined || revision.startsWith(wanted.revision);
}

async function list(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    return [];
  });
  return names.sort();
}
