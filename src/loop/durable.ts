// Executes descriptions against a memory of finished stages: what is finished is read back, what is asked for twice
// runs once, what fails is recorded. There is no resuming beside it: running again is resuming.

import type { StageRecords, StageRequest } from "../domain/records.ts";
import type { Description, Execute, Stage } from "../domain/stage.ts";
import type { LoopEvent } from "./event.ts";
import { computeStageKey, isStage } from "./key.ts";

export interface DurableParts {
  readonly records: StageRecords;
  /** Does the work of one stage and returns its value. */
  readonly perform: (request: StageRequest) => Promise<unknown>;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LoopEvent) => void;
}

export function createDurableExecutor({ records, perform, signal, onEvent }: DurableParts): Execute {
  const stageByKey = new Map<string, Promise<Stage>>();

  const runOnce = async (request: StageRequest): Promise<Stage> => {
    signal.throwIfAborted();
    const finished = records.read(request);
    if (finished) {
      onEvent({ kind: "stage-reused", request });
      return finished;
    }
    await records.begin(request);
    onEvent({ kind: "stage-started", request });
    try {
      const stage = await records.finish(request, await perform(request));
      onEvent({ kind: "stage-finished", request });
      return stage;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // What cannot be recorded must not hide what went wrong.
      if (!signal.aborted) await records.fail(request, reason).catch(() => undefined);
      throw error;
    }
  };

  const execute: Execute = async (description: Description) => {
    const inputs = await Promise.all(description.inputs.map((input) => (isStage(input) ? input : execute(input))));
    const key = computeStageKey(description, inputs);
    const asked = stageByKey.get(key) ?? runOnce({ key, description, inputs });
    stageByKey.set(key, asked);
    return asked;
  };
  return execute;
}
