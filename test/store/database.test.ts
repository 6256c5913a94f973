import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { StoreError } from "../../src/errors.ts";
import { openReader, openWriter } from "../../src/store/database.ts";
import { migrations } from "../../src/store/schema.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

test("every connection has the effective pragmas, reopened ones too", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  for (let time = 0; time < 2; time++) {
    const connection = openWriter(file);
    assert.equal(connection.pragma("journal_mode", { simple: true }), "wal");
    assert.equal(connection.pragma("synchronous", { simple: true }), 2, "FULL");
    assert.equal(connection.pragma("foreign_keys", { simple: true }), 1);
    assert.equal(connection.pragma("trusted_schema", { simple: true }), 0);
    assert.equal(connection.pragma("user_version", { simple: true }), migrations.length);
    connection.close();
  }
});

test("SQLite is past the WAL-reset race", () => {
  const connection = new Database(":memory:");
  const version = connection.prepare<[], string>("SELECT sqlite_version()").pluck().get() as string;
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  assert.ok(major * 10000 + minor * 100 + patch >= 35201, version);
  connection.close();
});

test("a newer schema is refused by writer and reader, and is left as it is", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  const connection = openWriter(file);
  connection.pragma("user_version = 999");
  connection.close();
  const expected = { message: `${file}: has schema version 999, this refeed knows only up to ${migrations.length}` };
  assert.throws(() => openWriter(file), expected);
  assert.throws(
    () => openReader(file),
    (error) => error instanceof StoreError && /use the refeed that wrote it/.test(error.next ?? ""),
  );
});

test("a file that is no database is refused in one line", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  writeFileSync(file, "this is a text file and no database at all, long enough to be looked at".repeat(40));
  assert.throws(() => openWriter(file), { message: `${file}: is damaged or no run database` });
});

test("a reader of a missing file says so", (context) => {
  const folder = createTemporaryFolder(context);
  assert.throws(() => openReader(join(folder, "state.db")), { message: `${folder}: there is no run here` });
});

/** Tables others refer to whose rows are ever removed: those of a torn import. Attempts and stages stay. */
const removedTables = ["dataset_row"];

interface Reference {
  readonly id: number;
  readonly table: string;
  readonly from: string;
}

test("what is removed is looked for by index: no row that refers to it is found by reading all", (context) => {
  const connection = openWriter(join(createTemporaryFolder(context), "state.db"));
  context.after(() => void connection.close());
  const tables = connection
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .pluck()
    .all();
  const references = tables.flatMap((table) => {
    const list = connection.pragma(`foreign_key_list(${table})`) as readonly Reference[];
    const ofRows = list.filter((key) => removedTables.includes(key.table));
    return [...Map.groupBy(ofRows, ({ id }) => id).values()].map((keys) => ({
      table,
      from: keys.map(({ from }) => from),
    }));
  });
  assert.ok(references.length > 0);
  for (const { table, from } of references) {
    const where = from.map((column) => `${column} = 1`).join(" AND ");
    const [step] = connection.prepare(`EXPLAIN QUERY PLAN SELECT 1 FROM ${table} WHERE ${where}`).all() as readonly {
      readonly detail: string;
    }[];
    const wanted = from.map((column) => `${column}=?`).join(" AND ");
    assert.ok(step?.detail.endsWith(`(${wanted})`), `${table}: ${step?.detail}`);
    assert.match(step?.detail ?? "", /^SEARCH .* USING (COVERING )?INDEX/, table);
  }
});

test("a run killed while its database was made is empty, not damaged, and can be started", async (context) => {
  const folder = createTemporaryFolder(context);
  const torn = new Database(join(folder, "torn.db"));
  torn.exec("CREATE TABLE line (text)");
  torn.exec("PRAGMA cache_size = 1; BEGIN; INSERT INTO line VALUES (randomblob(300000))");
  const directory = join(folder, "run");
  mkdirSync(directory, { mode: 0o700 });
  for (const suffix of ["", "-journal"]) {
    copyFileSync(join(folder, `torn.db${suffix}`), join(directory, `state.db${suffix}`));
    chmodSync(join(directory, `state.db${suffix}`), 0o600);
  }
  torn.close();
  assert.throws(() => openReader(join(directory, "state.db")), /holds no run yet/);
});
