// A hub of data sets on loopback, and beside it, on another port and so another origin, the store that it keeps large files
// in. What a real one does wrong is asked for by fault; every request is kept, with the token it carried.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ending } from "./temporary-folder.ts";

/**
 * busy: 429 twice for every address. cut: the store ends the connection half-way. short: it ends a chunked body half-way,
 * like one that is whole. wrong: it sends other bytes. wrong-once: it does so the first time. stall: it stops half-way.
 * gated: files are for the token `hf_good` alone. long: it sends more than it listed. ignores-range: always the whole file.
 * slow: pieces with pauses, so that there is time for a kill.
 */
export type HubFault =
  | "busy"
  | "cut"
  | "short"
  | "wrong"
  | "wrong-once"
  | "stall"
  | "gated"
  | "long"
  | "ignores-range"
  | "slow";

export type Branches = Readonly<Record<string, Readonly<Record<string, Buffer | string>>>>;

export interface HubRepository {
  /** Files by branch; `refs/convert/parquet` is the hub's own conversion. */
  readonly branches: Branches;
  readonly fault?: HubFault;
  readonly tags?: readonly string[];
}

export interface HubRequestSeen {
  readonly at: "hub" | "store";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Milliseconds, monotonic. */
  readonly time: number;
}

export interface HubServer {
  readonly endpoint: string;
  readonly seen: readonly HubRequestSeen[];
  /** Bytes of files that have left the store. */
  readonly sentBytes: () => number;
  commit(repository: string, branch?: string): string;
  /** Lets later requests be answered as a sound hub does. */
  heal(repository: string): void;
}

interface Entry {
  readonly path: string;
  readonly bytes: Buffer;
  readonly oid: string;
  readonly sha256: string | undefined;
}

interface Commit {
  readonly branch: string;
  readonly sha: string;
  readonly entries: readonly Entry[];
}

const digest = (kind: string, bytes: Buffer | string): string => createHash(kind).update(bytes).digest("hex");
/** Files from this size on are kept in the store. */
const largeBytes = 1000;

export async function startHub(
  context: Ending,
  repositories: Readonly<Record<string, HubRepository>>,
): Promise<HubServer> {
  const seen: HubRequestSeen[] = [];
  const commits = new Map(Object.entries(repositories).map(([name, { branches }]) => [name, createCommits(branches)]));
  const faults = new Map(Object.entries(repositories).map(([name, { fault }]) => [name, fault]));
  const state = { sent: 0, hits: new Map<string, number>() };
  const note = (at: "hub" | "store", { url = "", headers }: IncomingMessage): void => {
    seen.push({ at, path: url, range: headers.range, authorization: headers.authorization, time: performance.now() });
  };
  const store = await listen(context, (request, response) => {
    note("store", request);
    sendStored(request, response, { commits, faults, state });
  });
  const hub = await listen(context, (request, response) => {
    note("hub", request);
    answer(request, response, {
      commits,
      faults,
      state,
      store,
      hub: `http://${request.headers.host}`,
      tags: (name) => repositories[name]?.tags ?? [],
    });
  });
  return {
    endpoint: hub,
    seen,
    sentBytes: () => state.sent,
    commit: (name, branch = "main") => commits.get(name)!.find((commit) => commit.branch === branch)!.sha,
    heal: (name) => void faults.delete(name),
  };
}

function createCommits(branches: Branches): readonly Commit[] {
  return Object.entries(branches).map(([branch, files]) => {
    const entries = Object.entries(files).map(([path, content]): Entry => {
      const bytes = Buffer.from(content as string);
      const isLarge = bytes.length >= largeBytes || path.endsWith(".parquet");
      const oid = digest("sha1", Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
      return { path, bytes, oid, sha256: isLarge ? digest("sha256", bytes) : undefined };
    });
    return {
      branch,
      sha: digest("sha1", branch + JSON.stringify(entries.map(({ path, oid }) => [path, oid]))),
      entries,
    };
  });
}

async function listen(context: Ending, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Shelf {
  readonly commits: ReadonlyMap<string, readonly Commit[]>;
  readonly faults: ReadonlyMap<string, HubFault | undefined>;
  readonly state: { sent: number; readonly hits: Map<string, number> };
}

interface Desk extends Shelf {
  readonly store: string;
  readonly hub: string;
  tags(name: string): readonly string[];
}

function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): unknown {
  const url = new URL(request.url ?? "", desk.hub);
  const match = /^\/(?:api\/)?datasets\/([^/]+\/[^/]+)(?:\/(tree|revision|resolve|parquet)\/?(.*))?$/.exec(
    decodeURIComponent(url.pathname),
  );
  const [, name = "", verb = "", rest = ""] = match ?? [];
  const all = desk.commits.get(name);
  if (all === undefined) return refuse(response, request.headers.authorization ? 404 : 401, "RepoNotFound");
  const fault = desk.faults.get(name);
  if (fault === "busy") {
    const hits = (desk.state.hits.get(url.href) ?? 0) + 1;
    desk.state.hits.set(url.href, hits);
    if (hits <= 2)
      return refuse(response, 429, "", hits === 1 ? { "retry-after": "1" } : { ratelimit: '"api";r=0;t=1' });
  }
  if (fault === "gated" && verb === "resolve" && request.headers.authorization !== "Bearer hf_good") {
    return refuse(response, request.headers.authorization ? 403 : 401, "GatedRepo");
  }
  if (verb === "parquet") return listParquet(response, all, { name, hub: desk.hub });
  const [commit, path] = findCommit(all, rest);
  if (commit === undefined) return refuse(response, 404, "RevisionNotFound");
  if (verb === "revision")
    return send(response, {
      _id: "1",
      id: name,
      sha: commit.sha,
      private: false,
      gated: false,
      downloads: 0,
      likes: 0,
      lastModified: "2026-01-01T00:00:00.000Z",
      tags: desk.tags(name),
    });
  if (verb === "tree") return listTree(response, commit, url);
  const entry = commit.entries.find((one) => one.path === path);
  if (entry === undefined) return refuse(response, 404, "EntryNotFound");
  if (entry.sha256 === undefined) return sendRange(request, response, { bytes: entry.bytes, shelf: desk });
  const encoded = [name, commit.sha, ...path.split("/")]
    .map((part) => part.split("/").map(encodeURIComponent).join("/"))
    .join("/");
  response.writeHead(302, { location: `${desk.store}/${encoded}?signature=abc` });
  return response.end();
}

/** The longest beginning of the path that is a branch or a commit, and what is left. */
function findCommit(all: readonly Commit[], rest: string): readonly [Commit | undefined, string] {
  const parts = rest.split("/");
  for (let count = parts.length; count > 0; count--) {
    const revision = parts.slice(0, count).join("/");
    const found = all.find(
      ({ branch, sha }) => sha === revision || branch === (revision === "HEAD" ? "main" : revision),
    );
    if (found !== undefined) return [found, parts.slice(count).join("/")];
  }
  return [undefined, ""];
}

/** Two entries a page, so that nobody can do without the next one. */
function listTree(response: ServerResponse, commit: Commit, url: URL): unknown {
  const at = Number(url.searchParams.get("cursor") ?? 0);
  const entries = commit.entries.map(({ path, bytes, oid, sha256 }) => ({
    type: "file",
    path,
    size: bytes.length,
    oid,
    ...(sha256 === undefined ? {} : { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } }),
  }));
  const next = new URL(url);
  next.searchParams.set("cursor", String(at + 2));
  const link = at + 2 < entries.length ? { link: `<${next.href}>; rel="next"` } : {};
  return send(response, entries.slice(at, at + 2), link);
}

function listParquet(
  response: ServerResponse,
  all: readonly Commit[],
  { name, hub }: { readonly name: string; readonly hub: string },
): unknown {
  const converted = all.find(({ branch }) => branch === "refs/convert/parquet");
  if (converted === undefined) return refuse(response, 404, "");
  const listed: Record<string, Record<string, string[]>> = {};
  for (const { path } of converted.entries) {
    const [config = "", split = "", file = ""] = path.split("/");
    const plain = split.replace(/^partial-/, "");
    listed[config] ??= {};
    listed[config][plain] ??= [];
    listed[config][plain].push(`${hub}/api/datasets/${name}/parquet/${config}/${split}/${file}`);
  }
  return send(response, listed);
}

function sendStored(request: IncomingMessage, response: ServerResponse, shelf: Shelf): unknown {
  const [, owner, repository, sha, ...rest] = decodeURIComponent(
    new URL(request.url ?? "", "http://store").pathname,
  ).split("/");
  const name = `${owner}/${repository}`;
  const commit = shelf.commits.get(name)?.find((one) => one.sha === sha);
  const bytes = commit?.entries.find(({ path }) => path === rest.join("/"))?.bytes;
  // The real store takes one kind of proof: the signature in the address.
  if (bytes === undefined || request.headers.authorization !== undefined) return refuse(response, 400, "");
  sendRange(request, response, { bytes, shelf, fault: shelf.faults.get(name) });
}

interface Sent {
  readonly bytes: Buffer;
  readonly shelf: Shelf;
  readonly fault?: HubFault | undefined;
}

function sendRange(request: IncomingMessage, response: ServerResponse, { bytes, shelf, fault }: Sent): unknown {
  const isAgain = shelf.state.hits.has(`sent ${request.url}`);
  shelf.state.hits.set(`sent ${request.url}`, 1);
  const asked = fault === "ignores-range" ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const start = asked === null ? 0 : Number(asked[1]);
  const isWrong = fault === "wrong" || (fault === "wrong-once" && !isAgain);
  const body = (isWrong ? Buffer.alloc(bytes.length, 7) : bytes).subarray(start);
  const half = body.subarray(0, Math.max(1, body.length >> 1));
  const head = {
    "accept-ranges": "bytes",
    ...(asked === null ? {} : { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  };
  const status = asked === null ? 200 : 206;
  shelf.state.sent += body.length;
  if (fault === "short" || fault === "long") {
    response.writeHead(status, head);
    return response.end(fault === "short" ? half : Buffer.concat([body, body]));
  }
  response.writeHead(status, { ...head, "content-length": body.length });
  if (fault === "slow") return sendSlowly(response, body);
  if (fault !== "cut" && fault !== "stall") return void response.end(body);
  response.write(half);
  if (fault === "cut") setTimeout(() => response.destroy(), 20);
}

function sendSlowly(response: ServerResponse, body: Buffer): void {
  const step = Math.ceil(body.length / 50);
  let at = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + step));
    at += step;
    if (at < body.length) return;
    clearInterval(timer);
    response.end();
  }, 20);
  response.on("close", () => clearInterval(timer));
}

function send(response: ServerResponse, body: unknown, headers: Readonly<Record<string, string>> = {}): unknown {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  return response.end(JSON.stringify(body));
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  response.writeHead(status, { "content-type": "application/json", "x-error-code": code, ...headers });
  return response.end(JSON.stringify({ error: "refused" }));
}
