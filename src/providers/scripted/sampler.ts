// The Sampler port over a scripted service: one call a prompt, several in flight, each intended before it is sent.
// When it is told to stop it sends nothing more and still hands over what is on its way: that is paid for.

import { setImmediate, setTimeout } from "node:timers/promises";
import type { Context } from "../../domain/context.ts";
import type { SampleRequest, Sampler } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { ProviderError } from "../../errors.ts";
import { createAnswer } from "./answer.ts";
import type { Script } from "./script.ts";
import type { Service } from "./service.ts";

/** Sendings of one call before it is given up. */
const mostTries = 4;

export function createScriptedSampler(script: Script, service: Service): Sampler {
  return {
    version: 1,
    async *sample(prompts, request, context) {
      const flight: Promise<readonly Candidate[]>[] = [];
      let failure: unknown;
      const land = async (): Promise<readonly Candidate[]> => {
        try {
          return await (flight.shift() as Promise<readonly Candidate[]>);
        } catch (error) {
          failure ??= error;
          return [];
        }
      };
      for await (const prompt of prompts) {
        if (context.signal.aborted || failure !== undefined) break;
        const answers = ask(prompt, { script, service, request, context });
        answers.catch(() => undefined);
        flight.push(answers);
        if (flight.length >= script.width) yield* await land();
      }
      while (flight.length > 0) yield* await land();
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
    const { fault } = service.call("sample", `${request.seed}/${prompt.id}`);
    await (script.delayMs > 0 ? setTimeout(script.delayMs) : setImmediate());
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
