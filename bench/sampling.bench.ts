// Sampling through a hosted endpoint at its full rate: a real run folder, the ledger and every row on the disk, over a
// server of our own in another process, beside bespoke-curator, the `openai` package and bare undici on the same server.
// Ours is built as it is published. REFEED_SAMPLING=1000000 asks for so many in the long run, 60,000 unless given.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerName, runPeer } from "./curator-peer.ts";
import type { SamplingFigures, SamplingOptions } from "./sampling-run.ts";

const root = new URL("..", import.meta.url).pathname;
const concurrency = 512;
const coldCount = 10_000;
const warmAfter = 10_000;
const longCount = Number(process.env.REFEED_SAMPLING ?? 60_000);
const peerCount = 3000;

interface Figure {
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
}

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-sampling-"));
  const server = await startServer();
  try {
    const built = build(join(folder, "built"));
    const cold = sample(built, { server, count: coldCount, directory: join(folder, "cold") });
    const long = sample(built, { server, count: longCount, directory: join(folder, "long") });
    const openai = askPeer("openai", server.url, coldCount);
    const floor = { cold: askPeer("undici", server.url, coldCount), long: askPeer("undici", server.url, 60_000) };
    const curator = await runPeer({ url: server.url, count: peerCount, concurrency, requests: 10_000_000 });
    const cpuRatio = curator.microseconds / cold.coldMicroseconds;
    const rateRatio = long.warmPerSecond / curator.perSecond;
    const figures: Readonly<Record<string, Figure>> = {
      coldMicroseconds: { value: cold.coldMicroseconds, most: 100 },
      warmMicroseconds: { value: long.warmMicroseconds, most: 60 },
      warmPerSecond: { value: long.warmPerSecond, least: 7000 },
      coldPerSecond: { value: cold.coldPerSecond },
      residentMegabytes: { value: long.residentMegabytes, most: 150 },
      // Too short a run is all warming up.
      megabytesPer100k: { value: long.megabytesPer100k, ...(longCount >= 500_000 && { most: 1 }) },
      timesCuratorInProcessorTime: { value: cpuRatio, least: 15 },
      timesCuratorInRate: { value: rateRatio, least: 15 },
      curatorPerSecond: { value: curator.perSecond },
      // What dispatching the same requests takes with nothing done about them: the limits above are those of another machine.
      undiciColdMicroseconds: { value: floor.cold.microseconds },
      undiciWarmMicroseconds: { value: floor.long.warmMicroseconds },
      undiciMegabytes: { value: floor.long.residentMegabytes },
      timesUndiciCold: { value: cold.coldMicroseconds / floor.cold.microseconds },
      timesUndiciWarm: { value: long.warmMicroseconds / floor.long.warmMicroseconds },
      openaiMicroseconds: { value: openai.microseconds },
      openaiPerSecond: { value: openai.perSecond },
    };
    return {
      name: "sampling",
      measured: `processor time a request from a cold start, ${coldCount} chats of 25 to 75 ms, ${concurrency} at once, ledger and rows on the disk`,
      unit: "us",
      ours: cold.coldMicroseconds,
      peer: { name: `${peerName}, ${peerCount} requests`, value: curator.microseconds },
      ratio: cold.coldMicroseconds / curator.microseconds,
      figures,
      broken: Object.entries(figures)
        .filter(([, { value, least = -Infinity, most = Infinity }]) => !(value >= least && value <= most))
        .map(
          ([name, { value, least, most }]) =>
            `${name} is ${value}, not ${least ? `at least ${least}` : `at most ${most}`}`,
        ),
    };
  } finally {
    server.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Server {
  readonly child: ChildProcess;
  readonly url: string;
}

/** The server of sampling-server.ts, on a port of its own. */
export async function startServer(args: readonly string[] = []): Promise<Server> {
  const program = new URL("sampling-server.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await new Promise<string[]>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout?.once("data", (data) => resolve(String(data).trim().split("\n")));
  });
  return { child, url: `http://127.0.0.1:${port}/v1` };
}

/** The sources and the run's program as JavaScript, so that no type has to be taken out while it is measured. */
export function build(folder: string): string {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = ["-p", root, "--noEmit", "false", "--outDir", folder, "--rootDir", root];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the build ended with ${status}: ${stdout.split("\n")[0]}`);
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return join(folder, "bench/sampling-run.js");
}

interface Sampling {
  readonly server: Server;
  readonly count: number;
  readonly directory: string;
}

function sample(program: string, { server, count, directory }: Sampling): SamplingFigures {
  const output = `${directory}.json`;
  const options: SamplingOptions = {
    directory,
    count,
    urls: [server.url],
    concurrency,
    warmAfter,
    requests: null,
    output,
  };
  for (const kind of ["prepare", "sample"]) {
    const { status, stderr } = spawnSync(process.execPath, [program, kind, JSON.stringify(options)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the run ended with ${status}: ${stderr.trim().split("\n").at(-1)}`);
  }
  const figures = JSON.parse(readFileSync(output, "utf8")) as SamplingFigures;
  if (figures.rows !== count) throw new Error(`${figures.rows} of ${count} rows came`);
  return figures;
}

interface PeerFigures {
  readonly microseconds: number;
  readonly perSecond: number;
  readonly warmMicroseconds: number;
  readonly residentMegabytes: number;
}

/** A program of this folder that asks as many requests as often, in a process of its own. */
function askPeer(name: "openai" | "undici", url: string, count: number): PeerFigures {
  const program = new URL(`sampling-${name}.ts`, import.meta.url).pathname;
  const args = [program, url, String(count), String(concurrency), String(warmAfter)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the ${name} package failed: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as PeerFigures;
}
