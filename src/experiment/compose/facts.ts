// What a record says of how the loop was told to go.

import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import type { NamedVerifier } from "../../systems/language/settings.ts";
import type { LanguageExperiment, LanguageSettings } from "../experiment.ts";
import type { ComposedSystem } from "./composed.ts";
import { listEndpointFacts } from "./endpoint-facts.ts";

/** What the loop was told, as resolved: where arms differ, every value there is. */
export function listLoopFacts({ arms, keepModels }: LanguageExperiment): ComposedSystem["facts"] {
  const own = arms.filter(({ isLine }) => !isLine);
  const list = (read: (arm: (typeof arms)[number]) => string): string => [...new Set(own.map(read))].join("; ");
  return [
    { name: "generations", value: list(({ generations }) => String(generations)) },
    { name: "real share", value: list(({ settings }) => `${Number((settings.real * 100).toPrecision(12))}%`) },
    { name: "sampling", value: list(({ settings }) => renderSampling(settings.sample)) },
    {
      name: "training",
      value: list(({ settings }) => renderFields(settings.params as Readonly<Record<string, Json>>)),
    },
    { name: "keepModels", value: keepModels },
  ];
}

/** What becomes of what models are asked for, and which of them are asked elsewhere. */
export function listAskedFacts(experiment: LanguageExperiment): ComposedSystem["facts"] {
  return [...listCutFacts(experiment), ...listEndpointFacts(experiment)];
}

/** What becomes of candidates without an end, as far as the verifiers of this experiment are told apart by it. */
function listCutFacts({ arms, language }: LanguageExperiment): ComposedSystem["facts"] {
  const isUnverified = arms.some(({ generations, settings }) => generations > 0 && settings.verifier === null);
  const kinds = Object.values(language.verifiers).map(({ kind }) => kind);
  const parts = [
    ...(isUnverified ? ["kept by verifier none"] : []),
    ...(kinds.includes("perplexity") || kinds.includes("self") ? ["unscorable by perplexity"] : []),
  ];
  return parts.length === 0 ? [] : [{ name: "candidates cut at maxTokens", value: parts.join(", ") }];
}

function renderSampling({ accept, ...sample }: LanguageSettings["sample"]): string {
  const drawn = renderFields({ ...sample });
  if (!accept) return drawn;
  const form = [
    `begins ${JSON.stringify(accept.begin)}`,
    ...(accept.part === null ? [] : [`holds ${JSON.stringify(accept.part)} once`]),
  ];
  return `${drawn}, until ${accept.rows} rows of at most ${accept.candidates} candidates are accepted (${form.join(", ")})`;
}

/** `candidates 1, temperature 1`, without what is not set. */
function renderFields(fields: Readonly<Record<string, Json>>): string {
  const set = Object.entries(fields).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return set.map(([name, value]) => `${name} ${value}`).join(", ");
}

/** As a record calls them: what a verify stage has in its key, by name. */
export function computeVerifierKeys(
  verifiers: Readonly<Record<string, Pick<NamedVerifier, "parameters">>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(verifiers).map(([name, { parameters }]) => [name, computeKey(parameters)]));
}
