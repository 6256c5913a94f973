// What a stage that was never run will send out of the process, where that is known before the first call.

import type { Split } from "../domain/rows.ts";
import type { Description } from "../domain/stage.ts";
import type { RunRecordSource } from "./prepare.ts";

export interface Outside {
  readonly calls: number;
  /** At most. */
  readonly tokens: number;
  readonly usd: number;
}

/** undefined where nothing leaves the process, or nothing is known of it. */
export function estimateOutside({ kind, parameters }: Description, source: RunRecordSource): Outside | undefined {
  const { experiment, materials } = source;
  const script = experiment.system === "language" ? experiment.language.script : null;
  if (script === null || materials === null) return undefined;
  if (kind === "train") return { calls: 1, tokens: 0, usd: script.price };
  if (kind !== "sample") return undefined;
  // A prompt is a call, whatever the number of its draws.
  const { split, draws, maxTokens } = parameters as { split: Split; draws: number; maxTokens: number };
  const calls = materials.dataset[split].rowCount;
  return { calls, tokens: calls * draws * Math.min(script.words, maxTokens), usd: calls * script.price };
}
