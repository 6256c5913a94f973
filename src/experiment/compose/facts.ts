// What a record says of how the loop was told to go.

import type { Json } from "../../keys/canonical.ts";
import type { LanguageExperiment, LanguageSettings } from "../experiment.ts";
import type { ComposedSystem } from "./composed.ts";

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
