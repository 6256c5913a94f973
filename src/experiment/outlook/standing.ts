// What a run will still send and pay as its folder tells it, beside its writer or without one. The live line knows a little
// more: how far the stages at work have come.

import { type KnownRun, readKnownRun } from "../../store/known-stages.ts";
import { composeExperiment } from "../compose/compose.ts";
import type { PreparedExperiment } from "../prepare.ts";
import { describeStages } from "../stage-list.ts";
import { computeForecast, createExpected, type Forecast } from "./forecast.ts";

/** `isAlive`: a process is at work, which has proved its endpoints; whoever goes on later proves them anew. */
export async function readForecast(
  prepared: PreparedExperiment,
  { directory, isAlive }: { readonly directory: string; readonly isAlive: boolean },
): Promise<Forecast> {
  const composition = await composeExperiment(prepared, null);
  try {
    const { stages } = readKnownRun(directory);
    const described = await describeStages(composition.trials, composition.system);
    const expected = createExpected(described, new Set(listDone(stages)), prepared);
    const answered = new Map(
      stages.flatMap(({ key, answered: calls, usd }) => (calls > 0 ? [[key, { calls, usd }]] : [])),
    );
    const answeredAtStart = isAlive ? new Map() : answered;
    return computeForecast(expected, { answered, answeredAtStart, rowsByKey: new Map(), isFinished: () => false });
  } finally {
    await composition.close();
  }
}

const listDone = (stages: KnownRun["stages"]): readonly string[] =>
  stages.flatMap(({ key, isDone }) => (isDone ? [key] : []));
