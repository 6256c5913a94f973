// A run that an older version of Refeed made: whoever reads it says what to do, and that is what helps.

import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { migrations } from "../../src/store/schema.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** The database as the version before this one would have written it. */
function makeOlder(directory: string): number {
  const version = migrations.length - 1;
  const [file, old] = [join(directory, "state.db"), join(directory, "old.db")];
  const connection = new Database(old);
  for (const migration of migrations.slice(0, version)) connection.exec(migration);
  connection.pragma(`user_version = ${version}`);
  connection.pragma("foreign_keys = OFF");
  connection.exec(`ATTACH '${file}' AS now`);
  const list = (query: string): string[] => connection.prepare<[], string>(query).pluck().all();
  for (const table of list("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")) {
    const columns = list(`SELECT name FROM pragma_table_info('${table}', 'main')`).join(", ");
    connection.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM now.${table}`);
  }
  connection.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  renameSync(old, file);
  return version;
}

test("a run of the version before is gone on with by resume, which brings it up to date", async (context) => {
  const cwd = createTemporaryFolder(context);
  const text = "name: old\nsystem: { kind: gaussian, dimensions: 1, samples: 20 }\ngenerations: 2\nseeds: [0]\n";
  writeFileSync(join(cwd, "old.yaml"), text);
  const run = await speakLine(["run", "old.yaml", "--quiet"], { cwd });
  assert.equal(run.code, 0, run.stderr);
  const directory = join(cwd, "runs/old");
  const version = makeOlder(directory);
  const status = await speakLine(["status", "old"], { cwd });
  assert.equal(status.code, 5);
  assert.match(
    status.stderr,
    /has schema version \d+, this refeed expects \d+\n {2}resume the run once to bring it up to date/,
  );
  const resumed = await speakLine(["resume", "old", "--quiet"], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /^runs\/old is finished: all \d+ stages are done/m);
  assert.ok(existsSync(join(directory, `state.db.v${version}`)));
  assert.equal((await speakLine(["status", "old"], { cwd })).code, 0);
  const doctor = await speakLine(["doctor", "old"], { cwd });
  assert.match(doctor.stdout, /^folder +ok /m);
});
