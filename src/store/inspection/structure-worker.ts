// The worker thread of structure-check.ts: looks through one database, answers once and ends.

import { parentPort, workerData } from "node:worker_threads";
import { findStructureDamage } from "./structure.ts";

parentPort?.postMessage(findStructureDamage(workerData as string));
