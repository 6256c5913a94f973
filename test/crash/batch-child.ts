// A process that samples one stage through batches into a real run folder, to be killed with -9: before a write of its
// ledger by itself, at a request by the server. Without either it tells what it has.

import { writeSync } from "node:fs";
import type { Ledger } from "../../src/domain/context.ts";
import type { Execute, Stage } from "../../src/domain/stage.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import { createProvider } from "../../src/providers/provider.ts";
import { createEndpoint, quickLimits } from "../helpers/endpoint.ts";
import {
  createLanguageArm,
  createRows,
  createScriptedSystem,
  describeSplits,
  openLanguageFolder,
} from "../helpers/language-run.ts";
import { systemClock } from "../helpers/temporary-folder.ts";

/** Counted from 1; 0 for none. */
const [directory = "", url = "", killAt = "0"] = process.argv.slice(2);
let writes = 0;

/** Dies before the write of that number has begun. */
function count(): void {
  writes += 1;
  if (writes === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

const wrap = (ledger: Ledger): Ledger => ({
  ...ledger,
  intend(attempt) {
    count();
    return ledger.intend(attempt);
  },
  settle(key, end) {
    count();
    return ledger.settle(key, end);
  },
  record(key, answer) {
    count();
    return ledger.record(key, answer);
  },
});

const splits = { train: createRows("train", 8), test: createRows("test", 2) };
const folder = await openLanguageFolder(directory, { splits });
const limits = { ...quickLimits, tries: 4, waitMs: 20_000 };
const endpoint = createEndpoint({ urls: [url], mode: "batch", draws: "n", limits });
const provider = createProvider(endpoint, {
  secret: null,
  clock: systemClock,
  batch: { pauseMs: 5, settleMs: 300 },
});
const system = createScriptedSystem(folder.shelf, { sampler: provider.sampler, dataset: describeSplits(splits) });
const { signal } = new AbortController();
const progress = { report: () => undefined };
const execute: Execute = createDurableExecutor({
  ...{ records: folder.records, signal, onEvent: () => undefined },
  perform: ({ key, description, inputs }) => {
    // The ledger of the stage that is sampled alone is counted.
    const ledger = folder.createLedger(key);
    const counted = description.kind === "sample" ? wrap(ledger) : ledger;
    return system.perform(description, inputs, { key, signal, clock: systemClock, progress, ledger: counted });
  },
});
const turn = { arm: createLanguageArm("batch", { real: 1 }, 1), seed: 0, generation: 0 };
const model: Stage = await execute(system.train(turn, await execute(system.assemble(turn, [])), undefined));
const { key } = await execute(system.sample(turn, model));
const { sha256, rows } = await folder.shelf.readSummary(key);
await provider.close();
await folder.close();
writeSync(1, JSON.stringify({ sha256, rows, writes }));
