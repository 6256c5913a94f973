// The Trainer port over the pool: a job that runs in a worker thread and ends with a synced model file.
// It knows no corpus policies; rows come in the order they are trained on.

import type { Job, Trainer, TrainRequest } from "../domain/ports.ts";
import { CancelledError, ConfigError, type Problem, TrainerError } from "../errors.ts";
import type { Json } from "../keys/canonical.ts";
import { throwIfAborted } from "./chunks.ts";
import type { ModelReference, TrainOutcome, TrainParams } from "./messages.ts";
import type { Pool } from "./pool.ts";

/** Frozen on seeds 100 to 102 of the newswire experiments. */
export const defaultParams = { epochs: 1, steps: null, batch: 8, learningRate: 0.008, warmup: 10 } as const;

/** What a job tells beyond the port: how much did not fit the model. */
export interface EmbeddedJob extends Job {
  result(): Promise<TrainOutcome>;
}

/** The Trainer port, with what its jobs tell beyond it. */
export interface EmbeddedTrainer extends Trainer {
  train(...parameters: Parameters<Trainer["train"]>): Promise<EmbeddedJob>;
}

/** Creates a trainer whose jobs start at once, or when a worker is free. */
export function createTrainer(pool: Pool, base: ModelReference): EmbeddedTrainer {
  return {
    version: 1,
    base: base.digest,
    async train(examples, request, context) {
      const params = parseTrainParams(request.params);
      throwIfAborted(context.signal);
      validateCount(request);
      const stop = new AbortController();
      let state: Awaited<ReturnType<Job["poll"]>> = "running";
      const { file, seed, exampleCount: rowCount, start } = request;
      const result = pool.run(
        { kind: "train", start: start ?? base, params, rowCount, seed, file, encoding: "float32" },
        {
          signal: AbortSignal.any([context.signal, stop.signal]),
          rows: examples,
          report: (done, total) => context.progress.report(done, total),
        },
      );
      result.then(
        () => (state = "done"),
        () => (state = "failed"),
      );
      return {
        poll: async () => state,
        async cancel() {
          stop.abort(new CancelledError("the training job was cancelled"));
          await result.catch(() => undefined);
        },
        result: () => result,
      };
    },
  };
}

/** Parses a trainer's parameters, defaults filled in; throws ConfigError with every problem. */
export function parseTrainParams(value: Json): TrainParams {
  const problems: Problem[] = [];
  const report = (where: string, what: string, next: string): void => void problems.push({ where, what, next });
  const given = value ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new ConfigError([{ where: "params", what: "is not a mapping", next: "give names and values" }]);
  }
  const record = given as { readonly [key: string]: Json };
  for (const key of Object.keys(record)) {
    if (!(key in defaultParams)) report(`params.${key}`, "is unknown", `use ${Object.keys(defaultParams).join(", ")}`);
  }
  // epochs and steps are two statements of one thing; null says that the other holds.
  const read = (key: keyof typeof defaultParams, lowest: number, isWhole: boolean): number | null => {
    const number = record[key] === undefined ? defaultParams[key] : record[key];
    if (number === null && (key === "epochs" || key === "steps")) return null;
    const isFit = typeof number === "number" && number >= lowest && (!isWhole || Number.isInteger(number));
    if (!isFit) report(`params.${key}`, `is ${JSON.stringify(number)}`, `give a number of at least ${lowest}`);
    return isFit ? number : lowest;
  };
  const params = {
    epochs: read("epochs", 1, true) ?? 1,
    steps: read("steps", 1, true),
    batch: read("batch", 1, true)!,
    rate: read("learningRate", 1e-9, false)!,
    warmup: read("warmup", 0, true)!,
    hidden: 0,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return params;
}

/** Training on nothing would give the model it started from, under another name. */
function validateCount({ exampleCount, file }: TrainRequest): void {
  if (exampleCount > 0) return;
  throw new TrainerError("there are no rows to train on", {
    where: file,
    next: "keep more candidates, or choose a policy that adds real rows",
  });
}
