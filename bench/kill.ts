// A sampler that is killed at half of its work, by the books of the server it asked: what of the answered rows is paid for
// again when it goes on, what of those in flight, and, of ours, whether every request had its intent on the disk.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type PeerRequest, startPeer } from "./curator-peer.ts";
import { type Server, startServer } from "./sampling.bench.ts";
import type { SamplingOptions } from "./sampling-run.ts";

export interface KillFigures {
  /** Rows that were answered before the kill and asked for again after it. */
  readonly answeredAgain: number;
  /** Requests under way at the kill, and those of them that were asked again. */
  readonly inFlight: number;
  readonly inFlightAgain: number;
}

export interface OwnKillFigures extends KillFigures {
  /** Requests that had come to the server without an intent on the disk. */
  readonly withoutIntent: number;
  /** What the run itself says may have been paid twice. */
  readonly shown: number;
  readonly rows: number;
}

const count = 10_000;
/** A minute: 470 a second. */
const requests = 28_200;
const concurrency = 512;

/** Kills our own run at half, looks at its ledger, and lets it go on. */
export async function killOurs(program: string, folder: string): Promise<OwnKillFigures> {
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "server.log");
  const server = await startServer(["512", "50", log, String(count / 2)]);
  const directory = join(folder, "run");
  const output = join(folder, "out.json");
  const options: SamplingOptions = {
    directory,
    count,
    urls: [server.url],
    concurrency,
    warmAfter: 1000,
    requests,
    output,
  };
  const start = (kind: string) =>
    spawn(process.execPath, [program, kind, JSON.stringify(options)], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    await ended(start("prepare"));
    const child = start("sample");
    await told(server, child);
    const killedMs = Date.now();
    child.kill("SIGKILL");
    await closed(child);
    await settled();
    const before = readBooks(log, killedMs);
    const intended = readLedger(directory).keys;
    await ended(start("sample"));
    const { shown, rows } = readLedger(directory);
    const withoutIntent = [...before.asked].filter((id) => !intended.has(`0/${id}`)).length;
    return { ...compare(before, readBooks(log)), withoutIntent, shown, rows };
  } finally {
    server.child.kill();
  }
}

/** The same with the peer, which keeps its answers in its own folder. */
export async function killPeer(folder: string): Promise<KillFigures> {
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "server.log");
  const server = await startServer(["512", "50", log, String(count / 2)]);
  const request = { url: server.url, count, concurrency, requests, folder: join(folder, "cache") };
  try {
    const child = startUnheard(request);
    await told(server, child);
    const killedMs = Date.now();
    child.kill("SIGKILL");
    await closed(child);
    await settled();
    const before = readBooks(log, killedMs);
    await closed(startUnheard(request));
    return compare(before, readBooks(log));
  } finally {
    server.child.kill();
  }
}

/** It says a lot, and stands still where nobody takes it. */
function startUnheard(request: PeerRequest): ChildProcess {
  const child = startPeer(request);
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}

interface Books {
  readonly asked: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
  /** How often each was asked. */
  readonly countById: ReadonlyMap<string, number>;
}

/** A dying process keeps its connections for a while: what is answered after the kill was under way at it. */
function readBooks(log: string, killedMs = Number.POSITIVE_INFINITY): Books {
  const asked = new Set<string>();
  const answered = new Set<string>();
  const countById = new Map<string, number>();
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const [kind, id, ms] = line.split(" ");
    if (id === undefined) continue;
    if (kind === "answered" && Number(ms) <= killedMs) answered.add(id);
    if (kind === "answered") continue;
    asked.add(id);
    countById.set(id, (countById.get(id) ?? 0) + 1);
  }
  return { asked, answered, countById };
}

function compare(before: Books, after: Books): KillFigures {
  const isAgain = (id: string): boolean => (after.countById.get(id) ?? 0) > (before.countById.get(id) ?? 0);
  const inFlight = [...before.asked].filter((id) => !before.answered.has(id));
  return {
    answeredAgain: [...before.answered].filter(isAgain).length,
    inFlight: inFlight.length,
    inFlightAgain: inFlight.filter(isAgain).length,
  };
}

function readLedger(directory: string) {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const keys = new Set(connection.prepare<[], string>("SELECT key FROM attempt WHERE is_outside = 1").pluck().all());
  const shown = connection
    .prepare<[], number>("SELECT coalesce(sum(repeat_count), 0) FROM attempt")
    .pluck()
    .get() as number;
  const rows = connection.prepare<[], number>("SELECT count(*) FROM candidate").pluck().get() as number;
  connection.close();
  return { keys, shown, rows };
}

/** Half of the requests are answered; rejects where the sampler has ended before. */
const told = ({ child }: Server, sampler: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    sampler.once("close", (code) => reject(new Error(`the sampler ended with ${code} before it was killed`)));
    child.stdout?.on("data", (data) => {
      if (String(data).includes("told")) resolve();
    });
  });

const closed = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once("close", resolve);
  });

async function ended(child: ChildProcess): Promise<void> {
  const code = await closed(child);
  if (code !== 0) throw new Error(`the run ended with ${code}`);
}

/** What was under way at the kill has come to its end at the server. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
