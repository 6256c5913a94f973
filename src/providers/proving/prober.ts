// Asks an endpoint one thing after another, each through the controller and so through the ledger and the budget, and
// counts. A request that a server does not take is a finding here, and no reason to stop.

import type { Context } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import type { Json } from "../../keys/canonical.ts";
import { isAboutTime } from "../control/endpoint-errors.ts";
import type { EndpointSettings } from "../endpoint.ts";
import type { Controller, Request } from "../exchange.ts";
import { readList, readText } from "../given/reading.ts";
import { findBase, type SendJson } from "../given/send.ts";
import { routeOf, type Talk } from "../openai/talk.ts";
import { computeTokenEstimate, computeUsd, readUsage } from "../usage.ts";
import { mostRequests, type Uses } from "./proof-cost.ts";

export { everyUse, mostRequests, type Uses } from "./proof-cost.ts";

export interface ProbeCall {
  /** Unique among the requests of one probing. */
  readonly name: string;
  readonly path: string;
  /** The path lies beside the /v1 of the base address. */
  readonly isBeside?: boolean;
  /** Left out for GET. */
  readonly body?: Json;
  /** It is asked for another model. */
  readonly isOther?: boolean;
  /** Where nobody listens is not waited for: that it is away is the answer. */
  readonly mayBeAway?: boolean;
  /** Tokens its answer may have. */
  readonly tokenCount?: number;
}

export type ProbeReply =
  | { readonly kind: "told"; readonly value: unknown }
  /** It will not be told: not known there, not allowed, or no requests are left to ask with. */
  | Untold;

export interface Untold {
  readonly kind: "untold";
  readonly reason: string;
  readonly next?: string;
  /** The member of the request that was not taken, where the server names it. */
  readonly param?: string;
  readonly isAway?: true;
}

/** Asks one endpoint, and counts. */
export interface Prober {
  readonly settings: EndpointSettings;
  /** As the server is asked for it. */
  readonly model: string;
  ask(call: ProbeCall): Promise<ProbeReply>;
  /** Requests that may still be sent. */
  left(): number;
  /** Whether some text of the route that is sampled came with the reason of its end; null before any text came. */
  hasFinish(): boolean | null;
  /** By which names it answered. */
  readonly names: ReadonlySet<string>;
  /** What was not told of the model itself, the latest last, and by which path it was asked for. */
  readonly untold: readonly (Untold & { readonly path: string })[];
}

export interface ProbeParts {
  readonly settings: EndpointSettings;
  /** Everything there is to find out unless given. */
  readonly uses?: Uses;
  readonly controller: Controller;
  readonly send: SendJson;
  /** Told by which names the model answers. */
  readonly names?: Talk["names"];
  /** Given where servers may be away while others are proved: told which of them, by their places in the list. */
  readonly leaveOut?: (servers: readonly number[]) => void;
}

/** Asks one server of the endpoint, the first unless told otherwise: what is found of one is not true of all. */
export function createProber(
  { settings, controller, send, names: met, server = 0 }: ProbeParts & { readonly server?: number | "any" },
  model: Model,
  context: Context,
): Prober {
  let count = 0;
  let hasFinish: boolean | null = null;
  const names = new Set<string>();
  const untold: (Untold & { readonly path: string })[] = [];
  const left = (): number => mostRequests - count;
  return {
    settings,
    model: settings.model ?? model.lineage,
    left,
    untold,
    names,
    hasFinish: () => hasFinish,
    async ask(call) {
      if (left() === 0) return { kind: "untold", reason: `${mostRequests} requests were not enough to find out` };
      const isLast = (): boolean => left() === 0;
      const counted: SendJson = async (...sent) => {
        count += 1;
        const reply = await send(...sent);
        // Who is told to come again has found out nothing yet.
        if (reply.kind === "busy" && !reply.mayMeanNever) count -= 1;
        return reply;
      };
      const request = createProbeRequest(call, { settings, send: counted, server, isLast });
      const settled = await controller.ask(request, context);
      const reply: ProbeReply =
        settled.kind === "answered" ? settled.answer : { kind: "untold", reason: settled.reason };
      // Kept for whoever wants to know what was paid for; a later process probes again.
      await context.ledger.record(request.key, reply.kind === "told" ? { kind: "told" } : { ...reply });
      if (call.isOther) return reply;
      if (reply.kind === "untold") untold.push({ ...reply, path: call.path });
      else {
        if (call.path === routeOf(settings)) hasFinish = findFinish(reply.value, hasFinish);
        const name = readText(reply.value, "model");
        if (name) {
          names.add(name);
          met?.meet(call.path, name);
        }
      }
      return reply;
    },
  };
}

/** One text with a reason is enough: a server that can tell it tells it of every text that it writes. */
function findFinish(reply: unknown, known: boolean | null): boolean | null {
  const choices = readList(reply, "choices") ?? [];
  if (choices.some((choice) => (readText(choice, "finish_reason") ?? "") !== "")) return true;
  return choices.length > 0 ? (known ?? false) : known;
}

/** A server that fails again means never. One that has too much to do is waited for, and nothing is believed of it. */
const mostFailures = 2;
const failureAdvice =
  "look at the server's log for why it fails, and at the endpoint's url, model and ask; then start again";

/** mlx-lm's server breaks off its list where no hub's cache is; everything else it answers. */
const mostLostLists = 2;

interface Sending {
  readonly settings: EndpointSettings;
  readonly send: SendJson;
  readonly server: number | "any";
  /** Whether nothing more may be sent. */
  readonly isLast: () => boolean;
}

function createProbeRequest(call: ProbeCall, { settings, send, server, isLast }: Sending): Request<ProbeReply> {
  const { name, path, isBeside = false, body = null, tokenCount = 0, mayBeAway = false } = call;
  const promptTokens = body === null ? 0 : computeTokenEstimate(JSON.stringify(body));
  const url = server === "any" ? undefined : settings.urls[server];
  const mostUsd = computeUsd(settings.price, promptTokens, tokenCount);
  const mostLost = Math.min(mostLostLists, settings.limits.tries);
  let [failureCount, lostCount] = [0, 0];
  return {
    key: server === 0 ? `probe/${settings.name}/${name}` : `probe/${settings.name}/server-${server}/${name}`,
    rowCount: 0,
    mostUsd,
    mostTokens: promptTokens + tokenCount,
    ...(body === null && { isFree: true }),
    ...(url === undefined ? {} : { url }),
    async send(target, signal) {
      const reply = await send(
        { url: findBase(target.url, isBeside) },
        { method: body === null ? "GET" : "POST", path, body },
        signal,
      );
      const untold = (reason: string, more: Pick<Untold, "next" | "param" | "isAway"> = {}) => {
        const usage = { url: target.url, promptTokens: 0, completionTokens: 0, usd: 0 };
        return { kind: "answered", answer: { kind: "untold", reason, ...more }, usage } as const;
      };
      if (reply.kind === "json") {
        const usage = { url: target.url, ...readUsage(reply.value, settings.price, promptTokens) };
        return { kind: "answered", answer: { kind: "told", value: reply.value }, usage };
      }
      if (reply.kind === "unreachable" && mayBeAway) return untold(reply.reason, { isAway: true });
      if (reply.kind === "denied") {
        const { reason, next, param } = reply;
        return untold(reason, { next, ...(param !== undefined && { param }) });
      }
      if (reply.kind === "refused") return untold(reply.reason);
      // Who did not answer in time has not shown that it has no list.
      if (reply.kind === "lost" && body === null && !isAboutTime(reply.cause) && ++lostCount >= mostLost) {
        return untold(reply.reason);
      }
      if (reply.kind === "busy" && reply.mayMeanNever && (isLast() || ++failureCount >= mostFailures)) {
        const told = untold(reply.reason, { next: failureAdvice });
        if (reply.mayBeBilled !== true) return told;
        // Of what a gateway says nobody knows what it cost: it counts as it was reserved.
        return { ...told, usage: { url: target.url, promptTokens: null, completionTokens: null, usd: mostUsd } };
      }
      return reply;
    },
  };
}
