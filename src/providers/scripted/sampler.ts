// The Sampler port over a scripted service: one call a prompt, several in flight, each intended before it is sent, and
// handed over as its answer comes.
// When it is told to stop it sends nothing more and still hands over what is on its way: that is paid for.

import { setImmediate, setTimeout } from "node:timers/promises";
import type { Context } from "../../domain/context.ts";
import type { SampleRequest, Sampler } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { ProviderError } from "../../errors.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { createAnswer } from "./answer.ts";
import type { Script } from "./script.ts";
import type { Service } from "./service.ts";

/** Sendings of one call before it is given up. */
const mostTries = 4;

export function createScriptedSampler(script: Script, service: Service): Sampler {
  return {
    version: 1,
    async *sample(prompts, request, context) {
      const landed: (readonly Candidate[])[] = [];
      let [flying, failure, wake] = [0, undefined as unknown, (): void => undefined];
      const send = async (prompt: Prompt): Promise<void> => {
        flying += 1;
        landed.push(
          await ask(prompt, { script, service, request, context }).catch((error) => {
            failure ??= error;
            return [];
          }),
        );
        flying -= 1;
        wake();
      };
      const land = async (): Promise<readonly Candidate[]> => {
        if (landed.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        return landed.shift() ?? [];
      };
      for await (const prompt of prompts) {
        if (context.signal.aborted || failure !== undefined) break;
        void send(prompt);
        while (flying >= script.width || landed.length > 0) yield* await land();
      }
      while (flying > 0 || landed.length > 0) yield* await land();
      if (failure !== undefined) throw failure;
      context.signal.throwIfAborted();
    },
  };
}

interface Call {
  readonly script: Script;
  readonly service: Service;
  readonly request: SampleRequest;
  readonly context: Context;
}

/** Sends until there is an answer; every sending stands in the ledger first. */
async function ask(prompt: Prompt, { script, service, request, context }: Call): Promise<readonly Candidate[]> {
  const { ledger } = context;
  const attempt = prompt.id;
  for (let count = 1; count <= mostTries; count++) {
    await ledger.intend({ key: attempt, rowCount: request.draws, isOutside: true, costUsd: script.price });
    const call = `${request.seed}/${prompt.id}`;
    const { fault } = service.call("sample", call);
    await (script.delayMs > 0 ? setTimeout(drawDelay(script.delayMs, call)) : setImmediate());
    if (fault === null) {
      return Array.from({ length: request.draws }, (_, draw) =>
        createAnswer(prompt, draw, { script, request, attempt }),
      );
    }
    if (fault === "rejected") {
      await ledger.settle(attempt, { state: "failed", reason: "turned away for good" });
      throw new ProviderError(`prompt ${prompt.id} was turned away for good`, {
        where: "scripted provider",
        next: "resume to ask again",
      });
    }
    if (fault === "lost") await ledger.settle(attempt, { state: "unknown", reason: "the reply never came" });
    else await ledger.settle(attempt, { state: "retryable", reason: "turned away, too busy" });
    context.signal.throwIfAborted();
  }
  throw new ProviderError(`prompt ${prompt.id} had no answer in ${mostTries} tries`, { where: "scripted provider" });
}

/** Half as long to half as long again: answers overtake each other. */
function drawDelay(delayMs: number, call: string): number {
  return delayMs * (0.5 + createRandom(computeSeed("delay", call)).uniform());
}
