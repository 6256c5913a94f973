// The worker thread of score-pool.ts: scores the batches it is sent, one after another.
// A bad row travels back as data, because an error that crosses threads loses its class.

import { parentPort, workerData } from "node:worker_threads";
import { DatasetError } from "../errors.ts";
import { type Batch, type BatchOptions, type BatchResult, createBatchScorer } from "./score-batch.ts";

export interface BadRow {
  readonly kind: "bad-row";
  readonly what: string;
  readonly where: string | undefined;
  readonly next: string | undefined;
}

/** The worker's data are the options: one worker serves one scoring. */
const scoreBatch = createBatchScorer(workerData as BatchOptions);

parentPort?.on("message", (batch: Batch) => {
  const reply = answer(batch);
  parentPort?.postMessage(reply, reply.kind === "scores" ? [reply.scores.buffer, reply.rows.buffer] : []);
});

function answer(batch: Batch): BatchResult | BadRow {
  try {
    return scoreBatch(batch);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { kind: "bad-row", what: error.what, where: error.where, next: error.next };
  }
}
