// One endpoint at work: its transport and controller, the gate that proves it before anything is believed, and the ports
// over them. Where it serves this run's own models and names no address, the run serves them to itself.

import type { Context } from "../../domain/context.ts";
import type { Scorer } from "../../domain/ports.ts";
import type { EndpointSettings } from "../../providers/endpoint.ts";
import { createHostedScorer } from "../../providers/given/scorer.ts";
import { createSendJson } from "../../providers/given/send.ts";
import { createProvider, type Provider } from "../../providers/provider.ts";
import { createEndpointGate, createFound } from "../../providers/proving/gate.ts";
import { createRests } from "../../providers/rests.ts";
import { createFixedModel, type DeclaredEndpoint, readIdentity, resolvePrice } from "../schema/endpoints.ts";
import type { OwnHosting } from "./hosting.ts";
import { proveLabels } from "./labels.ts";
import { createLeaveOut, createQuiet, renderWait } from "./waits.ts";

const resolvePrices = (declared: DeclaredEndpoint): Pick<EndpointSettings, "price" | "batchPrice"> => ({
  price: resolvePrice(declared),
  batchPrice: resolvePrice(declared, "batch"),
});

/** An endpoint at work. */
export interface OpenEndpoint extends Pick<Provider, "sampler" | "chat" | "classifier"> {
  readonly scorer: Scorer;
  /** Proves it for all that is asked of it; one that serves the run's own models is proved by every stage for itself. */
  meet(context: Context): Promise<void>;
  /** What it waits for, where that takes longer than a moment. */
  readWaits(): readonly string[];
  close(): Promise<void>;
}

export async function openEndpoint(declared: DeclaredEndpoint, hosting: OwnHosting): Promise<OpenEndpoint> {
  const { readSecret, clock, serveOwn, findUses } = hosting;
  const own = declared.urls.length === 0 ? await serveOwn() : null;
  const urls = own === null ? declared.urls : [own.url];
  const settings: EndpointSettings = { ...declared, urls, ...resolvePrices(declared) };
  const secret = settings.key === null ? null : (readSecret?.(settings.key) ?? null);
  const identity = readIdentity(declared);
  const fixed = declared.model === null ? null : createFixedModel(identity);
  const uses = findUses(declared.name);
  const provider = createProvider(settings, {
    secret,
    clock,
    identity,
    // It trains on the same cores and answers in batches: its latency tells of that, and not of too many requests.
    isSteady: declared.model === null,
    // A server of this very process is gone with it, and its address with it.
    ...(own === null && { rests: createRests({ name: declared.name, records: hosting.records, clock }) }),
    enter: async (model, context) => createFound(await gate.enter(model, context)),
    ...(fixed !== null && { enterJudge: (context) => gate.enterJudge(fixed, context) }),
  });
  const { controller } = provider;
  const send = createSendJson(provider);
  const gate = createEndpointGate({
    ...{ settings, send, records: hosting.records, acceptsChange: hosting.acceptsChange },
    controller: { ...controller, leaveOut: createLeaveOut(settings, controller, hosting.onLeftOut) },
    names: provider.talk.names,
    digests: fixed === null ? null : [fixed.digest],
    uses,
  });
  const renderQuiet = createQuiet(declared.name, () => clock.monotonic());
  return {
    sampler: provider.sampler,
    scorer: createHostedScorer({ version: 1, settings, controller, send, gate, names: provider.talk.names }),
    chat: provider.chat,
    classifier: provider.classifier,
    async meet(context) {
      if (uses.labels !== undefined) await proveLabels(uses.labels, provider, context);
      else if (fixed !== null) await gate.meet(fixed, context);
    },
    readWaits() {
      const state = controller.state();
      const wait = renderWait(settings.name, state) ?? renderQuiet(state);
      return [...(gate.isProving() ? [`proving ${settings.name}`] : []), ...(wait === null ? [] : [wait])];
    },
    async close() {
      await provider.close();
      await own?.close(0);
    },
  };
}
