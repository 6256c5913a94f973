// A worker that takes its first task and dies, as the prompt or the seed of the task tells it.

import { parentPort } from "node:worker_threads";
import type { ToWorker } from "../../src/embedded/messages.ts";

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind !== "start" || message.task.kind !== "score") return;
  const way = message.task.rows[0]?.prompt;
  if (way === "exit") process.exit(3);
  if (way === "throw") throw new Error("a kernel went wrong");
  if (way === "hang") return;
  parentPort?.postMessage({ kind: "done", id: message.id, outcome: [], busyMs: 5 });
});
