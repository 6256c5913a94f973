// The laboratory's run, in a process of its own to be killed: the real loop, store and language system over the scripted
// provider, which keeps its books in a folder of its own. It speaks as the command line does: one line and an exit code,
// and `saved ..` on standard output for whatever it holds to be on the disk.
// node pipeline.ts <run folder> <books folder> [settings as JSON]

import { writeSync } from "node:fs";
import { renderError } from "../../src/cli/failure.ts";
import { watchSignals } from "../../src/cli/signals.ts";
import type { Shelf } from "../../src/domain/shelf.ts";
import { RefeedError } from "../../src/errors.ts";
import { describeStages } from "../../src/experiment/stage-list.ts";
import { runStages } from "../../src/experiment/stages.ts";
import { createScriptedProvider } from "../../src/providers/scripted/provider.ts";
import { toStoreError } from "../../src/store/database.ts";
import {
  createLanguageArm,
  createRows,
  createScriptedSystem,
  describeSplits,
  openLanguageFolder,
} from "../helpers/language-run.ts";
import { systemClock } from "../helpers/temporary-folder.ts";
import { defaultSettings, type PipelineSettings } from "./settings.ts";

async function main(directory: string, books: string, settings: PipelineSettings, signal: AbortSignal): Promise<void> {
  const splits = { train: createRows("train", settings.rows), test: createRows("test", 4) };
  const { gatherMs, checkpointBytes } = settings;
  const bytes = checkpointBytes === undefined ? {} : { checkpointBytes };
  const folder = await openLanguageFolder(directory, { splits, gatherMs, ...bytes });
  try {
    const script = { price: 0.01, words: 4, width: settings.width, delayMs: settings.delayMs, calls: settings.calls };
    const provider = createScriptedProvider({ script, folder: books });
    const system = createScriptedSystem(tellSaved(folder.shelf), { ...provider, dataset: describeSplits(splits) });
    const selection = { best: null, threshold: null, keep: 0.5 };
    const arms = [
      createLanguageArm("picked", { verifier: "oracle", selection }, settings.generations),
      ...(settings.arms > 1
        ? [createLanguageArm("all", { corpus: { kind: "accumulate" } }, settings.generations)]
        : []),
    ];
    if (settings.isReversed) arms.reverse();
    const trials = arms.flatMap((arm) => settings.seeds.map((seed) => ({ arm, seed })));
    const header = { source: "", system: "language", seeds: settings.seeds, metrics: [], facts: [], lint: {} };
    const resolved = { experiment: { source: "" }, materials: null, header };
    await folder.writeRun({ name: "laboratory", source: "", resolved });
    const records = arms.map(({ id, generations }) => ({ id, generations, isLine: false, fields: {} }));
    await folder.writePlan(await describeStages(trials, system), records);
    await folder.check(signal);
    const world = {
      signal,
      clock: systemClock,
      holder: {},
      onEvent: ({ kind, ...event }: { readonly kind: string; readonly request?: { readonly key: string } }) => {
        if (kind === "stage-finished") say(`saved stage ${event.request?.key}`);
      },
    };
    await runStages(folder, { composition: { system, trials }, open: [] }, world);
  } finally {
    await folder.close();
  }
}

/** Says which attempts' candidates are on the disk as soon as the store has said so. */
function tellSaved(shelf: Shelf): Shelf {
  return {
    ...shelf,
    async writeCandidates(stage, batch) {
      await shelf.writeCandidates(stage, batch);
      say(`saved attempt ${stage} ${batch.candidates[0]?.attempt}`);
    },
  };
}

/** At once: what is said stands in the pipe whatever happens next. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const stop = new AbortController();
const [directory = "", books = "", given = "{}"] = process.argv.slice(2);
const settings = { ...defaultSettings, ...(JSON.parse(given) as PipelineSettings) };
const release = watchSignals(process, {
  stop,
  say: (text) => process.stderr.write(text),
  monotonic: systemClock.monotonic,
  drainMs: settings.drainMs,
});
try {
  await main(directory, books, settings, stop.signal);
  say("done");
} catch (error) {
  const told = toStoreError(error, directory);
  process.stderr.write(renderError(told));
  process.exitCode = told instanceof RefeedError ? told.exitCode : 1;
} finally {
  release();
}
