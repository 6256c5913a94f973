// The Sampler port over a scripted service: one call for what is wanted of a prompt, sent by the controller that sends to every other endpoint.
// Here is only the wire to it: what a call comes to. It waits for nobody and asks for no patience.

import { setImmediate, setTimeout } from "node:timers/promises";
import type { SampleRequest, Sampler } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { askAll } from "../control/ask-all.ts";
import { createController } from "../control/controller.ts";
import { createTime } from "../control/time.ts";
import type { Outcome, Request } from "../exchange.ts";
import { createAnswer } from "./answer.ts";
import type { CallFault, Script } from "./script.ts";
import type { Service } from "./service.ts";

const limits = { requests: null, tokens: null, waitMs: 60_000, tries: 4 };

export function createScriptedSampler(script: Script, service: Service): Sampler {
  return {
    version: 1,
    async *sample(prompts, request, context) {
      const controller = createController({
        name: "scripted",
        targets: [{ url: "in this process" }],
        limits: { ...limits, concurrency: script.width },
        time: createTime(context.clock),
        random: createRandom(computeSeed("scripted")),
        backoffMs: 0,
      });
      const createRequest = (prompt: Prompt) => createCall(prompt, { script, service, request });
      for await (const { settled } of askAll(prompts, { controller, context, createRequest })) {
        if (settled.kind === "answered") yield* settled.answer;
      }
    },
  };
}

interface Call {
  readonly script: Script;
  readonly service: Service;
  readonly request: SampleRequest;
}

function createCall(prompt: Prompt, { script, service, request }: Call): Request<readonly Candidate[]> {
  const draws = prompt.draws ?? Array.from({ length: request.draws }, (_, draw) => draw);
  const attempt = prompt.draws === undefined ? prompt.id : `${prompt.draws.join(",")}/${prompt.id}`;
  return {
    ...{ key: attempt, rowCount: draws.length, mostUsd: script.price, mostTokens: 0 },
    async send({ url }): Promise<Outcome<readonly Candidate[]>> {
      const call = `${request.seed}/${attempt}`;
      const { fault } = service.call("sample", call);
      await (script.delayMs > 0 ? setTimeout(drawDelay(script.delayMs, call)) : setImmediate());
      if (fault !== null) return outcomeByFault[fault];
      const answer = draws.map((draw) => createAnswer(prompt, draw, { script, request, attempt }));
      return {
        kind: "answered",
        answer,
        // It counts what it writes, row by row.
        usage: { url, promptTokens: 0, completionTokens: null, usd: script.price },
      };
    },
  };
}

const outcomeByFault: Readonly<Record<CallFault, Outcome<never>>> = {
  busy: { kind: "busy", reason: "turned away, too busy", retryAfterMs: 0 },
  lost: { kind: "lost", reason: "the reply never came" },
  rejected: { kind: "denied", reason: "a prompt was turned away for good", next: "resume to ask again" },
};

/** Half as long to half as long again: answers overtake each other. */
function drawDelay(delayMs: number, call: string): number {
  return delayMs * (0.5 + createRandom(computeSeed("delay", call)).uniform());
}
