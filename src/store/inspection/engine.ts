// Which SQLite it is that runs are kept by.

import Database from "better-sqlite3";

export function readEngineVersion(): string {
  const connection = new Database(":memory:");
  try {
    return connection.prepare<[], string>("SELECT sqlite_version()").pluck().get() as string;
  } finally {
    connection.close();
  }
}
