// The settings of endpoints as a file has them, where a resolved experiment calls them otherwise: `url`, which may be one or a
// list, `stream` and `finish`.

import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { endpointsSchema } from "../schema/endpoints.ts";
import { isRecord } from "./difference.ts";

interface Word {
  readonly name: string;
  readonly show: (value: Json) => Json;
}

const wordBySetting: Readonly<Record<string, Word>> = {
  urls: {
    name: "url",
    show: (value) => (Array.isArray(value) ? (value.length > 1 ? value : (value[0] ?? "serve")) : value),
  },
  isStreamed: { name: "stream", show: (value) => value },
  hasFinish: { name: "finish", show: (value) => (value === null ? null : value ? "required" : "optional") },
};

/** `endpoints.<name>.<setting>..` in the words of the file. */
export function nameEndpointPath([settings, name, setting, ...rest]: readonly string[]): readonly string[] {
  const told = setting === undefined ? [] : [wordBySetting[setting]?.name ?? setting];
  return [settings, name, ...told, ...rest].filter((part) => part !== undefined);
}

/** The value at such a path; of a whole endpoint only what is not as it is without a word. */
export function showEndpointValue([, name, setting]: readonly string[], value: Json): Json {
  if (setting !== undefined) return wordBySetting[setting]?.show(value) ?? value;
  return name !== undefined && isRecord(value) ? showEndpoint(value) : value;
}

function showEndpoint({ name: _, ...settings }: { readonly [key: string]: Json }): Json {
  const defaults = endpointsSchema.parse({ any: { limits: {} } }).any as unknown as Readonly<Record<string, Json>>;
  const entries = Object.entries(settings).flatMap(([setting, value]): [string, Json][] => {
    const { name, show } = wordBySetting[setting] ?? { name: setting, show: (same: Json) => same };
    const written = show(value);
    const usual = defaults[name] ?? null;
    if (isRecord(written) && isRecord(usual)) {
      const own = Object.entries(written).filter(([key, one]) => !isAlike(one, usual[key] ?? null));
      return own.length === 0 ? [] : [[name, Object.fromEntries(own)]];
    }
    return isAlike(written, usual) ? [] : [[name, written]];
  });
  return Object.fromEntries(entries);
}

const isAlike = (one: Json, other: Json): boolean => renderCanonical(one) === renderCanonical(other);
