// How long a finished run of 100,000 candidates takes to say that there is nothing to do, beside making it; and what a run
// over a hosted endpoint pays again when it is killed at half of 10,000 requests, beside bespoke-curator.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { killOurs, killPeer } from "./kill.ts";
import { build } from "./sampling.bench.ts";

const refeed = new URL("../bin/refeed.js", import.meta.url).pathname;
const sets = [
  "dataset.train=4000",
  "dataset.test=100",
  "sample.candidates=25",
  "seeds=[0]",
  "generations=1",
  "arms={corpus: replace, verifier: self, select.keep: 5%}",
  "lines={}",
  "evaluate.metrics=[rouge1]",
];

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-resume-"));
  try {
    const directory = join(folder, "run");
    const making = timeMs(["run", "newswire", "--run", directory, "--quiet", ...sets.flatMap((set) => ["--set", set])]);
    const connection = new Database(join(directory, "state.db"), { readonly: true });
    const candidates = connection.prepare<[], number>("SELECT count(*) FROM candidate").pluck().get() as number;
    connection.close();
    if (candidates < 100_000) throw new Error(`only ${candidates} candidates were made`);
    const own = await killOurs(build(join(folder, "built")), join(folder, "killed"));
    const peer = await killPeer(join(folder, "peer"));
    const resuming = [1, 2, 3].map(() => timeMs(["resume", directory, "--quiet"])).sort((a, b) => a - b)[1]!;
    return {
      name: "resume",
      measured: `resume of a finished run of ${candidates} candidates, median of three, its report included`,
      unit: "s",
      ours: resuming / 1000,
      peer: { name: "making the run", value: making / 1000 },
      ratio: resuming / making,
      figures: { killed: own, killedCurator: peer },
      broken: [
        ...(own.answeredAgain > 15 ? [`${own.answeredAgain} answered rows were paid again, not at most 15`] : []),
        ...(own.inFlightAgain > own.inFlight ? ["more than what was in flight was paid again"] : []),
        ...(own.withoutIntent > 0 ? [`${own.withoutIntent} requests had no committed intent`] : []),
        ...(own.shown !== own.answeredAgain + own.inFlightAgain
          ? [`${own.shown} are shown as possibly paid twice`]
          : []),
        ...(own.rows === 10_000 ? [] : [`${own.rows} rows came`]),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timeMs(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [refeed, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return performance.now() - start;
}
