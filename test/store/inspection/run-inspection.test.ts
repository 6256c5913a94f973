// Every kind of damage that doctor promises to name, done to copies of one small finished run.

import assert from "node:assert/strict";
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { Finding } from "../../../src/store/inspection/finding.ts";
import { openLock } from "../../../src/store/lock.ts";
import { goOn, inspect } from "../../crash/small-run.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

interface Damage {
  readonly check: string;
  readonly what: RegExp;
  readonly sql?: string;
  apply?(directory: string): void;
}

const first = (kind: string): string => `(SELECT min(id) FROM stage WHERE kind = '${kind}' AND state = 'done')`;
const bought = "(SELECT min(attempt_id) FROM candidate)";
const artifactOf = (directory: string): string =>
  join(directory, "artifacts", readdirSync(join(directory, "artifacts"))[0] as string);

const problems: readonly Damage[] = [
  { check: "rows", what: /did not bring these/, sql: "UPDATE candidate SET completion = 'x' WHERE id = 3" },
  {
    check: "rows",
    what: /did not bring these/,
    sql: "UPDATE candidate SET token_log_probabilities = x'00' WHERE id = 3",
  },
  { check: "rows", what: /candidate 3 is missing/, sql: "DELETE FROM candidate WHERE id = 3" },
  { check: "candidates", what: /another number of candidates/, sql: "DELETE FROM candidate WHERE id = 3" },
  { check: "rows", what: /candidate 3 is out of/, sql: "UPDATE candidate SET position = position + 1 WHERE id = 3" },
  { check: "rows", what: /no finished attempt/, sql: `UPDATE attempt SET state = 'failed' WHERE id = ${bought}` },
  {
    check: "rows",
    what: /not those that were written/,
    sql: "UPDATE score SET score = score - 1 WHERE candidate_id = 2",
  },
  { check: "rows", what: /not those that were written/, sql: "UPDATE score SET reason = 'x' WHERE candidate_id = 2" },
  { check: "scores", what: /not one score/, sql: "DELETE FROM score WHERE candidate_id = 2" },
  {
    check: "rows",
    what: /not those that were written/,
    sql: "UPDATE selection SET reason = 'x' WHERE candidate_id = 1",
  },
  { check: "selections", what: /ranks from 0 on/, sql: "UPDATE selection SET rank = rank + 1000 WHERE rank = 0" },
  { check: "rows", what: /not those that were written/, sql: "UPDATE corpus_part SET take = zeroblob(length(take))" },
  { check: "corpora", what: /rows that are not there/, sql: "UPDATE corpus_part SET row_count = row_count + 1" },
  {
    check: "measurements",
    what: /not the measurements/,
    sql: "UPDATE metric SET value = value + 1 WHERE position = 0",
  },
  { check: "measurements", what: /not the measurements/, sql: "UPDATE metric SET item_count = 1" },
  { check: "measurements", what: /not all its measurements/, sql: "DELETE FROM metric" },
  { check: "models", what: /has no model/, sql: `DELETE FROM model WHERE stage_id = ${first("train")}` },
  {
    check: "stages",
    what: /its value is damaged/,
    sql: `UPDATE stage SET value = 'null' WHERE id = ${first("select")}`,
  },
  { check: "stages", what: /without a value/, sql: `UPDATE stage SET value = NULL WHERE id = ${first("select")}` },
  { check: "stages", what: /its key stands for/, sql: `UPDATE stage SET version = 9 WHERE id = ${first("select")}` },
  { check: "stages", what: /its key stands for/, sql: `UPDATE stage SET inputs = '[' WHERE id = ${first("train")}` },
  { check: "rows", what: /that were imported/, sql: "UPDATE dataset_row SET article = 'x' WHERE position = 5" },
  {
    check: "rows",
    what: /that were imported/,
    sql: "UPDATE dataset SET row_count = row_count + 1 WHERE split = 'test'",
  },
  { check: "record", what: /record is damaged/, sql: "UPDATE run SET resolved = replace(resolved, 'small', 'smell')" },
  { check: "database", what: /rows of candidate refer to no attempt/, sql: `DELETE FROM attempt WHERE id = ${bought}` },
  {
    check: "artifacts",
    what: /digest does not match/,
    apply: (folder) => writeFileSync(artifactOf(folder), flip(folder)),
  },
  { check: "artifacts", what: /has 2 bytes/, apply: (folder) => writeFileSync(artifactOf(folder), "ab") },
  { check: "artifacts", what: /is missing/, apply: (folder) => rmSync(artifactOf(folder)) },
  {
    check: "lock",
    what: /is damaged/,
    apply: (folder) => writeFileSync(join(folder, "lock.db"), "no database".repeat(99)),
  },
  {
    check: "database",
    what: /damaged or no run/,
    apply: (folder) => writeFileSync(join(folder, "state.db"), "no".repeat(999)),
  },
];

const warnings: readonly Damage[] = [
  { check: "folder", what: /no part of a run/, apply: (folder) => writeFileSync(join(folder, "notes.txt"), "") },
  {
    check: "artifacts",
    what: /is a draft/,
    apply: (folder) => writeFileSync(join(folder, "artifacts/draft-1.tmp"), ""),
  },
  { check: "artifacts", what: /recorded nowhere/, apply: (folder) => writeFileSync(join(folder, "artifacts/ab"), "") },
  { check: "record", what: /made by/, apply: (folder) => appendFileSync(join(folder, "experiment.yaml"), "#") },
  { check: "record", what: /goes by/, apply: (folder) => appendFileSync(join(folder, "resolved.json"), "#") },
  { check: "stages", what: /other inputs/, sql: `UPDATE stage SET inputs_sha256 = 'x' WHERE id = ${first("select")}` },
  {
    check: "attempts",
    what: /1 attempts were sent/,
    sql: "UPDATE attempt SET state = 'sent', is_outside = 1 WHERE id = 1",
  },
];

/** The bytes of the first artifact with one bit flipped: the same size. */
function flip(directory: string): Uint8Array {
  const bytes = readFileSync(artifactOf(directory));
  bytes.writeUInt8(bytes.readUInt8(9) ^ 4, 9);
  return bytes;
}

function damage(source: string, directory: string, { sql, apply }: Damage): string {
  cpSync(source, directory, { recursive: true });
  apply?.(directory);
  if (sql === undefined) return directory;
  const connection = new Database(join(directory, "state.db"));
  connection.pragma("foreign_keys = OFF");
  const changes = sql.startsWith("DELETE") || sql.startsWith("UPDATE") ? connection.prepare(sql).run().changes : 0;
  connection.close();
  assert.ok(changes > 0, `met nothing: ${sql}`);
  return directory;
}

const told = (findings: readonly Finding[]): string =>
  findings.map(({ check, state, where, what }) => `${check} ${state} ${where}: ${what}`).join("\n");

test("doctor names every kind of damage and what is odd, and nothing in a whole run", async (context) => {
  const folder = createTemporaryFolder(context);
  const whole = join(folder, "whole");
  await goOn(whole, { generations: 1 }, true);
  const quiet = (await inspect(whole)).filter(({ state, check }) => state !== "ok" && check !== "report");
  assert.deepEqual(quiet, []);
  for (const [state, damages] of [["problem", problems] as const, ["warning", warnings] as const]) {
    for (const [index, each] of damages.entries()) {
      const findings = await inspect(damage(whole, join(folder, `${state}-${index}`), each));
      const found = findings.filter((finding) => finding.state === state && finding.check === each.check);
      const named = found.find(({ what }) => each.what.test(what));
      assert.ok(named, `${state} ${index} (${each.sql ?? each.what}) is not named:\n${told(findings)}`);
      assert.ok(named.next && named.next.length > 10, `${each.check} tells no way out`);
    }
  }
});

test("a run at work is looked at beside its writer, who is named and not held up", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  await goOn(directory, { generations: 0 }, true);
  const lock = openLock(directory, { pid: 4711 });
  try {
    const findings = await inspect(directory);
    const [seen] = findings.filter(({ check }) => check === "lock");
    assert.match(seen?.what ?? "", /a process is at work \(pid 4711\)/);
    assert.ok(!findings.some(({ state }) => state === "problem"), told(findings));
  } finally {
    lock.close();
  }
});
