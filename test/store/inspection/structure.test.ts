import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openWriter } from "../../../src/store/database.ts";
import { findStructureDamage } from "../../../src/store/inspection/structure.ts";
import { inspectStructure } from "../../../src/store/inspection/structure-check.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

function createDatabase(file: string, rows: number): void {
  const connection = openWriter(file);
  const insert = connection.prepare(
    "INSERT INTO stage (key, kind, version, parameters, inputs, state) VALUES (?, 'sample', 1, ?, '[]', 'new')",
  );
  const parameters = "p".repeat(4000);
  connection.transaction(() => {
    for (let row = 0; row < rows; row++) insert.run(`key ${row}`, parameters);
  })();
  connection.pragma("wal_checkpoint(TRUNCATE)");
  connection.close();
}

/** Flips a bit of the last key in the index of stage keys. */
function breakIndex(file: string): void {
  const connection = new Database(file);
  const root = connection
    .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_stage_1'")
    .pluck()
    .get() as number;
  const size = connection.pragma("page_size", { simple: true }) as number;
  connection.close();
  const bytes = readFileSync(file);
  const place = root * size - 4;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  writeFileSync(file, bytes);
}

test("an index that disagrees with its table is found, which quick_check passes over, and REINDEX mends it", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  createDatabase(file, 20);
  assert.deepEqual(findStructureDamage(file), []);
  breakIndex(file);
  assert.match(findStructureDamage(file).join("\n"), /missing from index sqlite_autoindex_stage_1/);
  const connection = new Database(file);
  assert.equal(connection.pragma("quick_check", { simple: true }), "ok");
  connection.exec("REINDEX");
  connection.close();
  assert.deepEqual(findStructureDamage(file), []);
});

test("a large database is looked through on a thread, with the same answer", async (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  createDatabase(file, 4200);
  assert.deepEqual(await inspectStructure(file), []);
  const connection = new Database(file);
  connection.pragma("foreign_keys = OFF");
  connection.exec("INSERT INTO turn VALUES ('a', 0, 0, 0, 99999)");
  connection.close();
  assert.deepEqual(await inspectStructure(file), ["1 rows of turn refer to no stage"]);
  const stop = new AbortController();
  const asked = inspectStructure(file, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(asked, /enough/);
});

test("what is no database is told, not thrown", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  writeFileSync(file, "no database".repeat(500));
  assert.deepEqual(findStructureDamage(file), ["SQLite cannot read it: file is not a database (SQLITE_NOTADB)"]);
});
