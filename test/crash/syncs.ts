// R4, by replay of a recorded run: what must be on the disk when it counts. The intent of a call when it is sent, the
// file of a model when its row says so, and every file of the run whole or not there, whatever a power cut leaves.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { computeDigest } from "../../src/keys/digest.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { type Bill, booksName } from "../../src/providers/scripted/service.ts";
import { createDisk, type Way } from "./disk-image.ts";
import type { LaboratoryOptions, LaboratoryResult } from "./laboratory.ts";
import { createPlace, type Place } from "./processes.ts";
import { type Operation, recordRun } from "./recording.ts";

export interface SyncsResult extends LaboratoryResult {
  readonly sendCount: number;
  /** Syncs of the database's log. */
  readonly logSyncCount: number;
}

/** There are few renames and many ways in which one can be torn. */
const drawsByRename = 12;

/** Looks at the disk as it would be after a power cut. */
type Look = (way: Way, judge: (folder: string) => readonly string[]) => void;

export async function runSyncs({ folder, seed, start = {} }: LaboratoryOptions): Promise<SyncsResult> {
  const place = createPlace(folder, "recorded");
  const operations = await recordRun(place, start);
  const disk = createDisk(join(place.run, ".."), "books");
  const pathByHandle = new Map<number, string>();
  const violations: string[] = [];
  let images = 0;
  const look: Look = (way, judge) => {
    const target = join(folder, `image-${images}`);
    mkdirSync(target);
    disk.writeImage(target, { way, random: createRandom(computeSeed("syncs", seed, images++)) });
    violations.push(...judge(join(target, "run")));
    rmSync(target, { recursive: true });
  };
  const bills: Bill[] = [];
  let logSyncCount = 0;
  for (const operation of operations) {
    if (operation.kind === "open") pathByHandle.set(operation.handle, operation.path);
    const path = "handle" in operation ? pathByHandle.get(operation.handle) : undefined;
    if (operation.kind === "write" && path?.endsWith(booksName)) {
      bills.push(JSON.parse(String(operation.bytes)) as Bill);
      look("worst", (run) => findUnintended(run, bills));
    }
    disk.apply(operation);
    if (isTelling(operation)) look("worst", findMissingModels);
    if (operation.kind === "sync" && path?.endsWith("state.db-wal")) {
      logSyncCount += 1;
      look("worst", findMissingRecord);
    }
    if (operation.kind === "sync") look("random", (run) => findTorn(run, place));
    for (let draw = operation.kind === "rename" ? drawsByRename : 0; draw > 0; draw--) {
      look("random", (run) => findTorn(run, place));
    }
  }
  look("worst", (run) => findLeftOut(run, place));
  return { runs: 1, kills: images, faults: 0, violations, sendCount: bills.length, logSyncCount };
}

const isTelling = (operation: Operation): boolean => operation.kind === "write" && operation.handle === 1;

/** The call that goes out last must have its intent on the disk. */
function findUnintended(run: string, bills: readonly Bill[]): readonly string[] {
  const last = bills.at(-1) as Bill;
  const launches = bills.filter(({ call }) => call === "train").length;
  const intended = ask<number>(
    run,
    last.call === "train"
      ? "SELECT count(*) FROM attempt WHERE key = 'launch'"
      : `SELECT a.try_count FROM attempt a JOIN stage s ON s.id = a.stage_id WHERE s.key || '/' || a.key = '${last.id}'`,
  );
  const due = last.call === "train" ? launches : last.try;
  return (intended[0] ?? 0) >= due ? [] : [`${last.call} ${last.id} was sent before its intent was on the disk`];
}

/** A model that the database has is a file that is there. */
function findMissingModels(run: string): readonly string[] {
  return ask<string>(run, "SELECT artifact_sha256 FROM model")
    .filter((digest) => readDigest(join(run, "artifacts", digest)) !== digest)
    .map((digest) => `model ${digest} stands in the database and not on the disk`);
}

/** What a resume goes by is told in two files as well, which stand before it does. */
function findMissingRecord(run: string): readonly string[] {
  if (ask(run, "SELECT id FROM run").length === 0) return [];
  return ["experiment.yaml", "resolved.json"]
    .filter((name) => !existsSync(join(run, name)))
    .map((name) => `the run stands in the database and ${name} not on the disk`);
}

/** Whatever is there under its own name is what was meant. */
function findTorn(run: string, place: Place): readonly string[] {
  return listFiles(run)
    .filter((name) => readDigest(join(run, name)) !== readDigest(join(place.run, name)))
    .map((name) => `${name} is there and not whole`);
}

function findLeftOut(run: string, place: Place): readonly string[] {
  const there = new Set(listFiles(run));
  const missing = listFiles(place.run).filter((name) => !there.has(name));
  return [...missing.map((name) => `${name} is not on the disk at the end`), ...findTorn(run, place)];
}

/** All but the database, the lock and what is on its way to its name. */
function listFiles(run: string): readonly string[] {
  if (!existsSync(run)) return [];
  return readdirSync(run, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(state\.db|lock\.)|\.tmp$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(run.length + 1));
}

function readDigest(path: string): string | undefined {
  return existsSync(path) ? computeDigest(readFileSync(path)) : undefined;
}

/** The first column of what a database in an image answers. */
function ask<Value>(run: string, sql: string): readonly Value[] {
  const connection = new Database(join(run, "state.db"));
  try {
    // Before the migration is on the disk there is nothing to be asked.
    if (connection.pragma("user_version", { simple: true }) === 0) return [];
    return connection.prepare<[], Value>(sql).pluck().all();
  } finally {
    connection.close();
  }
}
