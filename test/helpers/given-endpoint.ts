// An endpoint as an experiment has it, over the real controller and the real wire, for tests of what is asked through it.

import type { TestContext } from "node:test";
import type { AskedPatience, EndpointRecords, PatienceRecords } from "../../src/domain/records.ts";
import { type Json, renderCanonical } from "../../src/keys/canonical.ts";
import { openConnection } from "../../src/providers/connection.ts";
import type { EndpointSettings } from "../../src/providers/endpoint.ts";
import type { Controller } from "../../src/providers/exchange.ts";
import { createSendJson, type SendJson } from "../../src/providers/given/send.ts";
import { createEndpoint } from "./endpoint.ts";
import { systemClock } from "./temporary-folder.ts";

/** The evidence of endpoints, in memory, and what their servers asked for. */
export function createMemoryEvidence(): EndpointRecords & PatienceRecords {
  const evidence = new Map<string, Json>();
  const patience = new Map<string, AskedPatience>();
  return {
    read: (name) => evidence.get(name),
    // Through text, as a database keeps it.
    write: async (name, value) => void evidence.set(name, JSON.parse(renderCanonical(value)) as Json),
    replace: async ({ endpoint }, value) => void evidence.set(endpoint, JSON.parse(renderCanonical(value)) as Json),
    // It has no stages.
    listUnfinished: () => [],
    readPatience: (endpoint, url) => patience.get(`${endpoint} ${url}`),
    writePatience: async (endpoint, asked) => void patience.set(`${endpoint} ${asked.url}`, asked),
  };
}

export interface Reached {
  readonly settings: EndpointSettings;
  readonly controller: Controller;
  readonly send: SendJson;
}

export function reachEndpoint(
  context: Pick<TestContext, "after">,
  base: string,
  given: Partial<EndpointSettings> = {},
): Reached {
  const plain = { ask: "completions", given: "auto", draws: "auto", model: "teacher" } as const;
  const settings = createEndpoint({ ...plain, urls: [base], ...given });
  const connection = openConnection(settings, { secret: null, clock: systemClock, backoffMs: 1 });
  context.after(() => connection.close());
  return { settings, controller: connection.controller, send: createSendJson(connection) };
}
