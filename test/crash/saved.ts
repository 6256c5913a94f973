// What a run said was saved must be there afterwards: done when it was done, and never sent to the provider again.

import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Bill } from "../../src/providers/scripted/service.ts";
import { readClosedAttempts } from "./dump.ts";
import type { Place } from "./processes.ts";

/** What was said to be saved, and when it was closed, by the database of the run that said so. */
export interface Saved {
  readonly attempts: ReadonlyMap<string, string>;
  readonly stages: ReadonlyMap<string, string>;
}

/** `said` is standard output up to some moment; `run` is the folder of the run that said it. */
export function readSaved(said: string, run: string): Saved {
  const [closed, finished] = existsSync(join(run, "state.db"))
    ? [readClosedAttempts(run), readFinishedStages(run)]
    : [new Map<string, string>(), new Map<string, string>()];
  const whole = said.split("\n").slice(0, -1);
  const attempts = whole.flatMap((line) => {
    const [, stage, attempt] = /^saved attempt (\S+) (\S+)$/.exec(line) ?? [];
    return stage ? [[`${stage}/${attempt}`, closed.get(`${stage}/${attempt}`) ?? "nowhere"] as const] : [];
  });
  const stages = whole.flatMap((line) => {
    const [, stage] = /^saved stage (\S+)$/.exec(line) ?? [];
    return stage ? [[stage, finished.get(stage) ?? "nowhere"] as const] : [];
  });
  return { attempts: new Map(attempts), stages: new Map(stages) };
}

/** What a run that was killed had said to be saved, and is not there. */
export function findUnsaved({ run }: Place, said: string): readonly string[] {
  // Killed early, it has no tables to be asked.
  if (!/^saved /m.test(said)) return [];
  const { attempts, stages } = readSaved(said, run);
  const missing = (what: string, saved: ReadonlyMap<string, string>): readonly string[] =>
    [...saved].flatMap(([name, once]) => (once === "nowhere" ? [`acknowledged ${what} ${name} is not there`] : []));
  return [...missing("attempt", attempts), ...missing("stage", stages)];
}

/** What of it was made again, or sent again after the bills of `before`, in words. */
export function findLost(
  place: Place,
  saved: Saved,
  bills: { readonly before: number; readonly all: readonly Bill[] },
) {
  const closed = readClosedAttempts(place.run);
  const finished = readFinishedStages(place.run);
  const lost: string[] = [];
  for (const [attempt, once] of saved.attempts)
    if (closed.get(attempt) !== once) lost.push(`acknowledged attempt ${attempt} was lost`);
  for (const [stage, once] of saved.stages)
    if (finished.get(stage) !== once) lost.push(`acknowledged stage ${stage} was lost`);
  for (const { id } of bills.all.slice(bills.before)) {
    if (saved.attempts.has(id) || saved.stages.has(id.replace(/\/.*/, "")))
      lost.push(`acknowledged call ${id} was sent again`);
  }
  return lost;
}

function readFinishedStages(run: string): ReadonlyMap<string, string> {
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    const rows = connection
      .prepare<[], { key: string; once: string }>(
        "SELECT key, coalesce(started_ms, '') || '-' || finished_ms AS once FROM stage WHERE state = 'done'",
      )
      .all();
    return new Map(rows.map(({ key, once }) => [key, once]));
  } finally {
    connection.close();
  }
}
