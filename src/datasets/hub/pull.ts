// Pulls a configuration of a data set: pins the commit, fetches what is not there yet, and writes the manifest last.

import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../../errors.ts";
import { makeFolder } from "../file/make-folder.ts";
import { computeFileAddress, isSplitName } from "./address.ts";
import { dataEnding } from "./choose.ts";
import { downloadFile } from "./download.ts";
import { type HubFile, type HubListing, type HubRequest, readListing } from "./listing.ts";
import {
  computeRevisionFolder,
  type HubManifest,
  type PulledFile,
  readHubManifest,
  writeHubManifest,
} from "./manifest.ts";
import type { HubWeb } from "./web.ts";

export interface PullRequest extends HubRequest {
  /** Only these; all where empty. */
  readonly splits: readonly string[];
  /** The folder of datasets, absolute. */
  readonly root: string;
  /** ISO 8601. */
  readonly now: string;
}

export interface PullProgress {
  /** Files that are whole, of how many. */
  readonly files: number;
  readonly fileCount: number;
  readonly bytes: number;
  readonly byteCount: number;
  readonly name: string;
}

export interface PullResult {
  readonly folder: string;
  readonly manifest: HubManifest;
}

/** Resolves when every file is there and proved. Throws DatasetError or ProviderError; what has arrived stays. */
export async function pullDataset(
  web: HubWeb,
  request: PullRequest,
  progress: (progress: PullProgress) => void,
): Promise<PullResult> {
  const listing = await readListing(web, request);
  const files = nameFiles(pickFiles(listing, request.splits));
  const { repository, config, revision, licence } = listing;
  const folder = computeRevisionFolder(request.root, listing);
  await makeFolder(folder, 0o700);
  // One that cannot be read is told before anything is fetched.
  await readHubManifest(folder);
  await refuseFullDisk(folder, files);
  const byteCount = files.reduce((sum, { file }) => sum + file.size, 0);
  const pulled: PulledFile[] = [];
  let before = 0;
  for (const { name, file } of files) {
    const tell = (done: number): void =>
      progress({ files: pulled.length, fileCount: files.length, bytes: before + done, byteCount, name });
    const address = computeFileAddress(web.endpoint, { repository, revision: file.revision, path: file.path });
    const sha256 = await downloadFile(web, {
      address,
      path: join(folder, name),
      shown: `hub:${repository}/${file.path}`,
      file,
      progress: tell,
    });
    before += file.size;
    const { split, path, size } = file;
    pulled.push({ name, split, path, revision: file.revision, size, sha256 });
  }
  const known = (await readHubManifest(folder))?.files ?? [];
  // Splits pulled before stay. One that was pulled now is whole: the hub may have converted it into other files since.
  const kept = known.filter(({ split }) => !pulled.some((file) => file.split === split));
  const manifest: HubManifest = {
    schema: 1,
    source: `hub:${repository}`,
    endpoint: web.endpoint,
    config,
    revision,
    licence,
    pulled: request.now,
    files: [...kept, ...pulled],
  };
  await writeHubManifest(folder, manifest);
  return { folder, manifest };
}

function pickFiles({ repository, config, files }: HubListing, splits: readonly string[]): readonly HubFile[] {
  const there = [...new Set(files.map(({ split }) => split))].filter(isSplitName);
  const missing = splits.find((split) => !there.includes(split));
  if (missing !== undefined || there.length === 0) {
    const what = missing === undefined ? "has no split" : `has no split ${JSON.stringify(missing)}`;
    throw new DatasetError(what, {
      where: `hub:${repository}, ${config}`,
      next: `it has ${there.join(", ") || "none"}`,
    });
  }
  return files.filter(({ split }) => there.includes(split) && (splits.length === 0 || splits.includes(split)));
}

/** Names of our own: those in the repository may be anything. The ending stays, because it tells the format. */
function nameFiles(files: readonly HubFile[]): readonly { readonly name: string; readonly file: HubFile }[] {
  const counts = new Map<string, number>();
  return files.map((file) => {
    const number = counts.get(file.split) ?? 0;
    counts.set(file.split, number + 1);
    const ending = dataEnding.exec(file.path)![0].toLowerCase();
    return { name: `${file.split}-${String(number).padStart(5, "0")}${ending}`, file };
  });
}

/** Better told before than after an hour. Part of a file that is there already is counted as missing. */
async function refuseFullDisk(folder: string, files: ReturnType<typeof nameFiles>): Promise<void> {
  const there = new Set(await readdir(folder));
  const missing = files.reduce((sum, { name, file }) => (there.has(name) ? sum : sum + file.size), 0);
  const { bavail, bsize } = await statfs(folder);
  if (missing <= bavail * bsize) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new DatasetError(`takes ${megabytes(missing)}, and ${megabytes(bavail * bsize)} are free`, {
    where: folder,
    next: "make room, name another folder with --to, or fewer splits with --split",
  });
}
