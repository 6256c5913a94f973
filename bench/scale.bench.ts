// A run of a million candidates of 2 KB, watched from inside: how fast they are committed beside bare inserts of the same
// rows, how much memory it takes, how long the event loop is held, and what selection, corpus and resume cost.
// REFEED_SCALE=100000 tries fewer.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { RunFigures, StageFigures } from "./scale-run.ts";

const candidateCount = Number(process.env.REFEED_SCALE ?? 1_000_000);
/** As many as 64 calls of four draws bring. */
const batchRows = 256;

interface Figure {
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
}

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-scale-"));
  try {
    const directory = join(folder, "run");
    const made = runAside(directory, join(folder, "made.json"));
    const resumed = runAside(directory, join(folder, "resumed.json"));
    const { stages, megabytesPer100k } = made.figures;
    const corpusSeconds = ["select 0", "after select 0", "assemble 1", "after assemble 1", "train 1"].reduce(
      (sum, name) => sum + (stages[name]?.seconds ?? 0),
      0,
    );
    const longest = (read: (stage: StageFigures) => number): number => Math.max(...Object.values(stages).map(read));
    const rate = candidateCount / made.figures.sampleSeconds;
    const figures: Readonly<Record<string, Figure>> = {
      committedPerSecond: { value: rate, least: 5000 },
      residentMegabytes: { value: made.figures.residentMegabytes, most: 300 },
      // Too short a run is all warming up.
      megabytesPer100k: { value: megabytesPer100k, ...(candidateCount >= 500_000 && { most: 1 }) },
      eventLoopHeldMs: { value: longest(({ heldMs }) => heldMs), most: 100 },
      // Without what others on the machine took: first of its cores alone, then of the disk too.
      eventLoopHeldRunningMs: { value: longest(({ heldRunningMs }) => heldRunningMs) },
      eventLoopHeldCpuMs: { value: longest(({ heldCpuMs }) => heldCpuMs), most: 100 },
      selectAndCorpusSeconds: { value: corpusSeconds, most: 60 },
      resumeSeconds: { value: resumed.seconds, most: 3 },
    };
    const peer = insertBare(join(directory, "state.db"), join(folder, "peer.db"));
    return {
      name: "scale",
      measured: `${candidateCount} candidates of 2 KB: committed a second while sampling, 64 calls of 4 draws in flight`,
      unit: "candidates/s",
      ours: rate,
      peer: {
        name: `better-sqlite3, bare inserts of the same rows, ${batchRows} a transaction, synchronous=FULL`,
        value: peer,
      },
      ratio: rate / peer,
      figures,
      stages,
      broken: Object.entries(figures)
        .filter(([, { value, least = -Infinity, most = Infinity }]) => !(value >= least && value <= most))
        .map(
          ([name, { value, least, most }]) =>
            `${name} is ${value}, not ${least ? `at least ${least}` : `at most ${most}`}`,
        ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run, or a resume of it, from the start of its process to its end. */
function runAside(directory: string, output: string): { readonly figures: RunFigures; readonly seconds: number } {
  const program = new URL("scale-run.ts", import.meta.url).pathname;
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, directory, String(candidateCount), output], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`the run ended with ${status}: ${stderr}`);
  return { figures: JSON.parse(readFileSync(output, "utf8")) as RunFigures, seconds };
}

/** The same rows into the same table alone, as fast as they can be committed in such batches: rows a second. */
function insertBare(source: string, file: string): number {
  const run = new Database(source, { readonly: true });
  const table = run
    .prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'candidate'")
    .pluck()
    .get() as string;
  const count = run.prepare<[], number>("SELECT count(*) FROM candidate").pluck().get() as number;
  if (count !== candidateCount) throw new Error(`the run made ${count} candidates, not ${candidateCount}`);
  const page = run
    .prepare<[number], unknown[]>("SELECT * FROM candidate WHERE rowid > ? ORDER BY rowid LIMIT 256")
    .raw();
  const bare = new Database(file);
  for (const pragma of ["page_size = 8192", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF"]) {
    bare.pragma(pragma);
  }
  bare.exec(table);
  let insert: Database.Statement | undefined;
  const rowCount = Math.min(candidateCount, 200_000);
  let ms = 0;
  for (let first = 0; first < rowCount; first += batchRows) {
    const rows = page.all(first);
    insert ??= bare.prepare(`INSERT INTO candidate VALUES (${rows[0]?.map(() => "?").join(", ")})`);
    const start = performance.now();
    const commit = bare.transaction(() => {
      for (const row of rows) insert?.run(...row);
    });
    commit.immediate();
    ms += performance.now() - start;
  }
  run.close();
  bare.close();
  return rowCount / (ms / 1000);
}
