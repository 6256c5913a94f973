// The run that sampling.bench.ts and resume.bench.ts measure, in a process of its own: a real run folder, the language
// system's sample stage, the controller and the wire. `prepare` makes the folder with its prompts; `sample` starts cold,
// asks for every candidate that is missing and tells what it took.

import { mkdirSync, writeFileSync } from "node:fs";
import { widenYoungHeap } from "../src/cli/young-heap.ts";
import type { Trainer } from "../src/domain/ports.ts";
import type { Row, Split } from "../src/domain/rows.ts";
import type { Arm, Execute, Stage } from "../src/domain/stage.ts";
import { policies } from "../src/experiment/compose/policies.ts";
import { computeDigest } from "../src/keys/digest.ts";
import { createDurableExecutor } from "../src/loop/durable.ts";
import { openConnection } from "../src/providers/connection.ts";
import { createHostedSampler } from "../src/providers/control/sampler.ts";
import type { EndpointLimits, EndpointSettings } from "../src/providers/endpoint.ts";
import { createSampleRequests } from "../src/providers/openai/sample.ts";
import { createScriptedProvider } from "../src/providers/scripted/provider.ts";
import { openRunFolder, type RunFolder } from "../src/store/run-folder.ts";
import type { LanguageSettings } from "../src/systems/language/settings.ts";
import { createLanguageSystem } from "../src/systems/language/system.ts";
import { createTemplate } from "../src/systems/language/template.ts";

export interface SamplingFigures {
  /** Microseconds of processor time a request, the whole process: from its start, and from the warm-up's end. */
  readonly coldMicroseconds: number;
  readonly warmMicroseconds: number;
  readonly coldPerSecond: number;
  readonly warmPerSecond: number;
  readonly residentMegabytes: number;
  /** Of resident memory, once a fifth is done. */
  readonly megabytesPer100k: number;
  readonly rows: number;
}

export interface SamplingOptions {
  readonly directory: string;
  readonly count: number;
  /** The servers of the one endpoint. */
  readonly urls: readonly string[];
  readonly concurrency: number;
  /** Rows after which the warm figures begin. */
  readonly warmAfter: number;
  /** A minute; null for no limit. */
  readonly requests: number | null;
  readonly output: string;
  /** In place of what is asked of an honest server. */
  readonly isStreamed?: boolean;
  readonly limits?: Partial<EndpointLimits>;
  readonly backoffMs?: number;
  /** A file that tells of every request that a server had asked to wait, and that did not (test/helpers/patience.ts). */
  readonly early?: string;
}

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const decoding = { temperature: 1, topP: null, topK: null, maxTokens: 64, stop: [] };
const settings: LanguageSettings = {
  real: 1,
  start: "base",
  teacher: null,
  params: {},
  firstParams: {},
  sample: { ...decoding, candidates: 1 },
  corpus: { kind: "replace" },
  verifier: null,
  alsoScore: [],
  selection: { best: null, threshold: null, keep: null },
  decode: decoding,
  metrics: [],
  markers: "keep",
};
const arm: Arm<LanguageSettings> = { id: "sampling", generations: 1, settings };
const limits = {
  ...{ tokens: null, waitMs: 60_000, tries: 4 },
  ...{ firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000, answerBytes: 1 << 20 },
};

const trainer: Trainer = {
  version: 1,
  base: "bench",
  async train(_examples, { file }) {
    writeFileSync(file, "bench");
    const result = Promise.resolve({ rows: 0, steps: 0, tokens: 0, loss: 0 });
    return { poll: async () => "done", cancel: async () => undefined, result: () => result };
  },
};

async function* createRows(count: number): AsyncGenerator<Row> {
  const words = "the committee said on tuesday that the rules of its members would be looked at again";
  for (let index = 0; index < count; index++) {
    yield { id: `row-${index}`, article: `#row-${index}# ${words}`, summary: "rules looked at again" };
  }
}

/** What an experiment file would say of the server. */
const createEndpoint = ({
  urls,
  concurrency,
  requests,
  isStreamed = false,
  ...more
}: SamplingOptions): EndpointSettings => ({
  ...{ name: "bench", provider: "openai", urls, model: "bench", revision: null, route: null, key: null },
  ...{ ask: "chat", system: null, params: {}, given: "none", join: "", draws: "single", isStreamed },
  ...{ hasFinish: true, mode: "live", price: { input: 0.1, output: 0.4, request: 0 } },
  limits: { ...limits, concurrency, requests, ...more.limits },
});

async function createSampler(options: SamplingOptions) {
  const { controller, talk, close } = openConnection(createEndpoint(options), {
    ...{ secret: null, clock },
    ...(options.backoffMs !== undefined && { backoffMs: options.backoffMs }),
  });
  const plain = createSampleRequests(talk);
  const watch = options.early && (await import("../test/helpers/patience.ts")).watchPatience(plain, options.early);
  const createRequest = watch ? watch.createRequest : plain;
  const sampler = createHostedSampler({ version: 1, controller, createRequest, draws: "single" });
  return { sampler, close, readPatience: () => (watch ? watch.read() : undefined) };
}

/** Looks at the process: its time and memory, by the rows that have come. */
function createWatch({ warmAfter, count }: SamplingOptions) {
  const memory: { readonly rows: number; readonly megabytes: number }[] = [];
  let rows = 0;
  let first: Mark | undefined;
  let warm: Mark | undefined;
  const mark = (): Mark => ({ rows, ms: performance.now(), cpu: process.cpuUsage() });
  const timer = setInterval(() => void memory.push({ rows, megabytes: process.memoryUsage.rss() / 2 ** 20 }), 100);
  const between = (from: Mark, to: Mark) => ({
    microseconds: (to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system) / (to.rows - from.rows),
    perSecond: (1000 * (to.rows - from.rows)) / (to.ms - from.ms),
  });
  return {
    begin(): void {
      first = mark();
    },
    report(doneCount: number): void {
      rows = doneCount;
      if (warm === undefined && rows >= warmAfter) warm = mark();
    },
    end(): SamplingFigures {
      clearInterval(timer);
      rows = count;
      const last = mark();
      const begun = first ?? last;
      const fromWarm = between(warm ?? begun, last);
      return {
        // The process began at nought: what it took to start is in it.
        coldMicroseconds: (last.cpu.user + last.cpu.system) / count,
        warmMicroseconds: fromWarm.microseconds,
        coldPerSecond: between(begun, last).perSecond,
        warmPerSecond: fromWarm.perSecond,
        residentMegabytes: process.resourceUsage().maxRSS / 1024,
        megabytesPer100k: computeSlope(memory.filter((each) => each.rows > count / 5)) * 1e5,
        rows,
      };
    },
  };
}

interface Mark {
  readonly rows: number;
  readonly ms: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** Least squares. */
function computeSlope(samples: readonly { readonly rows: number; readonly megabytes: number }[]): number {
  const meanX = samples.reduce((sum, { rows }) => sum + rows, 0) / samples.length;
  const meanY = samples.reduce((sum, { megabytes }) => sum + megabytes, 0) / samples.length;
  const top = samples.reduce((sum, { rows, megabytes }) => sum + (rows - meanX) * (megabytes - meanY), 0);
  return top / samples.reduce((sum, { rows }) => sum + (rows - meanX) ** 2, 0);
}

async function openFolder({ directory, count }: SamplingOptions, isNew: boolean): Promise<RunFolder> {
  const folder = await openRunFolder(directory, { clock, holder: { pid: process.pid } });
  if (!isNew) return folder;
  const counts = { train: count, test: 1 };
  for (const split of ["train", "test"] as const satisfies readonly Split[]) {
    await folder.importDataset({
      split,
      digest: computeDigest(`${split} ${count}`),
      rows: () => createRows(counts[split]),
    });
  }
  return folder;
}

async function main(kind: string, options: SamplingOptions): Promise<void> {
  widenYoungHeap();
  const watch = createWatch(options);
  const folder = await openFolder(options, kind === "prepare");
  const hosted = await createSampler(options);
  const { scorer } = createScriptedProvider();
  const counts = { train: options.count, test: 1 };
  const digest = (split: Split) => ({ digest: computeDigest(`${split} ${options.count}`), rowCount: counts[split] });
  const system = createLanguageSystem({
    ...{
      shelf: folder.shelf,
      sampler: hosted.sampler,
      scorer,
      trainer,
      verifiers: {},
      metrics: {},
      teachers: {},
      ...policies,
    },
    ...{
      template: createTemplate("{{ article }}", "bench"),
      dataset: { train: digest("train"), test: digest("test") },
    },
  });
  const { signal } = new AbortController();
  const progress = { report: watch.report };
  const execute: Execute = createDurableExecutor({
    ...{ records: folder.records, signal, onEvent: () => undefined },
    perform: ({ key, description, inputs }) =>
      system.perform(description, inputs, { key, signal, clock, progress, ledger: folder.createLedger(key) }),
  });
  const turn = { arm, seed: 0, generation: 0 };
  const model: Stage = await execute(system.train(turn, await execute(system.assemble(turn, [])), undefined));
  if (kind === "sample") {
    watch.begin();
    const { value } = await execute(system.sample(turn, model));
    const { rows } = value as { readonly rows: number };
    writeFileSync(options.output, JSON.stringify({ ...watch.end(), rows, patience: hosted.readPatience() }));
  }
  await hosted.close();
  await folder.close();
  process.exit(0);
}

const [kind, text] = process.argv.slice(2) as [string, string];
const options = JSON.parse(text) as SamplingOptions;
mkdirSync(options.directory, { recursive: true });
await main(kind, options);
