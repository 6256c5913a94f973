// Runs one trial in memory and returns its measurements: the same loop, over an executor that remembers nothing
// on disk. For systems whose stages are too small and too many to be durable one by one.

import { setImmediate } from "node:timers/promises";
import type { Context } from "../domain/context.ts";
import type { Description, Execute, Stage, Trial } from "../domain/stage.ts";
import type { Measurement, System, TrialMeasurements } from "../domain/system.ts";
import { isStage } from "./key.ts";
import { runTrial } from "./trial.ts";

/** Stages between two turns of the event loop, so that a signal is seen within milliseconds. */
const stagesPerBreath = 100;

export async function simulateTrial<Settings>(
  trial: Trial<Settings>,
  system: System<Settings>,
  context: Context,
): Promise<TrialMeasurements> {
  const measured: Measurement[][] = Array.from({ length: trial.arm.generations + 1 }, () => []);
  let stageCount = 0;

  const execute: Execute = async (description: Description): Promise<Stage> => {
    const inputs = await Promise.all(description.inputs.map((input) => (isStage(input) ? input : execute(input))));
    if (stageCount % stagesPerBreath === 0) await setImmediate();
    context.signal.throwIfAborted();
    const value = await system.perform(description, inputs, context);
    if (description.kind === "evaluate") {
      measured[description.turn.generation]?.push(...(value as readonly Measurement[]));
    }
    stageCount += 1;
    return { key: `${context.key}/${stageCount}`, kind: description.kind, value, digest: "" };
  };

  await runTrial(trial, system, execute);
  return measured.map((measurements, generation) => ({ generation, measurements }));
}
