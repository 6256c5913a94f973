// Runs a ready experiment from an empty folder and writes what came out to experiments/results/<name>.json, the record
// that its header's numbers are held against: npm run -s record -- <name>

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ResultRecord {
  readonly command: string;
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly minutes: number;
  readonly workers: number;
  readonly stages: number;
  /** Metric by arm, generation and seed, of the metrics a report leads with, and of rows. */
  readonly values: readonly {
    readonly arm: string;
    readonly generation: number;
    readonly metric: string;
    readonly mean: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly bySeed: Readonly<Record<string, number>>;
  }[];
}

const root = new URL("..", import.meta.url).pathname;
const kept = ["rouge1", "loss", "types", "traceRatio", "meanError", "rows"];

/** Runs the experiment in a folder of its own and gathers its record. */
export function recordExperiment(name: string): ResultRecord {
  const folder = mkdtempSync(join(tmpdir(), "refeed-record-"));
  try {
    const args = ["bin/refeed.js", "run", name, "--run", join(folder, name), "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const done = lines.find(({ event }) => event === "run-done") as unknown as {
      wallMs: number;
      workerCount: number;
      stageCount: number;
    };
    return {
      command: `npm run -s refeed -- run ${name}`,
      date: new Date().toISOString().slice(0, 10),
      commit: spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim(),
      node: process.version,
      minutes: Math.round(done.wallMs / 600) / 100,
      workers: done.workerCount,
      stages: done.stageCount,
      values: readValues(join(folder, name, "report")),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readValues(report: string): ResultRecord["values"] {
  const read = (file: string): Record<string, string>[] => {
    const [head = "", ...rows] = readFileSync(join(report, file), "utf8").trim().split("\n");
    const columns = head.trim().split(",");
    return rows.map((row) =>
      Object.fromEntries(
        row
          .trim()
          .split(",")
          .map((cell, index) => [columns[index]!, cell]),
      ),
    );
  };
  const seeds = new Map<string, Record<string, number>>();
  for (const { arm, seed, generation, metric, value } of read("metrics.csv")) {
    const place = `${arm}/${generation}/${metric}`;
    const before = seeds.get(place) ?? {};
    seeds.set(place, { ...before, [seed!]: Number(value) });
  }
  return read("summary.csv")
    .filter(
      ({ metric, generation }) => kept.includes(metric!) && (Number(generation) <= 5 || Number(generation) % 33 === 0),
    )
    .map(({ arm, generation, metric, mean, low, high }) => ({
      arm: arm!,
      generation: Number(generation),
      metric: metric!,
      mean: Number(mean),
      low: low === "" ? null : Number(low),
      high: high === "" ? null : Number(high),
      bySeed: seeds.get(`${arm}/${generation}/${metric}`) ?? {},
    }))
    .map((value) => (Object.keys(value.bySeed).length > 10 ? { ...value, bySeed: {} } : value));
}

if (import.meta.main) {
  for (const name of process.argv.slice(2)) {
    const record = recordExperiment(name);
    writeFileSync(join(root, "experiments/results", `${name}.json`), `${JSON.stringify(record, null, 1)}\n`);
    console.log(`${name}: ${record.stages} stages, ${record.minutes} minutes`);
  }
}
