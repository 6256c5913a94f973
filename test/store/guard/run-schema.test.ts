import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openReader, openWriter } from "../../../src/store/database.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

test("what ANALYZE leaves behind is no reason to refuse a run", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  const connection = openWriter(file);
  connection.exec("INSERT INTO event (at_ms, kind, detail) VALUES (1, 'a', '{}'); ANALYZE");
  assert.ok(connection.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").pluck().get());
  connection.close();
  openReader(file).close();
  openWriter(file).close();
});

test("a database of anything else is refused by writer and reader, and not a byte of it changes", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  const foreign = new Database(file);
  foreign.exec("CREATE TABLE event (x)");
  foreign.close();
  const before = readFileSync(file);
  const expected = { message: `${file}: is no run database: the table event is not Refeed's` };
  assert.throws(() => openWriter(file), expected);
  assert.throws(() => openReader(file), expected);
  assert.deepEqual(readFileSync(file), before);
});

const additions: Readonly<Record<string, string>> = {
  "view everything": "CREATE VIEW everything AS SELECT load_extension('x') FROM run",
  "trigger tr": "CREATE TRIGGER tr AFTER INSERT ON event BEGIN DELETE FROM stage; END",
  "index by_code": "CREATE INDEX by_code ON event (abs(at_ms))",
  "table note": "CREATE TABLE note (text)",
  "table run": "ALTER TABLE run ADD COLUMN x TEXT GENERATED ALWAYS AS (printf('%s', name)) VIRTUAL",
  "view run":
    "DROP TABLE run; CREATE VIEW run AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
};

for (const [what, sql] of Object.entries(additions)) {
  test(`a run database with a strange ${what} is refused before it is used`, (context) => {
    const file = join(createTemporaryFolder(context), "state.db");
    openWriter(file).close();
    const hostile = new Database(file);
    hostile.exec(sql);
    hostile.close();
    const expected = { message: `${file}: is no run database: the ${what} is not Refeed's` };
    assert.throws(() => openReader(file), expected);
    assert.throws(() => openWriter(file), expected);
  });
}

test("a run database that lacks a table is refused", (context) => {
  const file = join(createTemporaryFolder(context), "state.db");
  const connection = openWriter(file);
  connection.exec("DROP TABLE event");
  connection.close();
  assert.throws(() => openReader(file), { message: `${file}: is no run database: lacks the table event` });
});
