// The Scorer port over a hosted model: each completion's log-probabilities as a given text, asked through the controller,
// recorded in the ledger as they come, and recalled instead of asked again by whoever goes on with the stage.

import type { LogProbability, Scorer } from "../../domain/ports.ts";
import type { Example } from "../../domain/rows.ts";
import type { Json } from "../../keys/canonical.ts";
import { askRecorded, type Later } from "../control/ask-all.ts";
import type { EndpointSettings } from "../endpoint.ts";
import type { Controller, Outcome, Request, Settled, Target } from "../exchange.ts";
import { type Names, readName } from "../openai/names.ts";
import type { EndpointGate } from "../proving/gate.ts";
import { computeTokenEstimate, computeUsd, readUsage } from "../usage.ts";
import { computeGivenScore, type GivenScore } from "./boundary.ts";
import { findBase, type SendJson } from "./send.ts";
import { type GivenText, type GivenWay, joinAll } from "./ways.ts";

export interface HostedScorerOptions {
  readonly version: number;
  readonly settings: EndpointSettings;
  readonly controller: Controller;
  readonly send: SendJson;
  readonly gate: Pick<EndpointGate, "enterGiven">;
  /** Those that its answers may carry. */
  readonly names?: Names | undefined;
}

export function createHostedScorer({ version, settings, controller, send, gate, names }: HostedScorerOptions): Scorer {
  return {
    version,
    async *score(examples, { model }, context) {
      context.signal.throwIfAborted();
      const name = settings.model ?? model.lineage;
      let way: Promise<GivenWay> | undefined;
      // Whoever has all its scores by now needs nobody to be there.
      const createRequest = (example: Example): Later<GivenScore & Json> => ({
        key: createGivenKey(example.id),
        async create() {
          way ??= gate.enterGiven(model, context);
          return createGivenRequest(example, { way: await way, name, settings, send, names });
        },
      });
      for await (const { item, settled } of askRecorded(examples, { controller, context, createRequest })) {
        yield readScore(item.id, settled);
      }
    },
  };
}

/** Of the attempt that scores that example, within its stage. */
export const createGivenKey = (id: string): string => `given/${id}`;

interface GivenCall {
  readonly way: GivenWay;
  /** The model as the server calls it. */
  readonly name: string;
  readonly settings: Pick<EndpointSettings, "price" | "join">;
  readonly send: SendJson;
  readonly names: Names | undefined;
}

function createGivenRequest({ id, prompt, completion }: Example, call: GivenCall): Request<GivenScore & Json> {
  const { settings } = call;
  const text = { prompt, completion, join: call.way.join ?? settings.join };
  const promptTokens = computeTokenEstimate(joinAll(text));
  return {
    key: createGivenKey(id),
    rowCount: 0,
    // One token is written by servers that cannot write none.
    mostUsd: computeUsd(settings.price, promptTokens, 1),
    mostTokens: promptTokens + 1,
    send: (target, signal) => scoreGiven({ ...call, target }, text, signal),
  };
}

/** One sending: what a server tells of the completion of a given text. */
async function scoreGiven(
  { way, name, settings, send, names, target }: GivenCall & { readonly target: Target },
  text: GivenText,
  signal: AbortSignal,
): Promise<Outcome<GivenScore & Json>> {
  const url = findBase(target.url, way.isBeside);
  const reply = await send({ url }, { method: "POST", path: way.path, body: way.createBody(name, [text]) }, signal);
  if (reply.kind !== "json") return reply;
  const other = names?.findOther(way.path, readName(reply.value));
  if (other) return other;
  const listing = way.read(reply.value);
  // It was proved to tell them: a reply without is a fault, and no property of the text.
  if (listing.kind === "silent") return { kind: "lost", reason: listing.reason };
  const usage = { url: target.url, ...readUsage(reply.value, settings.price, computeTokenEstimate(joinAll(text))) };
  return { kind: "answered", answer: computeGivenScore(text, listing) as GivenScore & Json, usage };
}

function readScore(id: string, settled: Settled<GivenScore & Json>): LogProbability {
  const none = { id, sum: null, tokenCount: 0, tokens: null };
  if (settled.kind === "refused") return { ...none, reason: settled.reason };
  const score: GivenScore = settled.answer;
  if (score.kind === "unscorable") return { ...none, reason: score.reason };
  const tokens = Float64Array.from(score.terms);
  return {
    id,
    sum: tokens.reduce((sum, term) => sum + term, 0),
    tokenCount: tokens.length,
    tokens,
    reason: score.isCut ? `cut to ${tokens.length} tokens` : null,
  };
}
