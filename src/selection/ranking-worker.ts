// The worker thread of select.ts: ranks what it is started with, answers once and ends.

import { parentPort, workerData } from "node:worker_threads";
import type { Selection, SelectionColumns } from "../domain/selection.ts";
import { rank } from "./ranking.ts";

export interface RankingRequest {
  readonly columns: SelectionColumns;
  readonly selection: Selection;
}

const { columns, selection } = workerData as RankingRequest;
const result = rank(columns, selection);
parentPort?.postMessage(result, [result.kept.buffer as ArrayBuffer, result.reasons.buffer as ArrayBuffer]);
