// The embedded model as what a server stands on, whichever models it is to serve.

import type { EmbeddedRuntime } from "../../embedded/runtime.ts";
import { splitPieces } from "../../embedded/tokens.ts";
import type { ModelDirectory, ServedEngine } from "../../providers/served/engine.ts";

export function createServedEngine(
  { sampler, scorer, shape, pool }: Pick<EmbeddedRuntime, "sampler" | "scorer" | "shape" | "pool">,
  models: ModelDirectory,
): ServedEngine {
  const tokens = { split: splitPieces, promptLimit: shape.article, completionLimit: shape.completion };
  return { sampler, scorer, models, tokens, width: pool.workerCount };
}
