// Whether a database is whole: every page, every index against its table, every reference. It reads through a
// connection of its own and knows nothing of what the rows mean.

import Database from "better-sqlite3";
import { isDiskRefusal } from "../system-fault.ts";

/** What is wrong, one sentence each; empty where the database is whole. */
export function findStructureDamage(file: string): readonly string[] {
  let connection: Database.Database | undefined;
  try {
    connection = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    return [...findBrokenPages(connection), ...findOrphans(connection)];
  } catch (error) {
    // A disk that refuses to be read says nothing of what is on it.
    if (!(error instanceof Database.SqliteError) || isDiskRefusal(error.code)) throw error;
    return [`SQLite cannot read it: ${error.message} (${error.code})`];
  } finally {
    connection?.close();
  }
}

/** More would only repeat the tale. */
const toldProblems = 20;

/** The whole check, not the quick one: an index that disagrees with its table loses rows, at a fifth more time. */
function findBrokenPages(connection: Database.Database): readonly string[] {
  const told = connection.prepare<[], string>(`PRAGMA integrity_check(${toldProblems})`).pluck().all();
  return told.length === 1 && told[0] === "ok" ? [] : told.map((line) => line.replaceAll("\n", " "));
}

function findOrphans(connection: Database.Database): readonly string[] {
  const orphans = connection.pragma("foreign_key_check") as readonly {
    readonly table: string;
    readonly parent: string;
  }[];
  const countByPair = new Map<string, number>();
  for (const { table, parent } of orphans) {
    const pair = `${table} refer to no ${parent}`;
    countByPair.set(pair, (countByPair.get(pair) ?? 0) + 1);
  }
  return [...countByPair].map(([pair, count]) => `${count} rows of ${pair}`);
}
