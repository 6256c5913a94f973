// What is asked of hosted models, check by check and in this very process: an answer without its end, a server that asks
// for patience, budgets, a model that is another one by now, answers that were paid for. Seconds, all of them together.

import { join } from "node:path";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import type { Budget, Usage } from "../../src/domain/context.ts";
import { BudgetError, ProviderError } from "../../src/errors.ts";
import { createRandom } from "../../src/math/random.ts";
import { askRecorded } from "../../src/providers/control/ask-all.ts";
import { createController } from "../../src/providers/control/controller.ts";
import { createTime } from "../../src/providers/control/time.ts";
import { createProvider } from "../../src/providers/provider.ts";
import { createEndpointGate } from "../../src/providers/proving/gate.ts";
import { createRests } from "../../src/providers/rests.ts";
import { openRunFolder } from "../../src/store/run-folder.ts";
import { createEndpoint, quickLimits } from "../helpers/endpoint.ts";
import { checkMix } from "../helpers/fault-mix.ts";
import { createMemoryEvidence, reachEndpoint } from "../helpers/given-endpoint.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { sendEvents, sendJson, startLoopback } from "../helpers/loopback.ts";
import { createStageRequest } from "../helpers/stage-request.ts";
import { type Ending, systemClock } from "../helpers/temporary-folder.ts";
import type { LaboratoryOptions, LaboratoryResult } from "./laboratory.ts";

interface Place {
  /** Of this check alone. */
  readonly folder: string;
  readonly ending: Ending;
}

/** Each tells what is wrong, or null. */
const checks: Readonly<Record<string, (place: Place) => Promise<string | null>>> = {
  streams: checkStreams,
  patience: checkPatience,
  requests: async ({ folder }) => checkBudget(folder, { requests: 3 }),
  tokens: async ({ folder }) => checkBudget(folder, { tokens: 30 }),
  fingerprint: checkFingerprint,
  answers: checkAnswers,
  memory: checkMemory,
  names: checkNames,
};

export async function runHosted({ folder, isBrief = false }: LaboratoryOptions): Promise<LaboratoryResult> {
  const violations: string[] = [];
  let runs = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (isBrief && violations.length > 0) break;
    runs += 1;
    const ends: (() => unknown)[] = [];
    const ending: Ending = { after: (end) => void ends.unshift(end) };
    const found = await check({ folder: join(folder, name), ending }).catch((error: Error) => error.message);
    for (const end of ends) await end();
    if (found !== null) violations.push(`${name}: ${found}`);
  }
  return { runs, kills: 0, faults: 0, violations };
}

/** What is not kept is thrown. */
async function checkPatience(): Promise<null> {
  await checkMix({ count: 60, concurrency: 8, seed: 7 });
  return null;
}

const model = { lineage: "endpoint:teacher", file: "", digest: "d".repeat(64) };

/** A stream that breaks off without its end mark is none, even where no text has to say how it ended. */
async function checkStreams({ ending }: Place): Promise<string | null> {
  const piece = (content: string): string =>
    `data: ${JSON.stringify({ id: "one", choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const whole = [piece("all"), piece(" of it"), "data: [DONE]\n\n"];
  const server = await startLoopback(ending, (_, response) =>
    sendEvents(response, server.received.length === 1 ? whole.slice(0, 1) : whole),
  );
  const endpoint = createEndpoint({ urls: [`${server.url}/v1`], isStreamed: true, hasFinish: false });
  const provider = createProvider(endpoint, { secret: null, clock: systemClock, backoffMs: 1 });
  ending.after(() => void provider.close());
  const decoding = { draws: 1, temperature: 1, topP: null, topK: null, maxTokens: 8 };
  const request = { ...decoding, model, seed: "seed", promptCount: 1 };
  const prompts = createStream([{ id: "a", text: "say it" }]);
  const [candidate] = await readAll(provider.sampler.sample(prompts, request, createRecordingContext("stage")));
  return candidate?.completion === "all of it" ? null : `the text was cut to ${JSON.stringify(candidate?.completion)}`;
}

/** An answer by another name than those of the proof is none. */
async function checkNames({ ending }: Place): Promise<string | null> {
  const server = await startLoopback(ending, (_, response) =>
    sendJson(response, { model: "another", choices: [{ index: 0, text: "all of it", finish_reason: "stop" }] }),
  );
  const endpoint = createEndpoint({ urls: [`${server.url}/v1`], ask: "completions" });
  const provider = createProvider(endpoint, { secret: null, clock: systemClock, backoffMs: 1 });
  ending.after(() => void provider.close());
  provider.talk.names?.meet("/completions", "tiny");
  const decoding = { draws: 1, temperature: 1, topP: null, topK: null, maxTokens: 8 };
  const request = { ...decoding, model, seed: "seed", promptCount: 1 };
  const prompts = createStream([{ id: "a", text: "say it" }]);
  const sampled = readAll(provider.sampler.sample(prompts, request, createRecordingContext("stage")));
  const refusal = await sampled.catch((error: unknown) => error);
  return refusal instanceof ProviderError ? null : "an answer by another name was taken";
}

const stage = createStageRequest("verify");

/** Whoever goes on with a run leaves a server alone that asked for that. */
async function checkMemory({ folder }: Place): Promise<string | null> {
  const ask = async (): Promise<number> => {
    const run = await openRunFolder(folder, { clock: systemClock, holder: { pid: process.pid } });
    await run.records.begin(stage);
    const controller = createController({
      ...{ name: "teacher", targets: [{ url: "here" }], random: createRandom(Uint32Array.of(1, 2, 3, 4)) },
      ...{ limits: { ...quickLimits, waitMs: 1000 }, time: createTime(systemClock) },
      rests: createRests({ name: "teacher", records: run.endpoints, clock: systemClock }),
    });
    let sentCount = 0;
    const request = {
      ...{ key: "a", rowCount: 0, mostUsd: 0, mostTokens: 0 },
      async send() {
        sentCount += 1;
        return { kind: "busy", reason: "429", retryAfterMs: 60_000 } as const;
      },
    };
    const context = { ...createRecordingContext(stage.key), ledger: run.createLedger(stage.key) };
    await controller.ask(request, context).catch((error: unknown) => {
      if (!(error instanceof ProviderError)) throw error;
    });
    await controller.close();
    await run.close();
    return sentCount;
  };
  const counts = [await ask(), await ask()];
  return counts.join() === "1,0" ? null : `a server that had asked for a minute was asked ${counts[1]} times after it`;
}

const mostMs = 5000;

/** Asks for so many answers through a run folder; tells how many were sent, and what the run has spent. */
async function askInRun(directory: string, count: number, budget: Partial<Budget> = {}) {
  const run = await openRunFolder(directory, { clock: systemClock, holder: { pid: process.pid }, budget });
  await run.records.begin(stage);
  const time = createTime(systemClock);
  const limits = { ...quickLimits, concurrency: 1 };
  const options = { name: "teacher", targets: [{ url: "here" }], random: createRandom(Uint32Array.of(1, 2, 3, 4)) };
  const controller = createController({ ...options, limits, time });
  // Whoever holds a part of the budget that nobody gives back is waited for without an end.
  const signal = AbortSignal.timeout(mostMs);
  const context = { ...createRecordingContext(stage.key), signal, ledger: run.createLedger(stage.key) };
  // It counts nothing.
  const usage: Usage = { url: "here", promptTokens: null, completionTokens: null, usd: 0.01 };
  let sentCount = 0;
  const createRequest = (key: string) => ({
    ...{ key, rowCount: 0, mostUsd: 0.01, mostTokens: 10 },
    async send() {
      sentCount += 1;
      return { kind: "answered" as const, answer: key, usage };
    },
  });
  const keys = Array.from({ length: count }, (_, index) => String(index));
  let isStopped = false;
  try {
    await readAll(askRecorded(createStream(keys), { controller, context, createRequest }));
  } catch (error) {
    if (!(error instanceof BudgetError) && !signal.aborted) throw error;
    isStopped = true;
  } finally {
    await controller.close();
    await run.close();
  }
  return { sentCount, isStopped, spending: run.readSpending() };
}

async function checkBudget(folder: string, budget: Partial<Budget>): Promise<string | null> {
  const { sentCount, isStopped, spending } = await askInRun(folder, 6, budget);
  const [unit, cap] = Object.entries(budget)[0] as ["requests" | "tokens", number];
  if (!isStopped || sentCount !== 3) return `a budget of ${cap} ${unit} let ${sentCount} of 3 requests out`;
  const spent = Object.values(spending).reduce((sum, amount) => sum + amount[unit], 0);
  return spent === cap ? null : `a budget of ${cap} ${unit} was passed: ${spent} are in the books`;
}

async function checkAnswers({ folder }: Place): Promise<string | null> {
  const first = await askInRun(folder, 3);
  const second = await askInRun(folder, 5);
  const count = first.sentCount + second.sentCount;
  return count === 5 ? null : `5 answers were paid for ${count} times`;
}

/** A process that goes on with a run meets another model behind the same address. */
async function checkFingerprint({ ending }: Place): Promise<string | null> {
  const server = await startGivenServer(ending, { kind: "vllm" });
  const records = createMemoryEvidence();
  const enter = async (): Promise<unknown> => {
    const parts = { ...reachEndpoint(ending, server.base), digests: [model.digest], acceptsChange: false, records };
    return createEndpointGate(parts).enter(model, createRecordingContext("stage"));
  };
  await enter();
  server.become({ model: "another" });
  const refusal = await enter().catch((error: unknown) => error);
  return refusal instanceof ProviderError ? null : "another model was believed to be the one that was asked";
}
