// What Refeed stands on, looked at one by one: Node, SQLite, the disk where runs are written, the machine, the base
// model. Everything it knows of the process is handed to it.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { RefeedError } from "../errors.ts";
import { createOk, createProblem, createWarning, type Finding } from "../store/inspection/finding.ts";

export interface Machine {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly coreCount: number;
  readonly freeMemory: number;
  readonly totalMemory: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export async function* inspectSurroundings(machine: Machine, runs: string): AsyncGenerator<Finding> {
  yield inspectNode(machine.nodeVersion);
  yield await inspectDatabaseEngine();
  yield await inspectWorkers();
  yield inspectMachine(machine);
  yield inspectClock(machine.now);
  // The folder of runs is made by the first run: until then its parent is where it will lie.
  let place = runs;
  while (!existsSync(place)) place = dirname(place);
  yield* inspectDisk(place);
  yield await inspectBase();
}

const upgrade = "npm install node@24 beside refeed, or use the pinned one: npm run -s refeed -- <verb>";

function inspectNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    return createProblem("node", { what: `runs on ${version}, needs 22.18 or newer`, next: upgrade });
  }
  if (major !== 24) return createWarning("node", { what: `runs on ${version}; 24 is the pinned one`, next: upgrade });
  return createOk("node", `${version}`);
}

/** The first version past the race in which a checkpoint and a writer damage a database in WAL. */
const firstSafe = 30_52_001;

async function inspectDatabaseEngine(): Promise<Finding> {
  try {
    const { readEngineVersion } = await import("../store/inspection/engine.ts");
    const version = readEngineVersion();
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    if (major * 10_000_000 + minor * 1000 + patch >= firstSafe)
      return createOk("sqlite", `${version}, it loads and answers`);
    const what = `${version} may damage a database that is read and written at once`;
    return createProblem("sqlite", { what, next: "npm install better-sqlite3@13 in the place refeed is installed in" });
  } catch (error) {
    const what = `better-sqlite3 does not load: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
    return createProblem("sqlite", {
      what,
      next: "npm rebuild better-sqlite3, or npm ci, with the Node that runs refeed",
    });
  }
}

async function inspectWorkers(): Promise<Finding> {
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true, env: {} });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    worker.once("message", resolve);
    worker.once("error", reject);
    await promise;
    return createOk("threads", "worker threads start");
  } catch (error) {
    const what = `worker threads do not start: ${error instanceof Error ? error.message : String(error)}`;
    return createProblem("threads", { what, next: "raise the limit of processes or threads of this user" });
  } finally {
    await worker.terminate();
  }
}

const leastMemory = 1e9;

function inspectMachine({ coreCount, freeMemory, totalMemory, platform }: Machine): Finding {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const what = `${platform}, ${coreCount} cores, ${gigabytes(freeMemory)} of ${gigabytes(totalMemory)} memory free`;
  if (freeMemory >= leastMemory) return createOk("machine", what);
  return createWarning("machine", { what, next: "close other programs before a run" });
}

/** A clock before the day this was written is wrong, and so is one far ahead: times are records only, nothing hangs on them. */
const earliest = Date.UTC(2026, 0, 1);
const latest = Date.UTC(2100, 0, 1);

function inspectClock(now: number): Finding {
  const shown = new Date(now).toISOString();
  if (now >= earliest && now < latest) return createOk("clock", shown);
  return createWarning("clock", { what: `says ${shown}: the times of runs will be wrong`, next: "set the clock" });
}

/** Magic numbers of statfs(2) for file systems whose locks and syncs reach over a network. */
const networkNames: Readonly<Record<number, string>> = {
  26985: "NFS",
  20859: "SMB",
  4283649346: "CIFS",
  4266872130: "SMB2",
  16914839: "9P",
  1702057286: "FUSE",
  1397113167: "AFS",
  12805120: "Ceph",
  198183888: "Lustre",
  1196443219: "GPFS",
};

const leastDisk = 1e9;

async function* inspectDisk(place: string): AsyncGenerator<Finding> {
  const { type, bavail, bsize, ffree, files } = await statfs(place);
  const free = bavail * bsize;
  const what = `${(free / 1e9).toFixed(1)} GB free`;
  if (free < leastDisk || (files > 0 && ffree < 1000)) {
    const told = ffree < 1000 && files > 0 ? `${ffree} files more can be made` : what;
    yield createWarning("disk", {
      what: told,
      where: place,
      next: "free some space, or name another folder with --run",
    });
  } else yield { ...createOk("disk", what), where: place };
  const network = networkNames[type];
  if (network === undefined) yield createOk("file system", `local (type 0x${type.toString(16)})`);
  else {
    const told = `is ${network}: the lock of a run and the syncs of its database may not hold there`;
    yield createWarning("file system", { what: told, where: place, next: "keep runs on a local disk, with --run" });
  }
  yield await inspectWriting(place);
}

async function inspectWriting(place: string): Promise<Finding> {
  const file = join(place, `.refeed-doctor-${randomUUID()}`);
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.write("refeed");
      await handle.sync();
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
    return createOk("writing", "files can be made and synced");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const next = "check its permissions, or name another folder with --run";
    return createProblem("writing", { what: `a file cannot be made and synced (${code})`, where: place, next });
  }
}

async function inspectBase(): Promise<Finding> {
  const { readBase } = await import("../embedded/base.ts");
  try {
    const { model } = await readBase("embedded:newswire");
    return createOk("base model", `embedded:newswire, sha256 ${model.digest.slice(0, 12)}`);
  } catch (error) {
    if (!(error instanceof RefeedError)) throw error;
    const next = "install refeed again; refeed base trains it anew and compares digests";
    return createProblem("base model", { what: error.what, where: error.where ?? "models", next });
  }
}
