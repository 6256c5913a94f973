// What a record says of how the loop was told to go.

import type { Json } from "../../keys/canonical.ts";
import type { LanguageExperiment } from "../experiment.ts";
import type { ComposedSystem } from "./composed.ts";

/** What the loop was told, as resolved: where arms differ, every value there is. */
export function listLoopFacts({ arms, keepModels }: LanguageExperiment): ComposedSystem["facts"] {
  const own = arms.filter(({ isLine }) => !isLine);
  const list = (read: (arm: (typeof arms)[number]) => string): string => [...new Set(own.map(read))].join("; ");
  return [
    { name: "generations", value: list(({ generations }) => String(generations)) },
    { name: "real share", value: list(({ settings }) => `${Number((settings.real * 100).toPrecision(12))}%`) },
    { name: "sampling", value: list(({ settings }) => renderFields({ ...settings.sample })) },
    {
      name: "training",
      value: list(({ settings }) => renderFields(settings.params as Readonly<Record<string, Json>>)),
    },
    { name: "keepModels", value: keepModels },
  ];
}

/** `candidates 1, temperature 1`, without what is not set. */
function renderFields(fields: Readonly<Record<string, Json>>): string {
  const set = Object.entries(fields).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return set.map(([name, value]) => `${name} ${value}`).join(", ");
}
