// The run that scale.bench.ts measures, in a process of its own so that its memory is nobody else's: the real store, loop,
// language system and lint over a provider that answers at once, watched from inside. Started again on a finished run it
// finds nothing to do.

import { existsSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { boundYoungHeap } from "../src/cli/young-heap.ts";
import { writeRows } from "../src/datasets/row-file.ts";
import type { Trainer } from "../src/domain/ports.ts";
import type { Row, Split } from "../src/domain/rows.ts";
import type { Arm } from "../src/domain/stage.ts";
import { createLintCheck } from "../src/experiment/compose/lint-check.ts";
import { policies } from "../src/experiment/compose/policies.ts";
import { describeStages } from "../src/experiment/plan.ts";
import { type RunEvent, runStages } from "../src/experiment/stages.ts";
import { computeDigest } from "../src/keys/digest.ts";
import { createScriptedProvider } from "../src/providers/scripted/provider.ts";
import { openRunFolder, type RunFolder } from "../src/store/run-folder.ts";
import type { LanguageSettings } from "../src/systems/language/settings.ts";
import { createLanguageSystem } from "../src/systems/language/system.ts";
import { createTemplate } from "../src/systems/language/template.ts";
import { createRandomVerifier } from "../src/verifiers/random.ts";

export interface StageFigures {
  readonly seconds: number;
  /** The longest the event loop was held by the clock. */
  readonly heldMs: number;
  /** The same between two looks 5 ms apart, without what the thread waited for a core, and the most of its own time. */
  readonly heldRunningMs: number;
  readonly heldCpuMs: number;
  readonly residentMegabytes: number;
}

export interface RunFigures {
  /** By kind and generation, in the order of work. */
  readonly stages: Readonly<Record<string, StageFigures>>;
  /** From the first intent to the last candidate on the disk. */
  readonly sampleSeconds: number;
  readonly residentMegabytes: number;
  /** Of resident memory while sampling, once a fifth is done. */
  readonly megabytesPer100k: number;
}

const draws = 4;
/** 150 words of 14 letters at the mean: 2 KB. */
const script = { words: 200, logProbabilities: false, width: 64 };
const decoding = { temperature: 1, topP: null, topK: null, maxTokens: 512, stop: [] };
const settings: LanguageSettings = {
  real: 1,
  start: "base",
  teacher: null,
  params: {},
  firstParams: {},
  sample: { ...decoding, candidates: draws },
  corpus: { kind: "replace" },
  verifier: "random",
  alsoScore: [],
  selection: { best: null, threshold: null, keep: 0.125 },
  decode: decoding,
  metrics: [],
  markers: "keep",
};
const arm: Arm<LanguageSettings> = { id: "scale", generations: 1, settings };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Writes its examples to a JSON Lines file, as every trainer outside of this process will ask for. */
const trainer: Trainer = {
  version: 1,
  base: "jsonl",
  async train(examples, { file }) {
    const written = writeRows({ path: file, shown: file, overwrites: false, token: "bench" }, examples);
    const result = written.then((rows) => ({ rows, steps: rows, tokens: rows, loss: 0 }));
    return { poll: async () => "running", cancel: async () => undefined, result: () => result };
  },
};

async function* createRows(split: Split, count: number): AsyncGenerator<Row> {
  const words =
    "refurbishment counterproposal archaeologist municipalities transatlantic superintendent reconstruction fortifications".split(
      " ",
    );
  for (let index = 0; index < count; index++) {
    const article = [...words, `${split}${index}`].join(" ");
    yield { id: `${split}-${index}`, article, summary: `${words[index % words.length]} ${index}` };
  }
}

function createSystem(folder: RunFolder, promptCount: number) {
  const template = createTemplate("{{ article }}", "bench");
  const { sampler, scorer } = createScriptedProvider({ script });
  const system = createLanguageSystem({
    shelf: folder.shelf,
    sampler,
    scorer,
    trainer,
    template,
    teachers: {},
    dataset: {
      train: { digest: computeDigest(`train ${promptCount}`), rowCount: promptCount },
      test: { digest: computeDigest("test 1"), rowCount: 1 },
    },
    verifiers: {
      random: { verifier: createRandomVerifier(), parameters: { kind: "random" }, auxiliary: null, isSeeded: true },
    },
    metrics: {},
    ...policies,
  });
  return {
    system,
    checkLint: createLintCheck(
      { shelf: folder.shelf, render: template.render, readRoundTrip: null, verifiers: {} },
      {},
    ),
  };
}

/** Watches this process from start to end: its memory every 100 ms, and the longest turn of its event loop by stage. */
function createWatch() {
  const stages: Record<string, StageFigures> = {};
  const readQueueMs = createQueueReader();
  const memory: { readonly candidates: number; readonly megabytes: number }[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let open = { name: "import", startMs: performance.now(), firstSample: 0 };
  let candidates = 0;
  let lastMs = 0;
  let cpu = process.threadCpuUsage();
  let last = { clockMs: performance.now(), queueMs: readQueueMs() };
  let [heldCpuMs, heldRunningMs] = [0, 0];
  const tick = setInterval(() => {
    const now = process.threadCpuUsage();
    heldCpuMs = Math.max(heldCpuMs, (now.user + now.system - cpu.user - cpu.system) / 1000);
    cpu = now;
    const next = { clockMs: performance.now(), queueMs: readQueueMs() };
    heldRunningMs = Math.max(heldRunningMs, next.clockMs - last.clockMs - (next.queueMs - last.queueMs));
    last = next;
  }, 5);
  const look = (): void => void memory.push({ candidates, megabytes: process.memoryUsage.rss() / 2 ** 20 });
  const timer = setInterval(look, 100);
  delay.enable();
  const begin = (name: string): void => {
    look();
    stages[open.name] = {
      seconds: (performance.now() - open.startMs) / 1000,
      heldMs: delay.max / 1e6,
      heldRunningMs,
      heldCpuMs,
      residentMegabytes: Math.max(...memory.slice(open.firstSample).map(({ megabytes }) => megabytes)),
    };
    delay.reset();
    [heldCpuMs, heldRunningMs] = [0, 0];
    open = { name, startMs: performance.now(), firstSample: memory.length };
  };
  return {
    begin,
    onEvent(event: RunEvent): void {
      if (!("request" in event) || event.request.description.kind === "evaluate") return;
      const { kind, turn } = event.request.description;
      if (event.kind === "stage-started") begin(`${kind} ${turn.generation}`);
      if (event.kind === "stage-finished") begin(`after ${kind} ${turn.generation}`);
      if (event.kind !== "stage-progress" || kind !== "sample") return;
      candidates = event.doneCount;
      lastMs = performance.now() - open.startMs;
    },
    end(): RunFigures {
      begin("end");
      clearInterval(timer);
      clearInterval(tick);
      delay.disable();
      return {
        stages,
        sampleSeconds: lastMs / 1000,
        residentMegabytes: process.resourceUsage().maxRSS / 1024,
        megabytesPer100k: computeSlope(memory.filter((each) => each.candidates > candidates / 5)) * 1e5,
      };
    },
  };
}

/** What this thread was ready and waited for a core, since it began: Linux alone tells it. */
function createQueueReader(): () => number {
  const file = "/proc/thread-self/schedstat";
  if (!existsSync(file)) return () => 0;
  const handle = openSync(file, "r");
  const bytes = Buffer.alloc(128);
  return () => Number(bytes.toString("latin1", 0, readSync(handle, bytes, 0, 128, 0)).split(" ")[1]) / 1e6;
}

/** Least squares, over the samples taken while candidates still came. */
function computeSlope(samples: readonly { readonly candidates: number; readonly megabytes: number }[]): number {
  const last = samples.at(-1)?.candidates;
  const used = samples.filter(({ candidates }) => candidates !== last);
  const meanX = used.reduce((sum, { candidates }) => sum + candidates, 0) / used.length;
  const meanY = used.reduce((sum, { megabytes }) => sum + megabytes, 0) / used.length;
  const top = used.reduce((sum, { candidates, megabytes }) => sum + (candidates - meanX) * (megabytes - meanY), 0);
  return top / used.reduce((sum, { candidates }) => sum + (candidates - meanX) ** 2, 0);
}

async function main(directory: string, candidateCount: number): Promise<RunFigures> {
  boundYoungHeap();
  const watch = createWatch();
  const promptCount = candidateCount / draws;
  const folder = await openRunFolder(directory, { clock, holder: { pid: process.pid } });
  const { system, checkLint } = createSystem(folder, promptCount);
  const counts = { train: promptCount, test: 1 };
  for (const split of ["train", "test"] as const) {
    const digest = computeDigest(`${split} ${counts[split]}`);
    await folder.importDataset({ split, digest, rows: () => createRows(split, counts[split]) });
  }
  watch.begin("plan");
  const trials = [{ arm, seed: 0 }];
  await folder.writePlan(await describeStages(trials, system), []);
  const world = {
    signal: new AbortController().signal,
    clock,
    onEvent: watch.onEvent,
    holder: { pid: process.pid },
  };
  await runStages(folder, { composition: { system, checkLint, trials }, open: [] }, world);
  watch.begin("close");
  await folder.close();
  return watch.end();
}

const [directory, candidateText, output] = process.argv.slice(2) as [string, string, string];
mkdirSync(directory, { recursive: true });
writeFileSync(output, JSON.stringify(await main(directory, Number(candidateText))));
