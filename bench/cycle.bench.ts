// What one cycle of the crash laboratory costs: a run is started, killed on its way and gone on with to its end. The peer
// goes through the same with a process that does nothing but commit rows.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPlace, start } from "../test/crash/processes.ts";

const cycleCount = 30;
const limitSeconds = 0.25;

/** As many commits as the run makes, each on the disk, beginning where an earlier process was killed. */
const writer = `
  const Database = (await import("better-sqlite3")).default;
  const connection = new Database(process.argv[1]);
  connection.pragma("journal_mode = WAL");
  connection.pragma("synchronous = FULL");
  connection.exec("CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, text TEXT)");
  const count = connection.prepare("SELECT count(*) FROM line").pluck();
  const insert = connection.prepare("INSERT INTO line (text) VALUES (?)");
  while (count.get() < 60) insert.run("x".repeat(500));
  connection.close();`;

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-cycle-"));
  try {
    const whole: number[] = [];
    for (const name of ["first", "second", "third"]) whole.push((await start(createPlace(folder, name))).wallMs);
    const ours = await computeMedian(async (index, share) => {
      const place = createPlace(folder, `cycle-${index}`);
      await start(place, { killMs: share * whole[2]! });
      const { code, stderr } = await start(place);
      if (code !== 0) throw new Error(`a resume ended with ${code}: ${stderr}`);
    });
    const bare = await timeBare(join(folder, "bare.db"));
    const peer = await computeMedian(async (index, share) => {
      await timeBare(join(folder, `peer-${index}.db`), share * bare);
      await timeBare(join(folder, `peer-${index}.db`));
    });
    return {
      name: "cycle",
      measured: `median of ${cycleCount} cycles: start, kill -9 on the way, resume to the end`,
      unit: "s",
      ours,
      peer: { name: "a process that only commits 60 rows", value: peer },
      ratio: ours / peer,
      broken: ours > limitSeconds ? [`a cycle takes ${ours.toFixed(3)} s, the limit is ${limitSeconds} s`] : [],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds; `share` is how far into the run the kill comes. */
async function computeMedian(cycle: (index: number, share: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < cycleCount; index++) {
    const begin = performance.now();
    await cycle(index, (index + 0.5) / cycleCount);
    times.push((performance.now() - begin) / 1000);
  }
  return times.sort((one, other) => one - other)[cycleCount / 2]!;
}

async function timeBare(file: string, killMs?: number): Promise<number> {
  const begin = performance.now();
  const child = spawn(process.execPath, ["--input-type=module", "--eval", writer, file], { stdio: "ignore" });
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killMs);
  await once(child, "exit");
  clearTimeout(timer);
  return performance.now() - begin;
}
