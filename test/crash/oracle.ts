// The one judge of every test of the laboratory (R0): a finished run against the books of the provider, which are kept
// outside of it, and against the run that nothing happened to. It returns what is wrong, in words; nothing is tolerated.

import { join } from "node:path";
import Database from "better-sqlite3";
import { type Bill, readBills } from "../../src/providers/scripted/service.ts";
import { type RunDump, readDump } from "./dump.ts";
import type { Place } from "./processes.ts";

interface AttemptRow {
  readonly place: string;
  readonly state: string;
  readonly tries: number;
  readonly repeats: number;
  readonly usd: number;
  readonly outside: number;
}

/** Everything that is wrong with a run that says it is done; `expected` is the dump of an uninterrupted one. */
export function findViolations(place: Place, expected: RunDump): readonly string[] {
  try {
    return [...compareDumps(readDump(place.run), expected), ...compareBooks(place)];
  } catch (error) {
    return [`the run cannot be read: ${(error as Error).message}`];
  }
}

export function compareDumps(found: RunDump, expected: RunDump): string[] {
  const parts = ["tables", "files"] as const;
  return parts.flatMap((part) => {
    const names = new Set([...Object.keys(found[part]), ...Object.keys(expected[part])]);
    return [...names]
      .filter((name) => found[part][name] !== expected[part][name])
      .map((name) => `${part}: ${name} is not that of the uninterrupted run`);
  });
}

/** What was billed against what the run's ledger says it may have been billed. */
export function compareBooks({ run, books }: Place): string[] {
  const bills = readBills(books);
  const attempts = readAttempts(run);
  const found: string[] = [];
  const outside = [...attempts.values()].filter((attempt) => attempt.outside === 1);
  const billsById = Map.groupBy(
    bills.filter(({ call }) => call === "sample"),
    ({ id }) => id,
  );
  for (const [id, sent] of billsById) found.push(...judgeCalls(id, sent, attempts.get(id)));
  for (const [id, launched] of Map.groupBy(
    bills.filter(({ call }) => call === "train"),
    (bill) => bill.id,
  )) {
    if (launched.length !== 1) found.push(`job ${id} was launched ${launched.length} times`);
  }
  const billed = bills.reduce((sum, { usd }) => sum + usd, 0);
  const shown = outside.reduce((sum, { usd }) => sum + usd, 0);
  if (billed > shown + 1e-9) found.push(`${billed} USD were billed and ${shown} are shown`);
  for (const { place, state } of attempts.values())
    if (state !== "done") found.push(`attempt ${place} is left ${state}`);
  return found;
}

/** Every call has an intent before it, and a call that was billed again is counted as possibly paid twice. */
function judgeCalls(id: string, sent: readonly Bill[], attempt: AttemptRow | undefined): string[] {
  if (attempt === undefined) return [`call ${id} stands in no ledger`];
  const billed = sent.filter(({ usd }) => usd > 0).length;
  const found: string[] = [];
  if (sent.length > attempt.tries) found.push(`call ${id} was sent ${sent.length} times, intended ${attempt.tries}`);
  if (billed > 1 + attempt.repeats)
    found.push(`call ${id} was billed ${billed} times, ${attempt.repeats} repeats are told`);
  return found;
}

export function readAttempts(run: string): ReadonlyMap<string, AttemptRow> {
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    const rows = connection
      .prepare<[], AttemptRow>(
        `SELECT s.key || '/' || a.key AS place, a.state, a.try_count AS tries, a.repeat_count AS repeats,
           a.cost_usd AS usd, a.is_outside AS outside FROM attempt a JOIN stage s ON s.id = a.stage_id`,
      )
      .all();
    return new Map(rows.map((row) => [row.place, row]));
  } finally {
    connection.close();
  }
}

/** Calls billed more often than once, over all attempts: at most those in flight at each kill. */
export function countRepeats({ books }: Place): number {
  const calls = readBills(books).filter(({ call, usd }) => call === "sample" && usd > 0);
  return calls.length - new Set(calls.map(({ id }) => id)).size;
}
