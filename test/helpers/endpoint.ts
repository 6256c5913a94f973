// Settings of an endpoint as an experiment file without much in it has them.

import type { EndpointLimits, EndpointSettings } from "../../src/providers/endpoint.ts";

export const quickLimits: EndpointLimits = {
  concurrency: 8,
  requests: null,
  tokens: null,
  firstByteMs: 5000,
  idleMs: 5000,
  totalMs: 10_000,
  waitMs: 2000,
  tries: 3,
  answerBytes: 1_000_000,
};

export function createEndpoint(change: Partial<EndpointSettings> = {}): EndpointSettings {
  return {
    name: "teacher",
    provider: "openai",
    urls: [],
    model: "tiny",
    revision: null,
    route: null,
    key: null,
    ask: "chat",
    system: null,
    params: {},
    given: "none",
    join: "",
    draws: "n",
    isStreamed: false,
    hasFinish: true,
    mode: "live",
    price: { input: 0, output: 0, request: 0 },
    limits: quickLimits,
    ...change,
  };
}
