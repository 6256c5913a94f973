// The stages of a run as a graph: who was made from whom, and who asked. Read once: a run has thousands of stages and
// millions of rows, and no row is read here.

import type { StoreError } from "../../errors.ts";
import type { Connection } from "../database.ts";
import { createDamageError } from "../witness/damage.ts";

export interface StageNode {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  /** Keys of the stages it is made from, in order. */
  readonly inputs: readonly string[];
}

/** What the model of one turn is trained on. */
export interface TurnCorpus {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly model: StageNode;
  readonly corpus: StageNode;
}

export interface Place {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
}

export type StageGraph = ReturnType<typeof createStageGraph>;

export function createStageGraph(connection: Connection) {
  const nodeById = new Map<number, StageNode>();
  const nodeByKey = new Map<string, StageNode>();
  const stages = connection.prepare<[], Omit<StageNode, "inputs"> & { readonly inputs: string }>(
    "SELECT id, key, kind, state, inputs FROM stage ORDER BY id",
  );
  for (const { inputs, ...row } of stages.iterate()) {
    const node = { ...row, inputs: parseRecord<readonly string[]>(inputs, row.key, connection) };
    nodeById.set(node.id, node);
    nodeByKey.set(node.key, node);
  }
  const details = connection.prepare<[number], { readonly parameters: string; readonly value: string | null }>(
    "SELECT parameters, value FROM stage WHERE id = ?",
  );
  const placesOf = connection.prepare<[number], Place>(
    `SELECT t.arm, t.seed, t.generation FROM turn t JOIN arm a ON a.id = t.arm WHERE t.stage_id = ?
     ORDER BY a.position, t.seed, t.generation`,
  );
  const evaluated = connection.prepare<[], Place & { readonly stage_id: number }>(
    `SELECT t.arm, t.seed, t.generation, t.stage_id FROM turn t JOIN stage s ON s.id = t.stage_id
       JOIN arm a ON a.id = t.arm
     WHERE s.kind = 'evaluate' ORDER BY a.position, t.seed, t.generation, t.position`,
  );

  const turns = new Map<string, TurnCorpus>();

  const byKey = (key: string | undefined, asker: string): StageNode => {
    const node = key === undefined ? undefined : nodeByKey.get(key);
    if (node) return node;
    throw createDamage(
      `stage ${shorten(asker)} is made from ${shorten(key ?? "nothing")}, which is not there`,
      connection,
    );
  };

  return {
    nodes: (): Iterable<StageNode> => nodeById.values(),

    byId: (id: number): StageNode => {
      const node = nodeById.get(id);
      if (!node) throw createDamage(`a row belongs to stage ${id}, which is not there`, connection);
      return node;
    },

    /** An input of a stage by its index; every stage has those that its kind asks for. */
    inputOf: (node: StageNode, index: number): StageNode => byKey(node.inputs[index], node.key),

    /** Stages of a kind that read a stage as their first input. */
    readersOf: ({ key }: StageNode, kind: string): readonly StageNode[] =>
      [...nodeById.values()].filter((node) => node.kind === kind && node.inputs[0] === key),

    /** Parameters and value of a stage; the value is null until it is done. */
    read<Parameters, Value>({ id, key }: StageNode): { readonly parameters: Parameters; readonly value: Value | null } {
      const { parameters, value } = details.get(id) as { parameters: string; value: string | null };
      return {
        parameters: parseRecord<Parameters>(parameters, key, connection),
        value: value === null ? null : parseRecord<Value | null>(value, key, connection),
      };
    },

    /** Everyone who asks for a stage, in the order of the plan. */
    placesOf: ({ id }: StageNode): readonly Place[] => placesOf.all(id),

    /**
     * The corpus of every turn, by arm, seed and generation. A turn may ask for further models, which only judge; its
     * own is the one that it evaluates.
     */
    readTurns(): readonly TurnCorpus[] {
      if (turns.size > 0) return [...turns.values()];
      for (const { stage_id, ...place } of evaluated.iterate()) {
        const evaluation = nodeById.get(stage_id) as StageNode;
        const model = byKey(evaluation.inputs[0], evaluation.key);
        const name = renderPlace(place);
        // A hosted teacher was made from nothing of this run's: its turn has no corpus.
        if (model.kind !== "train" || model.inputs.length === 0 || turns.has(name)) continue;
        turns.set(name, { ...place, model, corpus: byKey(model.inputs[0], model.key) });
      }
      return [...turns.values()];
    },
  };
}

/** `arm/seed/generation`, as an example of that corpus is named. */
export function renderPlace({ arm, seed, generation }: Place): string {
  return `${arm}/${seed}/${generation}`;
}

/** As a stage is named in messages. */
export function shorten(key: string): string {
  return key.slice(0, 12);
}

/** A reference that leads nowhere: no query of ours makes one. */
export function createDamage(what: string, { name }: Pick<Connection, "name">): StoreError {
  return createDamageError(what, name);
}

function parseRecord<Value>(text: string, key: string, connection: Connection): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw createDamage(`the record of stage ${shorten(key)} is damaged`, connection);
  }
}
