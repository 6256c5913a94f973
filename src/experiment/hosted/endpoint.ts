// One endpoint at work: its transport and controller, the gate that proves it before anything is believed, and the ports
// over them. Where it serves this run's own models and names no address, the run serves them to itself.

import type { Clock, Context } from "../../domain/context.ts";
import type { Chat, Classifier } from "../../domain/hosted.ts";
import type { Model, Sampler, Scorer } from "../../domain/ports.ts";
import type { EndpointRecords } from "../../domain/records.ts";
import type { ControllerState } from "../../providers/control/controller.ts";
import type { EndpointSettings } from "../../providers/endpoint.ts";
import { createHostedScorer } from "../../providers/given/scorer.ts";
import { createSendJson } from "../../providers/given/send.ts";
import { createProvider } from "../../providers/provider.ts";
import { createEndpointGate, createFound, type EndpointGate, type Uses } from "../../providers/proving/gate.ts";
import type { ServedAddress } from "../../providers/served/server.ts";
import { createFixedModel, type DeclaredEndpoint, readIdentity, resolvePrice } from "../schema/endpoints.ts";

/** What the world lends to whoever asks outside. */
export interface Hosting {
  /** The value of an environment variable; without it there is none. */
  readonly readSecret?: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly records: EndpointRecords;
  /** True where a model that is no longer what it was is taken as it is. */
  readonly acceptsChange: boolean;
}

/** With what an endpoint of the run itself needs. */
export interface OwnHosting extends Hosting {
  /** Serves the run's own models on loopback. */
  readonly serveOwn: () => Promise<ServedAddress>;
  /** What the experiment asks of an endpoint. */
  readonly findUses: (name: string) => Uses;
}

/** An endpoint at work. */
export interface OpenEndpoint {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly chat: Chat;
  readonly classifier: Classifier;
  /** Proves that it serves its own model; of one that serves the run's, every stage asks for itself. */
  meet(context: Context): Promise<void>;
  /** What it waits for, where that takes longer than a moment; null where it waits for nothing. */
  readWait(): string | null;
  close(): Promise<void>;
}

/** A shorter wait is none that anybody is to be told of. */
const tellingMs = 1000;

export async function openEndpoint(declared: DeclaredEndpoint, hosting: OwnHosting): Promise<OpenEndpoint> {
  const { readSecret, clock, serveOwn, findUses } = hosting;
  const own = declared.urls.length === 0 ? await serveOwn() : null;
  const urls = own === null ? declared.urls : [own.url];
  const settings: EndpointSettings = { ...declared, urls, price: resolvePrice(declared) };
  const secret = settings.key === null ? null : (readSecret?.(settings.key) ?? null);
  const identity = readIdentity(declared);
  const provider = createProvider(settings, {
    secret,
    clock,
    identity,
    // It trains on the same cores and answers in batches: its latency tells of that, and not of too many requests.
    isSteady: declared.model === null,
    enter: async (model, context) => createFound(await gate.enter(model, context)),
  });
  const fixed = declared.model === null ? null : createFixedModel(identity);
  const { controller } = provider;
  const send = createSendJson(provider);
  const gate = createEndpointGate({
    ...{ settings, controller, send, records: hosting.records, acceptsChange: hosting.acceptsChange },
    digests: fixed === null ? null : [fixed.digest],
    uses: findUses(declared.name),
  });
  return {
    sampler: provider.sampler,
    scorer: createHostedScorer({ version: 1, settings, controller, send, gate }),
    chat: fixed === null ? provider.chat : proveFirst(provider.chat, { gate, fixed }),
    classifier: provider.classifier,
    meet: async (context) => (fixed === null ? undefined : gate.meet(fixed, context)),
    readWait: () => renderWait(settings.name, controller.state()),
    async close() {
      await provider.close();
      await own?.close(0);
    },
  };
}

/** `teacher waits 12 s: 429`; of several servers also which one, though others may be asked meanwhile. */
export function renderWait(name: string, { targets }: Pick<ControllerState, "targets">): string | null {
  const resting = targets.filter(({ pausedMs, isLeftOut }) => pausedMs >= tellingMs && !isLeftOut);
  const [first, ...others] = resting.toSorted((one, other) => one.pausedMs - other.pausedMs);
  if (first === undefined) {
    const away = targets.filter(({ isLeftOut }) => isLeftOut).map(({ url }) => url);
    return away.length === 0 ? null : `${name} goes without ${away.join(", ")}: nobody listened there`;
  }
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const which = targets.length === 1 ? "" : ` for ${first.url}${more}`;
  return `${name} waits ${Math.ceil(first.pausedMs / 1000)} s${which}: ${first.reason ?? "it was asked to"}`;
}

/** A judge is held against its fingerprint like any model: another one behind its name would judge otherwise. */
function proveFirst(chat: Chat, { gate, fixed }: { readonly gate: EndpointGate; readonly fixed: Model }): Chat {
  return {
    ...chat,
    async *answer(questions, context) {
      await gate.enter(fixed, context);
      yield* chat.answer(questions, context);
    },
  };
}
