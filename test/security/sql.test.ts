// S20: SQL is ours alone. Values are bound, never written into a statement, and no database but a run's own is opened.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openWriter } from "../../src/store/database.ts";
import { migrations } from "../../src/store/schema.ts";
import { speakLine } from "../helpers/host.ts";
import { payloads } from "../helpers/payloads.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const root = new URL("../..", import.meta.url).pathname;
const sources = readdirSync(join(root, "src"), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => [name, readFileSync(join(root, "src", name), "utf8")] as const);

/** A template literal that is a statement: what stands in it is a constant of the source, or it is not there. */
const statement = /`(?=[^`]*\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|ATTACH|PRAGMA|WITH)\b)[^`]*`/g;

/** Filled in from lists of tables, columns and conditions in the same file, and looked at one by one. */
const reviewed = new Set([
  "store/ledger/account.ts reserved",
  "store/ledger/account.ts unseen",
  "store/shelf/owned-rows.ts table",
  "store/shelf/owned-rows.ts by",
  "store/witness/stage-rows.ts columns",
  "store/witness/stage-rows.ts table",
  "store/witness/stage-rows.ts owner",
  "store/witness/stage-rows.ts order",
]);

/** Declared at the top of the file, or of the file that it is imported from. */
function isConstant(word: string, { name, text }: { readonly name: string; readonly text: string }): boolean {
  if (new RegExp(`^(export )?const ${word}(: [^=]+)? =`, "m").test(text)) return true;
  const [, path] = new RegExp(`^import \\{[^}]*\\b${word}\\b[^}]*\\} from "(\\.[^"]+)"`, "m").exec(text) ?? [];
  const source = sources.find(([other]) => path !== undefined && other === join(dirname(name), path));
  return source !== undefined && new RegExp(`^export const ${word}(: [^=]+)? =`, "m").test(source[1]);
}

test("what is filled into a statement is a constant, declared at the top of a file", () => {
  let statementCount = 0;
  for (const [name, text] of sources) {
    for (const [sql] of text.matchAll(statement)) {
      statementCount += 1;
      for (const [, filled] of sql.matchAll(/\$\{([^}]*)\}/g)) {
        const word = /^\w+$/.exec(filled!)?.[0] ?? "";
        assert.ok(
          isConstant(word, { name, text }) || reviewed.has(`${name} ${word}`),
          `${name} fills \${${filled}} into ${sql.slice(0, 80)}: bind it, or review where it comes from and list it here`,
        );
      }
    }
    assert.doesNotMatch(text, /\bATTACH\b|load_extension|loadExtension|unsafeMode|writable_schema/, name);
  }
  assert.ok(statementCount > 40, `${statementCount} statements were looked at`);
});

test("text of any kind is data in every column", (context) => {
  const connection = openWriter(join(createTemporaryFolder(context), "state.db"));
  context.after(() => connection.close());
  const insert = connection.prepare("INSERT INTO event (at_ms, kind, detail) VALUES (?, ?, ?)");
  const read = connection.prepare<[number], { kind: string; detail: string }>(
    "SELECT kind, detail FROM event WHERE at_ms = ?",
  );
  const metacharacters = ["'; DROP TABLE event; --", '"', "\\", "%_", "a' OR '1'='1", "?1", ":name", "@a", "$b", "/*"];
  const texts = [...metacharacters, ...payloads].map((text) => text.toWellFormed());
  connection.exec("BEGIN");
  for (const [index, text] of texts.entries()) {
    insert.run(index, text, text);
    assert.deepEqual(read.get(index), { kind: text, detail: text });
  }
  connection.exec("COMMIT");
  assert.equal(connection.prepare("SELECT count(*) FROM event").pluck().get(), texts.length);
});

const experiment = "schema: 1\nname: small\nsystem: { kind: gaussian, dimensions: 1, samples: 10 }\ngenerations: 1\n";

/** What somebody might put in the place of state.db, by what is then said of it. */
const hostile: Readonly<Record<string, (file: string) => void>> = {
  "is damaged or no run database": (file) => writeFileSync(file, `SQLite format 3\0${"\xff".repeat(4096)}`, "latin1"),
  "is no run database: the table run is not Refeed's": (file) => makeDatabase(file, "CREATE TABLE run (name)"),
  "is no run database: the view run is not Refeed's": (file) =>
    makeDatabase(file, "CREATE VIEW run AS SELECT writefile('/tmp/x', 'x') AS name"),
  "is no run database: the table big is not Refeed's": (file) =>
    makeDatabase(file, "PRAGMA page_size = 65536; CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(1000000))"),
  "is no run database: the trigger t is not Refeed's": (file) => {
    openWriter(file).close();
    makeDatabase(file, "CREATE TRIGGER t AFTER UPDATE ON run BEGIN DELETE FROM stage; END");
  },
  [`has schema version 99, this refeed knows only up to ${migrations.length}`]: (file) =>
    makeDatabase(file, "PRAGMA user_version = 99"),
};

function makeDatabase(file: string, sql: string): void {
  const connection = new Database(file);
  connection.exec(sql);
  connection.close();
}

for (const [what, make] of Object.entries(hostile)) {
  test(`every verb that opens a run refuses one that ${what}`, async (context) => {
    const cwd = createTemporaryFolder(context);
    writeFileSync(join(cwd, "small.yaml"), experiment);
    assert.equal((await speakLine(["list"], { cwd })).code, 0);
    mkdirSync(join(cwd, "runs/small"), { recursive: true });
    const file = join(cwd, "runs/small/state.db");
    make(file);
    const before = readFileSync(file);
    const lines = [
      ["run", "small.yaml"],
      ["plan", "small.yaml"],
      ...["resume", "status", "report", "compare"].map((verb) => [verb, "small"]),
    ];
    for (const args of lines) {
      const { code, stdout, stderr } = await speakLine(args, { cwd });
      assert.deepEqual([code, stdout], [5, ""], `${args.join(" ")}: ${stderr}`);
      assert.ok(stderr.startsWith(`${file}: ${what}\n`), `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, /^[^\n]+\n( {2}[^\n]+\n)?$/);
    }
    assert.match((await speakLine(["list"], { cwd })).stdout, /^runs\/small +small +damaged/m);
    assert.deepEqual(readFileSync(file), before, "not a byte of it was changed");
  });
}
