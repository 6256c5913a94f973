// R25, aimed: of a run that was killed, each thing that a resume reads is altered by hand. The resume stops with exit
// code 5, or, where the thing can be made again, ends like the run that nothing happened to. damage.crash.ts alters at
// random, within one process.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, type Place, start } from "./processes.ts";
import { startKilled } from "./syscalls.ts";

/** Where the run was killed: among the calls of its first generation, or on launching the second model's job. */
const ordinalByImage = { sampling: 12, training: 18 } as const;

interface Alteration {
  readonly what: string;
  readonly image: keyof typeof ordinalByImage;
  readonly end: "refused" | "same";
  apply(run: string): void;
}

const change =
  (sql: string) =>
  (run: string): void => {
    const connection = new Database(join(run, "state.db"));
    const { changes } = connection.prepare(sql).run();
    connection.close();
    if (changes === 0) throw new Error(`nothing to alter: ${sql}`);
  };

const firstModel = (run: string): string => {
  const [name] = readdirSync(join(run, "artifacts")).filter((each) => /^[0-9a-f]{64}$/.test(each));
  return join(run, "artifacts", name as string);
};

const alterations: readonly Alteration[] = [
  {
    what: "the value of a finished stage",
    image: "sampling",
    end: "refused",
    apply: change(
      `UPDATE stage SET value = replace(value, '"rows":', '"rows":1') WHERE kind = 'assemble' AND state = 'done'`,
    ),
  },
  {
    what: "a candidate of a torn stage",
    image: "sampling",
    end: "refused",
    apply: change(
      `UPDATE candidate SET completion = 'another' WHERE rowid = (SELECT min(c.rowid) FROM candidate c
       JOIN stage s ON s.id = c.stage_id WHERE s.state <> 'done')`,
    ),
  },
  {
    what: "a candidate of a torn stage taken away",
    image: "sampling",
    end: "refused",
    apply: change(
      `DELETE FROM candidate WHERE rowid = (SELECT min(c.rowid) FROM candidate c
       JOIN stage s ON s.id = c.stage_id WHERE s.state <> 'done')`,
    ),
  },
  {
    what: "a row of the dataset",
    image: "sampling",
    end: "refused",
    apply: change("UPDATE dataset_row SET summary = 'another' WHERE position = 3"),
  },
  {
    what: "a score",
    image: "training",
    end: "refused",
    apply: change("UPDATE score SET score = 1 - score WHERE candidate_id = 5"),
  },
  {
    what: "a selection",
    image: "training",
    end: "refused",
    apply: change("UPDATE selection SET candidate_id = 1000 WHERE rank = 2"),
  },
  {
    what: "a corpus",
    image: "training",
    end: "refused",
    apply: change("UPDATE corpus_part SET take = zeroblob(length(take)) WHERE take IS NOT NULL"),
  },
  {
    what: "a bit of a model",
    image: "sampling",
    end: "same",
    apply: (run) => {
      const bytes = readFileSync(firstModel(run));
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      writeFileSync(firstModel(run), bytes);
    },
  },
  { what: "a model taken away", image: "sampling", end: "same", apply: (run) => rmSync(firstModel(run)) },
];

export async function runAlterations(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, isBrief = false } = options;
  const { expected } = await createBaseline(folder);
  const violations: string[] = [];
  let runs = 0;
  const images = new Map<string, Place>();
  for (const [name, ordinal] of Object.entries(ordinalByImage)) {
    const place = createPlace(folder, name);
    images.set(name, place);
    const point = { call: "write", path: "books/bills.jsonl", ordinal };
    const { signal } = await startKilled(place, point, options.start ?? {});
    if (signal !== "SIGKILL") throw new Error(`the run was not killed at its bill ${ordinal}`);
  }
  await runAll(alterations, async ({ what, image, end, apply }, index) => {
    if (isBrief && violations.length > 0) return;
    runs += 1;
    const place = createPlace(folder, `altered-${index}`);
    const source = images.get(image) as Place;
    cpSync(source.run, place.run, { recursive: true });
    cpSync(source.books, place.books, { recursive: true });
    apply(place.run);
    const { code, stderr } = await start(place, options.start ?? {});
    if (end === "refused" && code !== 5) violations.push(`${what}: not refused, ended with ${code}: ${stderr}`);
    if (end === "same" && code !== 0) violations.push(`${what}: not mended, ended with ${code}: ${stderr}`);
    if (end === "same" && code === 0) {
      violations.push(...findViolations(place, expected).map((violation) => `${what}: ${violation}`));
    }
  });
  return { runs, kills: images.size, faults: runs, violations };
}
