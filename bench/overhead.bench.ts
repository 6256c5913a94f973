// How much of the machine the loop itself takes on newswire-selection: the share of worker time that is not spent on
// models, and the main thread's share of all CPU time. The peer is the same work with no loop around it: busy workers.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareExperiment, readExperiment, runExperiment } from "../src/index.ts";

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "refeed-overhead-"));
  try {
    const cwd = new URL("..", import.meta.url).pathname;
    const signal = new AbortController().signal;
    const prepared = await prepareExperiment(await readExperiment("newswire-selection", { cwd }), signal);
    const before = { all: process.cpuUsage(), main: process.threadCpuUsage() };
    const outcome = await runExperiment(
      { prepared, directory: join(folder, "run"), acceptChanges: false },
      {
        signal,
        clock: { now: () => Date.now(), monotonic: () => performance.now() },
        onEvent: () => undefined,
        holder: { pid: process.pid },
      },
    );
    const all = process.cpuUsage(before.all);
    const main = process.threadCpuUsage(before.main);
    const capacity = outcome.workerCount * outcome.wallMs;
    return {
      name: "overhead",
      measured: "newswire-selection, 3 seeds: wall time times workers, beside the time workers were busy with models",
      unit: "worker-seconds",
      ours: capacity / 1000,
      peer: { name: "busy workers alone", value: outcome.busyMs / 1000 },
      ratio: capacity / outcome.busyMs,
      overhead: 1 - outcome.busyMs / capacity,
      mainShareOfCpu: (main.user + main.system) / (all.user + all.system),
      cpuSeconds: (all.user + all.system) / 1e6,
      wallSeconds: outcome.wallMs / 1000,
      workers: outcome.workerCount,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
