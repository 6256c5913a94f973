// Runs the trials of simulation.ts on a thread of its own: the test runner's hooks make every await of the main
// thread four times as slow, and a simulation is little else.

import { parentPort, workerData } from "node:worker_threads";
import { computeParts } from "../../../src/corpora/parts.ts";
import type { TrialMeasurements } from "../../../src/domain/system.ts";
import { simulateTrial } from "../../../src/loop/memory.ts";
import { createGaussianSystem } from "../../../src/systems/gaussian/system.ts";
import { context, defaults, type Simulation } from "./simulation.ts";

const { fits, trials, firstSeed = 0, ...changes } = workerData as Simulation;
const system = createGaussianSystem({ computeParts });
const arm = { id: "arm", generations: fits - 1, settings: { ...defaults, ...changes } };
const results: TrialMeasurements[] = [];
for (let trial = 0; trial < trials; trial++) {
  results.push(await simulateTrial({ arm, seed: firstSeed + trial }, system, context));
}
parentPort?.postMessage(results);
