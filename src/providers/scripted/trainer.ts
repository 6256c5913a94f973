// The Trainer port over a scripted service: a model is the digest of what it was trained on.
// A job is launched once: before it launches, it asks the service whether one of this very work is there already.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Context } from "../../domain/context.ts";
import type { Job, Trainer, TrainRequest, TrainResult } from "../../domain/ports.ts";
import type { Example } from "../../domain/rows.ts";
import { CancelledError, TrainerError } from "../../errors.ts";
import { renderCanonical } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import { computeScriptDigest, type Script } from "./script.ts";
import type { Service } from "./service.ts";

export function createScriptedTrainer(script: Script, service: Service): Trainer {
  const base = computeScriptDigest(script);
  return {
    version: 1,
    base,
    async train(examples, request, context) {
      context.signal.throwIfAborted();
      if (request.exampleCount === 0) {
        throw new TrainerError("there are no rows to train on", { where: "scripted provider" });
      }
      let state: Awaited<ReturnType<Job["poll"]>> = "running";
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, stop.signal]);
      const result = fit(examples, { request, context: { ...context, signal }, base, script, service });
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

interface Fit {
  readonly request: TrainRequest;
  readonly context: Context;
  readonly base: string;
  readonly script: Script;
  readonly service: Service;
}

async function fit(
  examples: AsyncIterable<Example>,
  { request, context, base, script, service }: Fit,
): Promise<TrainResult> {
  const { params, seed, start, file, exampleCount } = request;
  const hash = createHash("sha256");
  let [rows, tokens] = [0, 0];
  for await (const { id, prompt, completion } of examples) {
    context.signal.throwIfAborted();
    hash.update(`${JSON.stringify([id, prompt, completion])}\n`);
    rows += 1;
    tokens += completion.split(" ").length;
    context.progress.report(rows, exampleCount);
  }
  const model = renderCanonical({ base, start: start?.digest ?? null, params, seed, rows: hash.digest("hex") });
  const id = computeKey([context.key, model]);
  const found = service.findJob(id);
  if (found === undefined) {
    // An earlier intent that launched nothing cost nothing.
    await context.ledger.settle("launch", { state: "retryable", reason: "no such job" });
    context.signal.throwIfAborted();
    // What is intended is launched: told to stop in between, it would be left open with nothing on its way.
    await context.ledger.intend({ key: "launch", rowCount: 0, isOutside: true, costUsd: script.price });
    service.launch(id, model);
  }
  await writeSynced(file, `${found ?? model}\n`);
  return { rows, steps: rows, tokens, loss: 1 };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
