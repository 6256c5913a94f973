// Settings as an experiment file has them: under which path, and in which words. What a resolved experiment spells out
// in full (a policy with explicit nulls, the verifier none as null) is told as a user would have written it.

import type { Json } from "../../keys/canonical.ts";
import { isRecord } from "./difference.ts";
import { nameEndpointPath, showEndpointValue } from "./endpoint-words.ts";

export interface Written {
  readonly field: string;
  /** The value as a file has it. */
  readonly show: (value: Json) => Json;
  /** The path of a difference within the setting, and its value there, as a file has them. */
  readonly name: (path: readonly string[]) => readonly string[];
  readonly showAt: (path: readonly string[], value: Json) => Json;
  /** One field, however it is spelled out: where this is true, or always. */
  readonly isWhole: (before: Json, after: Json) => boolean;
}

/** Where a resolved setting stands in the file. */
export function findWritten(setting: string): Written {
  const { field = setting, show = keep, isWhole = () => false, ...inner } = writtenBySetting[setting] ?? {};
  return { field, show, isWhole, name: inner.name ?? keep, showAt: inner.showAt ?? ((_, value) => value) };
}

const keep = <Value>(value: Value): Value => value;

const isOtherKind = (before: Json, after: Json): boolean => readKind(before) !== readKind(after);

function readKind(value: Json): Json {
  return isRecord(value) ? (value.kind ?? null) : value;
}

const writtenBySetting: Readonly<Record<string, Partial<Written>>> = {
  params: { field: "model.params" },
  firstParams: { field: "model.first.params" },
  start: { field: "model.start" },
  base: { field: "model.base" },
  trainer: { field: "model.trainer" },
  script: { field: "model.script" },
  teacher: { field: "model.first.endpoint" },
  endpoint: { field: "model.endpoint" },
  endpoints: { name: nameEndpointPath, showAt: showEndpointValue },
  corpus: { show: showPolicy, isWhole: isOtherKind },
  verifier: { show: (value) => value ?? "none" },
  selection: { field: "select" },
  alsoScore: { field: "score", show: (value) => (Array.isArray(value) && value.length > 0 ? "all" : "needed") },
  decode: { field: "evaluate.decode" },
  metrics: { field: "evaluate.metrics" },
  dataset: { show: showDataset, isWhole: isOtherKind },
  dimensions: { field: "system.dimensions" },
  samples: { field: "system.samples" },
  covariance: { field: "system.covariance" },
  draws: { field: "system.draws" },
};

/** `replace`, or `{policy: mix, share: 0.1}`: by its name alone where its options are the defaults. */
function showPolicy(value: Json): Json {
  if (!isRecord(value)) return value;
  const { kind = null, ...options } = value;
  const set = Object.entries(options).filter(([, option]) => option !== null && option !== false);
  return set.length === 0 ? kind : { policy: kind, ...Object.fromEntries(set) };
}

function showDataset(value: Json): Json {
  if (!isRecord(value)) return value;
  const { kind = null, ...settings } = value;
  return kind === "file" ? settings : { name: kind, ...settings };
}
