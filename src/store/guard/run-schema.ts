// Whether a database holds the tables of a run and nothing else. A run's folder may come from anybody: a view, a
// trigger or a generated column in it would be somebody else's code, run by our reading.

import Database from "better-sqlite3";
import { StoreError } from "../../errors.ts";
import { migrations } from "../schema.ts";

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** SQLite's own statistics, which ANALYZE leaves behind, are data. */
const readSchema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite^_stat%' ESCAPE '^'";

/** Throws StoreError where the schema is not exactly that of its version. */
export function validateSchema(connection: Database.Database, file: string, version: number): void {
  const expected = readExpected(version);
  const found = connection.prepare<[], SchemaRow>(readSchema).all();
  const odd = found.find(({ type, name, sql }) => expected.get(`${type} ${name}`) !== (sql ?? ""));
  const known = new Set(found.map(({ type, name }) => `${type} ${name}`));
  const missing = [...expected.keys()].find((each) => !known.has(each));
  if (odd === undefined && missing === undefined) return;
  const what = odd === undefined ? `lacks the ${missing}` : `the ${odd.type} ${odd.name} is not Refeed's`;
  throw new StoreError(`is no run database: ${what}`, {
    where: file,
    next: "restore the run folder from a copy, or name another folder with --run",
  });
}

const expectedByVersion = new Map<number, ReadonlyMap<string, string>>();

/** What the migrations up to a version make, made once in memory. */
function readExpected(version: number): ReadonlyMap<string, string> {
  const known = expectedByVersion.get(version);
  if (known) return known;
  const connection = new Database(":memory:");
  try {
    for (const migration of migrations.slice(0, version)) connection.exec(migration);
    const rows = connection.prepare<[], SchemaRow>(readSchema).all();
    const expected = new Map(rows.map(({ type, name, sql }) => [`${type} ${name}`, sql ?? ""]));
    expectedByVersion.set(version, expected);
    return expected;
  } finally {
    connection.close();
  }
}
