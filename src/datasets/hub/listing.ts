// What a hub has of a data set at one commit: its configurations, and the files of one with sizes and digests.
// Revisions are pinned here: whatever was asked for by name is a commit from here on.

import type { ListFileEntry } from "@huggingface/hub";
import { parse } from "yaml";
import { DatasetError } from "../../errors.ts";
import { computeFileAddress, isSplitName } from "./address.ts";
import { type CardConfig, chooseConverted, chooseFiles, parseCardConfigs, type SplitFile } from "./choose.ts";
import { HubRefusal, type HubWeb } from "./web.ts";

export interface HubFile extends SplitFile {
  readonly size: number;
  /** The digest the hub lists: SHA-256 of large files, Git's SHA-1 of a blob for all others. */
  readonly digest: { readonly kind: "sha256" | "git"; readonly value: string };
  /** The commit it is fetched at: that of the conversion where the hub has converted it. */
  readonly revision: string;
}

export interface HubListing {
  readonly repository: string;
  readonly config: string;
  readonly revision: string;
  readonly licence: string | null;
  readonly files: readonly HubFile[];
}

export interface HubRequest {
  readonly repository: string;
  /** Undefined takes the only one, or the card's default. */
  readonly config: string | undefined;
  readonly revision: string | undefined;
}

interface Info {
  readonly sha: string;
  readonly tags: readonly string[];
}

const convertedBranch = "refs/convert/parquet";
const mostCardBytes = 1024 * 1024;

/** Throws DatasetError where the data set, its configuration or its revision is not there. */
export async function readListing(web: HubWeb, request: HubRequest): Promise<HubListing> {
  const { repository } = request;
  const info = await readInfo(web, repository, request.revision);
  const entries = await readEntries(web, repository, info.sha);
  const isConverted = request.revision === convertedBranch;
  const own = isConverted
    ? listFolders([...entries.keys()])
    : parseCardConfigs(await readCard(web, { repository, revision: info.sha, entries }));
  const described = { repository, revision: info.sha, licence: readLicence(info.tags) };
  const config = pickConfig(own, request.config);
  if (config !== undefined) {
    const chosen = chooseFiles([...entries.keys()], config);
    const place = { repository, revision: info.sha };
    if (chosen.length > 0 && !(await hasArray(web, chosen, place))) {
      return { ...described, config: config.name, files: chosen.map((file) => describeFile(file, entries, info.sha)) };
    }
  }
  return { ...described, ...(await readConverted(web, request, { info, own })) };
}

/** Of its own conversion the hub has a folder for every configuration. */
function listFolders(paths: readonly string[]): readonly CardConfig[] {
  const names = new Set(paths.flatMap((path) => (path.includes("/") ? [path.slice(0, path.indexOf("/"))] : [])));
  return [...names].map((name) => ({ name, isDefault: false, patterns: [], folder: name }));
}

/** Whether the first .json file is one array instead of lines, as its first sign tells: that is no file of rows. */
async function hasArray(
  web: HubWeb,
  files: readonly SplitFile[],
  place: { readonly repository: string; readonly revision: string },
): Promise<boolean> {
  const found = files.find(({ path }) => /\.json$/i.test(path));
  if (found === undefined) return false;
  const address = computeFileAddress(web.endpoint, { ...place, path: found.path });
  const answer = await web.request(address, { "accept-encoding": "identity", range: "bytes=0-63" });
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return /^\s*\[/.test(Buffer.from(value ?? []).toString("latin1", 0, 64));
}

/** The card's configuration of that name; without a card, the whole repository is the one called default. */
function pickConfig(own: readonly CardConfig[], name: string | undefined): CardConfig | undefined {
  if (own.length === 0) {
    const isWhole = name === undefined || name === "default";
    return isWhole ? { name: "default", isDefault: true, patterns: [], folder: undefined } : undefined;
  }
  if (name !== undefined) return own.find((config) => config.name === name);
  return own.length === 1 ? own[0] : own.find((config) => config.isDefault || config.name === "default");
}

async function readInfo(web: HubWeb, name: string, revision: string | undefined): Promise<Info> {
  const { datasetInfo } = await import("@huggingface/hub");
  const { sha, tags } = await datasetInfo({
    name,
    hubUrl: web.endpoint,
    ...(revision === undefined ? {} : { revision }),
    additionalFields: ["sha", "tags"],
    fetch: (address, init) => web.request(String(address), readHeaders(init)),
  });
  if (!/^[0-9a-f]{40,64}$/.test(sha)) throw createOdd(name, "names no commit");
  return { sha, tags: Array.isArray(tags) ? tags.map(String) : [] };
}

/** Every file of a commit by its path. */
async function readEntries(web: HubWeb, name: string, revision: string): Promise<ReadonlyMap<string, ListFileEntry>> {
  const { listFiles } = await import("@huggingface/hub");
  const entries = new Map<string, ListFileEntry>();
  const listed = listFiles({
    repo: { type: "dataset", name },
    hubUrl: web.endpoint,
    revision,
    recursive: true,
    fetch: (address, init) => web.request(String(address), readHeaders(init)),
  });
  for await (const entry of listed) if (entry.type === "file") entries.set(entry.path, entry);
  return entries;
}

function readHeaders(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(init?.headers));
}

/** The front matter of the card; null where there is none. */
async function readCard(
  web: HubWeb,
  {
    repository,
    revision,
    entries,
  }: { readonly repository: string; readonly revision: string; readonly entries: ReadonlyMap<string, ListFileEntry> },
): Promise<unknown> {
  const card = entries.get("README.md");
  if (card === undefined || card.size > mostCardBytes) return null;
  const answer = await web.request(computeFileAddress(web.endpoint, { repository, revision, path: "README.md" }));
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(await answer.text())?.[1];
  try {
    return front === undefined ? null : (parse(front) as unknown);
  } catch {
    // A card whose head is no YAML says nothing; the files' own names still do.
    return null;
  }
}

function readLicence(tags: readonly string[]): string | null {
  const found = tags.filter((tag) => tag.startsWith("license:")).map((tag) => tag.slice("license:".length));
  return found.length === 0 ? null : found.join(", ");
}

function describeFile(file: SplitFile, entries: ReadonlyMap<string, ListFileEntry>, revision: string): HubFile {
  const { size, oid = "", lfs } = entries.get(file.path)!;
  const digest =
    lfs === undefined
      ? ({ kind: "git", value: oid } as const)
      : ({ kind: "sha256", value: lfs.oid.replace(/^sha256:/, "") } as const);
  return { ...file, size: lfs?.size ?? size, digest, revision };
}

/** The Parquet files that the hub has made of the newest commit, whatever that one holds. */
async function readConverted(
  web: HubWeb,
  { repository, config: asked }: HubRequest,
  { info, own }: { readonly info: Info; readonly own: readonly CardConfig[] },
): Promise<Pick<HubListing, "config" | "files">> {
  const splitsByConfig = await readSplits(web, repository);
  const names = [...splitsByConfig.keys()];
  const config = asked ?? (names.length === 1 ? names[0] : names.find((name) => name === "default"));
  const splits = config === undefined ? undefined : splitsByConfig.get(config);
  if (config === undefined || splits === undefined) {
    const all = [...new Set([...names, ...own.map(({ name }) => name)])];
    const isThere = all.length <= 1 ? asked === undefined || all[0] === asked : all.includes(asked ?? "");
    throw isThere ? createNoFiles(repository, asked) : createNoConfig(repository, asked, all);
  }
  if ((await readInfo(web, repository, undefined)).sha !== info.sha) {
    throw new DatasetError("has no files that are read at this revision, and the hub converts the newest one alone", {
      where: `hub:${repository}`,
      next: "leave --revision out",
    });
  }
  const { sha } = await readInfo(web, repository, convertedBranch);
  const entries = await readEntries(web, repository, sha);
  const chosen = chooseConverted([...entries.keys()], { config, splits: [...splits.keys()] });
  for (const [split, count] of splits) {
    if (chosen.filter((file) => file.split === split).length === count) continue;
    throw createOdd(repository, `lists ${count} files of the split ${JSON.stringify(split)}, and has others`);
  }
  return { config, files: chosen.map((file) => describeFile(file, entries, sha)) };
}

/**
 * How many files each split of each configuration has: GET /api/datasets/R/parquet, {config: {split: [address]}}. None where
 * the hub has converted nothing, as of private data sets.
 */
async function readSplits(web: HubWeb, repository: string): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const answer = await web.request(`${web.endpoint}/api/datasets/${repository}/parquet`).catch((error: unknown) => {
    if (!(error instanceof HubRefusal && error.status === 404)) throw error;
    return null;
  });
  if (answer === null) return new Map();
  const listed = (await answer.json()) as unknown;
  if (typeof listed !== "object" || listed === null)
    throw createOdd(repository, "lists its Parquet files in no known form");
  return new Map(
    Object.entries(listed).map(([config, splits]) => {
      const counts = Object.entries((splits ?? {}) as object).flatMap(([split, files]) =>
        isSplitName(split) && Array.isArray(files) ? [[split, files.length] as const] : [],
      );
      return [config, new Map(counts)];
    }),
  );
}

function createNoFiles(repository: string, asked: string | undefined): DatasetError {
  const of = asked === undefined ? "" : ` of the configuration ${JSON.stringify(asked)}`;
  return new DatasetError(`has no Parquet, JSON Lines or CSV files${of}, and the hub has not converted it`, {
    where: `hub:${repository}`,
    next: "convert it yourself, and read it as a file",
  });
}

function createNoConfig(repository: string, asked: string | undefined, names: readonly string[]): DatasetError {
  if (names.length === 0) {
    const what = `has no configuration ${JSON.stringify(asked)}: its card names none`;
    return new DatasetError(what, { where: `hub:${repository}`, next: "leave --config out" });
  }
  const listed = `${names.slice(0, 12).join(", ")}${names.length > 12 ? `, .. (${names.length})` : ""}`;
  const what = asked === undefined ? "has several configurations" : `has no configuration ${JSON.stringify(asked)}`;
  return new DatasetError(what, { where: `hub:${repository}`, next: `name one with --config: ${listed}` });
}

function createOdd(repository: string, what: string): DatasetError {
  return new DatasetError(`the hub ${what}`, {
    where: `hub:${repository}`,
    next: "try again later, or check HF_ENDPOINT",
  });
}
