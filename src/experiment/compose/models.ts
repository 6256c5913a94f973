// The models of an experiment: those it trains, in this process or through the endpoint that serves them, and those that
// stand behind endpoints as they are, as teachers and as weak verifiers.

import type { ServedAddress } from "../../providers/served/server.ts";
import type { Form, LanguageParts, NamedVerifier, Teacher } from "../../systems/language/settings.ts";
import { createTextForm } from "../../systems/language/template.ts";
import { createPerplexityVerifier } from "../../verifiers/perplexity.ts";
import type { LanguageExperiment } from "../experiment.ts";
import { createEndpoints, type Endpoints } from "../hosted/endpoints.ts";
import { computeUses } from "../hosted/uses.ts";
import { createFixedModel, type DeclaredEndpoint, readIdentity } from "../schema/endpoints.ts";
import { startOwnServer } from "../serve/own-server.ts";
import type { Lent } from "./composed.ts";
import { findUnprompted } from "./endpoint-facts.ts";
import { type ModelProvider, openModelProvider } from "./providers.ts";

export interface Models extends Omit<ModelProvider, "close"> {
  readonly endpoints: Endpoints;
  readonly teachers: Readonly<Record<string, Teacher>>;
  /** Absent where prompts are asked. */
  readonly unprompted: LanguageParts["unprompted"];
  close(): Promise<void>;
}

/** `lent` is null where nothing is asked of them. */
export async function openModels(experiment: LanguageExperiment, lent: Lent | null): Promise<Models> {
  const { language } = experiment;
  const findUses = (name: string) => computeUses(name, experiment);
  const hosting = lent && { ...lent.hosting, serveOwn: () => serveOwn(), findUses };
  const endpoints = createEndpoints(language.endpoints, hosting);
  const provider = await openModelProvider(language, experiment);
  const serveOwn = (): Promise<ServedAddress> => {
    if (!lent || !provider.createEngine) throw new TypeError("there are no models to serve");
    return startOwnServer(provider.createEngine(lent.directory, lent.hosting.clock), lent.hosting.clock);
  };
  return {
    ...provider,
    ...(language.endpoint !== null && createServed(provider, endpoints, language.endpoint)),
    endpoints,
    teachers: createTeachers(experiment, endpoints),
    unprompted: createUnprompted(experiment),
    async close() {
      await endpoints.close();
      await provider.close();
    },
  };
}

/**
 * The run's own models through the endpoint that serves them. The way an answer takes is no part of what it is: the keys,
 * and so the draws, are those of this process.
 */
function createServed(
  provider: ModelProvider,
  endpoints: Endpoints,
  name: string,
): Pick<ModelProvider, "sampler" | "scorer"> {
  return {
    sampler: { ...endpoints.sampler(name), version: provider.sampler.version },
    scorer: { ...endpoints.scorer(name), version: provider.scorer.version },
  };
}

/** The hosted models that some arm begins with. */
function createTeachers(
  { arms, language }: LanguageExperiment,
  endpoints: Endpoints,
): Readonly<Record<string, Teacher>> {
  const names = new Set(arms.flatMap(({ settings }) => settings.teacher ?? []));
  const entries = [...names].map((name): [string, Teacher] => {
    const declared = language.endpoints[name] as DeclaredEndpoint;
    const ports = { sampler: endpoints.sampler(name), scorer: endpoints.scorer(name) };
    return [name, { identity: readIdentity(declared), ...ports, join: declared.join }];
  });
  return Object.fromEntries(entries);
}

/** How models meet rows where they are asked without a prompt: all arms have one form. */
function createUnprompted(experiment: LanguageExperiment): LanguageParts["unprompted"] {
  const [accept] = experiment.arms.flatMap(({ settings }) => settings.sample.accept ?? []);
  const who = findUnprompted(experiment);
  return who && accept ? { form: createTextForm(accept), who } : undefined;
}

interface WeakParts {
  readonly declared: Readonly<Record<string, DeclaredEndpoint>>;
  readonly endpoints: Endpoints;
  /** As models behind endpoints meet rows. */
  readonly hostedForm: Form;
}

/** A verifier under the fixed model of an endpoint. */
export function createHostedWeak(name: string, { declared, endpoints, hostedForm }: WeakParts): NamedVerifier {
  const scorer = endpoints.scorer(name);
  const endpoint = declared[name] as DeclaredEndpoint;
  const identity = readIdentity(endpoint);
  return {
    verifier: createPerplexityVerifier(scorer, hostedForm.createScored, createFixedModel(identity)),
    parameters: { kind: "perplexity", endpoint: identity, join: endpoint.join, scorer: scorer.version },
    auxiliary: null,
    isSeeded: false,
  };
}
