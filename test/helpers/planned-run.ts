// Arms of a language experiment run to their end, or to a halt, in a real run folder with its plan and its record.

import type { CorpusRow } from "../../src/domain/shelf.ts";
import type { Arm, Execute } from "../../src/domain/stage.ts";
import type { Json } from "../../src/keys/canonical.ts";
import { createDescribingExecutor } from "../../src/loop/describing.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import { runTrials } from "../../src/loop/trials.ts";
import type { RunFolder } from "../../src/store/run-folder.ts";
import type { LanguageParts, LanguageSettings } from "../../src/systems/language/settings.ts";
import { createTemplate } from "../../src/systems/language/template.ts";
import { createScriptedSystem, openLanguageFolder } from "./language-run.ts";
import { systemClock } from "./temporary-folder.ts";

export interface PlannedOptions {
  readonly seeds?: readonly number[];
  readonly change?: Partial<LanguageParts>;
  readonly prompt?: string;
  /** The run fails at the stage of this kind that is asked for after so many of its kind. */
  readonly halt?: { readonly kind: string; readonly after: number };
}

/** Returns every corpus as a trainer reads it, in the corpus' own order, by its stage. */
export async function runPlanned(
  directory: string,
  arms: readonly Arm<LanguageSettings>[],
  { seeds = [0], change = {}, prompt = "{{ article }}", halt }: PlannedOptions = {},
): Promise<ReadonlyMap<string, readonly CorpusRow[]>> {
  const folder = await openLanguageFolder(directory);
  const system = createScriptedSystem(folder.shelf, { template: createTemplate(prompt, "test"), ...change });
  const trials = arms.flatMap((arm) => seeds.map((seed) => ({ arm, seed })));
  const planned = createDescribingExecutor();
  const options = { concurrency: 16, onFailure: () => undefined };
  await runTrials(trials, system, planned.execute, options);
  const header = { source: "", system: "language", seeds: [...seeds], metrics: [], facts: [] };
  await folder.writeRun({
    name: "run",
    source: "",
    resolved: { header, materials: { template: { name: "test", text: prompt } } } as unknown as Json,
  });
  const records = arms.map(({ id, generations }) => ({ id, generations, isLine: false, fields: {} }));
  await folder.writePlan(planned.stages.values(), records);
  const running = runTrials(trials, system, createExecute(folder, system, halt), options);
  await running.catch((error: Error) => {
    if (error.message !== "halt") throw error;
  });
  const corpora = new Map<string, readonly CorpusRow[]>();
  for (const { key, description } of planned.stages.values()) {
    if (description.kind === "assemble") corpora.set(key, await readCorpus(folder, key));
  }
  await folder.close();
  return corpora;
}

function createExecute(
  folder: RunFolder,
  system: ReturnType<typeof createScriptedSystem>,
  halt: PlannedOptions["halt"],
): Execute {
  const { signal } = new AbortController();
  let count = 0;
  return createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: () => undefined,
    async perform({ key, description, inputs }) {
      if (description.kind === halt?.kind && count++ === halt.after) throw new Error("halt");
      return system.perform(description, inputs, {
        key,
        signal,
        clock: systemClock,
        ledger: folder.createLedger(key),
        progress: { report: () => undefined },
      });
    },
  });
}

async function readCorpus({ shelf }: RunFolder, stage: string): Promise<readonly CorpusRow[]> {
  const order = Uint32Array.from({ length: shelf.corpusCount(stage) }, (_, position) => position);
  const rows: CorpusRow[] = [];
  for await (const row of shelf.readCorpus(stage, order)) rows.push(row);
  return rows;
}
