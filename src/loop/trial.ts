// The feedback loop: train, evaluate, sample, verify, select, assemble, again. Every system runs on this function
// and on no other. It does not know what a model or a candidate is, nor whether a stage runs, ran or is only described.

import type { Execute, Stage, Trial } from "../domain/stage.ts";
import type { System } from "../domain/system.ts";

/** Runs one arm under one seed; resolves when all its stages are finished. Running it again is resuming it. */
export async function runTrial<Settings>(
  trial: Trial<Settings>,
  system: System<Settings>,
  execute: Execute,
): Promise<void> {
  const last = trial.arm.generations;
  const kept: Stage[] = [];
  const evaluations: Promise<Stage>[] = [];
  let model: Stage | undefined;

  for (let generation = 0; generation <= last; generation++) {
    const turn = { ...trial, generation };
    const corpus = await execute(system.assemble(turn, kept));
    model = await execute(system.train(turn, corpus, model));
    evaluations.push(...system.evaluate(turn, model).map(execute).map(hold));
    if (generation === last) break;

    const candidates = await execute(system.sample(turn, model));
    const scores = await Promise.all(system.verify(turn, candidates, model).map(execute));
    kept.push(await execute(system.select(turn, candidates, scores)));
  }
  await Promise.all(evaluations);
}

/** Evaluations go on beside the next turn; their failure is met at the end and must not count as unhandled before. */
function hold(evaluation: Promise<Stage>): Promise<Stage> {
  evaluation.catch(() => undefined);
  return evaluation;
}
