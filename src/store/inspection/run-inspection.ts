// Looks through a whole run folder and changes nothing in it: files, lock, database, record, stages, rows, artifacts.
// A run that is at work may be looked at; what it has not finished is then left out.

import { join } from "node:path";
import { RefeedError } from "../../errors.ts";
import type { Json } from "../../keys/canonical.ts";
import { type Connection, openReader, toStoreError } from "../database.ts";
import { damagedLockAdvice, readHolder, readLockState } from "../lock.ts";
import { databaseName } from "../run-folder.ts";
import { isDiskRefusal } from "../system-fault.ts";
import { readResolved } from "../witness/resolved.ts";
import { inspectArtifacts, inspectFolder, inspectProjections } from "./file-findings.ts";
import { createOk, createProblem, createWarning, type Finding } from "./finding.ts";
import { inspectStages } from "./stage-findings.ts";
import { inspectStructure } from "./structure-check.ts";

export interface InspectionOptions {
  readonly signal: AbortSignal;
  /** Rows read of those there are. */
  readonly report: (doneCount: number, totalCount: number) => void;
}

/** Mends an index that disagrees with its table; VACUUM INTO would copy it as it is. */
const reindex = `node -e "new (require('node:sqlite').DatabaseSync)('${databaseName}').exec('REINDEX')"`;

const rebuild =
  `copy the folder first, then rebuild the indexes in it: ${reindex}; where that fails, restore the folder from a copy, ` +
  "or run its experiment.yaml into a new folder: --run <folder>";

/** Finds what is wrong with a run's folder, most basic things first; where the database cannot be read it ends there. */
export async function* inspectRun(directory: string, options: InspectionOptions): AsyncGenerator<Finding> {
  const file = join(directory, databaseName);
  yield* inspectFolder(directory);
  const isAlive = yield* inspectLock(directory);
  let connection: Connection | undefined;
  try {
    connection = openReader(file);
    yield createOk("database", `schema version ${connection.pragma("user_version", { simple: true })}`);
    const damage = await inspectStructure(file, options.signal);
    for (const what of damage) yield createProblem("database", { what, where: databaseName, next: rebuild });
    if (damage.length === 0) yield createOk("database", "every page, index and reference is whole");
    yield* inspectContent({ directory, connection, ...options }, isAlive);
  } catch (error) {
    const told = toStoreError(error, file);
    if (!(told instanceof RefeedError) || told.code !== "store") throw error;
    const isRefused = isDiskRefusal(String((told.cause as { code?: unknown })?.code));
    const next = isRefused || told.cause === undefined ? (told.next ?? rebuild) : rebuild;
    yield createProblem("database", { what: told.what, where: databaseName, next });
  } finally {
    connection?.close();
  }
}

function* inspectLock(directory: string): Generator<Finding, boolean> {
  const state = readLockState(directory);
  const holder = state === "held" ? readHolder(directory) : "";
  if (state === "damaged") {
    yield createProblem("lock", { what: "is damaged", where: "lock.db", next: damagedLockAdvice });
  } else if (state === "free") yield createOk("lock", "no process is at work");
  else yield createOk("lock", `a process is at work (${holder}): what it has not finished is left out`);
  return state === "held";
}

async function* inspectContent(
  work: InspectionOptions & { readonly directory: string; readonly connection: Connection },
  isAlive: boolean,
): AsyncGenerator<Finding> {
  const { connection, directory } = work;
  const resolved = yield* inspectRecord(connection);
  const state = connection.prepare<[], string>("SELECT state FROM run").pluck().get();
  if (resolved !== undefined) yield* inspectProjections(directory, resolved, state === "done");
  yield* inspectStages(work, isAlive);
  if (!isAlive) yield* inspectAttempts(connection);
  yield* inspectArtifacts(work, isAlive);
}

function* inspectRecord(connection: Connection): Generator<Finding, Json | undefined> {
  try {
    const resolved = readResolved(connection);
    if (resolved !== undefined) yield createOk("record", "the record a resume goes by is as it was written");
    else yield createWarning("record", { what: "holds no run yet", next: "start it again with refeed run" });
    return resolved;
  } catch (error) {
    if (!(error instanceof RefeedError)) throw error;
    const next = "refeed run <folder>/experiment.yaml --run <folder> writes it anew";
    yield createProblem("record", { what: error.what, where: databaseName, next });
    return undefined;
  }
}

/** What a dead process had sent and never got an answer to. */
function* inspectAttempts(connection: Connection): Generator<Finding> {
  const open = connection
    .prepare<[], { readonly outside: number; readonly inside: number }>(
      `SELECT count(*) FILTER (WHERE is_outside = 1) AS outside, count(*) FILTER (WHERE is_outside = 0) AS inside
       FROM attempt WHERE state IN ('planned', 'sent', 'unknown')`,
    )
    .get() as { readonly outside: number; readonly inside: number };
  if (open.outside > 0) {
    const what = `${open.outside} attempts were sent and have no answer: sent again, they may be paid twice`;
    yield createWarning("attempts", { what, next: "refeed resume sends them again and counts them" });
  } else yield createOk("attempts", open.inside > 0 ? `${open.inside} torn off, to be done again` : "none is open");
}
