// What the way through HTTP costs a run that serves itself: newswire's sampling through its own server and the whole path
// of a hosted model (controller, wire, server), beside the same draws in process. Everything shares the machine, as it does
// in such a run. Both sides draw the same: that is looked at as well, to the bit.

import { availableParallelism } from "node:os";
import { createRecordingContext, createStream } from "../src/contracts/case.ts";
import { createNewswireRows } from "../src/datasets/newswire.ts";
import type { SampleRequest, Sampler } from "../src/domain/ports.ts";
import type { Candidate } from "../src/domain/rows.ts";
import { createEmbeddedRuntime, type EmbeddedRuntime } from "../src/embedded/runtime.ts";
import { createServedEngine } from "../src/experiment/serve/engine.ts";
import { startOwnServer } from "../src/experiment/serve/own-server.ts";
import type { EndpointSettings } from "../src/providers/endpoint.ts";
import { createProvider } from "../src/providers/provider.ts";
import type { ModelDirectory } from "../src/providers/served/engine.ts";

const promptCount = 4000;
const concurrency = 256;
const rounds = 3;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

export async function run() {
  const runtime = await createEmbeddedRuntime();
  const server = await startOwnServer(createServedEngine(runtime, createDirectory(runtime)), clock);
  const provider = createProvider(createSettings(server.url), { secret: null, clock });
  try {
    const request = createRequest(runtime);
    const [local, served]: [number[], number[]] = [[], []];
    const [localCpu, servedCpu]: [number[], number[]] = [[], []];
    // Both are warm before anything is measured.
    await measure(runtime.sampler, request, 400);
    await measure(provider.sampler, request, 400);
    let isEqual = true;
    for (let round = 0; round < rounds; round++) {
      const [here, there] = [
        await measure(runtime.sampler, request, promptCount),
        await measure(provider.sampler, request, promptCount),
      ];
      local.push(here.rate);
      served.push(there.rate);
      localCpu.push(here.cpu);
      servedCpu.push(there.cpu);
      isEqual &&= here.text === there.text;
    }
    const [ours, peer] = [readMedian(served), readMedian(local)];
    return {
      name: "serve",
      measured: `${promptCount} newswire prompts sampled through the run's own server, ${concurrency} requests in flight at most, beside the same in process; ${availableParallelism()} cores, median of ${rounds}`,
      unit: "candidates/s",
      ours,
      peer: { name: "in process", value: peer },
      ratio: ours / peer,
      all: { served, local },
      // What is left of the difference on a machine that is busy with something else.
      cpuMicroseconds: { served: readMedian(servedCpu), local: readMedian(localCpu) },
      ...(isEqual ? {} : { broken: ["the draws are not those of the process, to the bit"] }),
    };
  } finally {
    await provider.close();
    await server.close();
    await runtime.close();
  }
}

function createDirectory({ base }: EmbeddedRuntime): ModelDirectory {
  const model = { ...base, createdMs: 0, turns: [], isAuxiliary: false };
  return { list: async () => [model], find: async () => base, released: async () => [] };
}

function createSettings(url: string): EndpointSettings {
  return {
    name: "own",
    provider: "openai",
    urls: [url],
    model: null,
    revision: null,
    route: null,
    key: null,
    ask: "completions",
    system: null,
    params: {},
    given: "refeed",
    join: "",
    draws: "single",
    isStreamed: false,
    hasFinish: true,
    mode: "live",
    price: { input: 0, output: 0, request: 0 },
    limits: {
      concurrency,
      requests: null,
      tokens: null,
      firstByteMs: 60_000,
      idleMs: 60_000,
      totalMs: 60_000,
      waitMs: 60_000,
      tries: 2,
      answerBytes: 1_000_000,
    },
  };
}

function createRequest({ base }: EmbeddedRuntime): SampleRequest {
  return { model: base, draws: 1, temperature: 1, topP: null, topK: null, maxTokens: 16, seed: "bench", promptCount };
}

/** Candidates a second, microseconds of CPU a candidate over all threads, and all that was drawn. */
async function measure(sampler: Sampler, request: SampleRequest, count: number) {
  const rows = createNewswireRows({ split: "train", count });
  const prompts = rows.map(({ id, article }) => ({ id, text: article }));
  const drawn = new Map<string, readonly unknown[]>();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const context = createRecordingContext("bench");
  for await (const candidate of sampler.sample(createStream(prompts), { ...request, promptCount: count }, context)) {
    drawn.set(candidate.promptId, readCandidate(candidate));
  }
  const rate = (1000 * count) / (performance.now() - start);
  const { user, system } = process.cpuUsage(cpu);
  return { rate, cpu: (user + system) / count, text: JSON.stringify(prompts.map(({ id }) => drawn.get(id))) };
}

const readCandidate = ({ completion, finish, tokenLogProbabilities }: Candidate): readonly unknown[] => [
  completion,
  finish,
  Buffer.from(
    tokenLogProbabilities!.buffer,
    tokenLogProbabilities!.byteOffset,
    tokenLogProbabilities!.byteLength,
  ).toString("hex"),
];

function readMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
