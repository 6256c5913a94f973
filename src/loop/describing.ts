// Walks the same loop and runs nothing: every stage an experiment will ask for, with its key, in the order of asking.

import type { StageRequest } from "../domain/records.ts";
import type { Description, Execute, Stage, Turn } from "../domain/stage.ts";
import { computeStageKey, isStage } from "./key.ts";

export interface DescribedStage extends StageRequest {
  /** Everyone who asks for it, in order. */
  readonly turns: readonly Turn[];
}

export interface Describing {
  readonly execute: Execute;
  /** Filled as the loop walks; a stage stands after its inputs. */
  readonly stages: ReadonlyMap<string, DescribedStage>;
}

export function createDescribingExecutor(): Describing {
  const stages = new Map<string, StageRequest & { readonly turns: Turn[] }>();
  const execute: Execute = async (description: Description): Promise<Stage> => {
    const inputs: Stage[] = [];
    for (const input of description.inputs) inputs.push(isStage(input) ? input : await execute(input));
    const key = computeStageKey(description, inputs);
    const known = stages.get(key);
    if (known) known.turns.push(description.turn);
    else stages.set(key, { key, description, inputs, turns: [description.turn] });
    return { key, kind: description.kind, value: undefined, digest: "" };
  };
  return { execute, stages };
}
