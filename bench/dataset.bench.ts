// How many rows a second of a 5 GB JSON Lines file are read with every check that `refeed check` makes (UTF-8, JSON, fields,
// doubled ids, articles in both splits, digests), and how many are imported into a run. The peer is the shortest script
// that anybody would write: node:readline and JSON.parse, which checks nothing. Each runs in a process of its own, so that
// its peak of memory is its own; the longest time for which each kept its event loop is told too.

import { spawnSync } from "node:child_process";
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { openFileDataset } from "../src/datasets/file-dataset.ts";
import { openRunFolder } from "../src/store/run-folder.ts";

const fileBytes = 5e9;
const rowBytes = 2000;

interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** The longest that anything else had to wait for the thread; other processes are part of it. */
  readonly longestWaitMs: number;
  /** The most CPU time of the thread between two of its timers of a millisecond: what it kept the loop for itself. */
  readonly longestTurnMs: number;
}

const modes = { check, import: importRows, peer: readWithPeer } as const;

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-dataset-"));
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < 3 * fileBytes) throw new Error(`${folder} has no room for ${(3 * fileBytes) / 1e9} GB`);
    const path = join(folder, "rows.jsonl");
    writeRows(path);
    // In turns, because the first to read a file pays for what the others find in memory.
    const peer = measure("peer", path);
    const ours = measure("check", path);
    const imported = measure("import", path);
    return {
      name: "dataset",
      measured:
        "rows of 2 kB a second out of 5 GB of JSON Lines, every row checked, beside a script that checks nothing",
      unit: "rows/s",
      ours: ours.rows / ours.seconds,
      peer: { name: "node:readline and JSON.parse", value: peer.rows / peer.seconds },
      ratio: ours.rows / ours.seconds / (peer.rows / peer.seconds),
      check: ours,
      import: imported,
      readline: peer,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(mode: keyof typeof modes, path: string): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, mode, path], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${mode} ended with ${status}: ${stderr}`);
  process.stderr.write(`${mode} ${stdout}\n`);
  return JSON.parse(stdout) as Measured;
}

/** Rows of about 2 kB, each with an id and an article of its own. */
function writeRows(path: string): void {
  const words = "the lift in the town hall fell three floors on friday and nobody was hurt said a clerk . ".repeat(22);
  const file = openSync(path, "w");
  let [written, row] = [0, 0];
  while (written < fileBytes) {
    let text = "";
    for (let count = 0; count < 5000; count++, row++) {
      const article = `${row} ${words}`.slice(0, rowBytes - 90);
      text += `{"id": "row-${row}", "article": "${article}", "summary": "lift ${row} falls in town hall"}\n`;
    }
    written += writeSync(file, text);
  }
  closeSync(file);
}

/** Opening a dataset is the pass that checks all of it. */
async function check(path: string): Promise<number> {
  const { splits } = await openDataset(path);
  return splits.train.count + splits.test.count;
}

/** What `refeed run` does before its first stage: the check, then a pass for each split into the database. */
async function importRows(path: string): Promise<number> {
  const dataset = await openDataset(path);
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const folder = await openRunFolder(`${path}-run`, { clock, holder: { pid: process.pid } });
  const { splits } = dataset;
  for (const split of ["train", "test"] as const) {
    await folder.importDataset({ split, digest: splits[split].digest, rows: () => dataset.rows(split) });
  }
  await folder.close();
  return splits.train.count + splits.test.count;
}

function openDataset(path: string) {
  return openFileDataset({ file: basename(path) }, { folder: dirname(path), signal: new AbortController().signal });
}

async function readWithPeer(path: string): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const row = JSON.parse(line) as { readonly article: unknown; readonly summary: unknown };
    if (typeof row.article === "string" && typeof row.summary === "string") count += 1;
  }
  return count;
}

function watchTurns(): { stop(): number } {
  let before = process.threadCpuUsage();
  let longest = 0;
  const timer = setInterval(() => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - before.user - before.system);
    before = now;
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      return longest / 1000;
    },
  };
}

if (import.meta.main) {
  const [mode, path] = process.argv.slice(2) as [keyof typeof modes, string];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const start = { wall: performance.now(), cpu: process.cpuUsage() };
  const turns = watchTurns();
  delay.enable();
  const rows = await modes[mode](path);
  delay.disable();
  const longestTurnMs = turns.stop();
  const { user, system } = process.cpuUsage(start.cpu);
  const measured: Measured = {
    rows,
    seconds: (performance.now() - start.wall) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1000,
    longestWaitMs: delay.max / 1e6,
    longestTurnMs,
  };
  process.stdout.write(JSON.stringify(measured));
}
