// Finds examples by what they say: what models wrote for training, and the real summaries. Reads stage by stage and
// stops at the limit; nothing but the hits is held.

import type { Connection } from "../database.ts";
import type { ExampleReader, UseStory } from "./examples.ts";
import type { StageGraph, StageNode } from "./stage-graph.ts";

export type FoundExample =
  | {
      readonly kind: "real";
      readonly text: string;
      /** The id of its row in the dataset, or of its prompt's. */
      readonly prompt: string;
      /** A corpus that holds it; null where it is a prompt only. */
      readonly use: UseStory | null;
    }
  | {
      readonly kind: "synthetic";
      readonly text: string;
      readonly stage: string;
      readonly id: number;
      /** The id of its row in the dataset, or of its prompt's. */
      readonly prompt: string;
      /** A corpus that holds it; null where no selection kept it. */
      readonly use: UseStory | null;
    };

interface Hit {
  readonly id: number;
  readonly text: string;
  readonly prompt: string;
}

export function createTextSearch(connection: Connection, graph: StageGraph, examples: ExampleReader) {
  const findReal = connection.prepare<[string], Hit>(
    `SELECT r.position AS id, r.summary AS text, r.id AS prompt FROM dataset d JOIN dataset_row r ON r.dataset_id = d.id
     WHERE d.split = 'train' AND d.is_current = 1 AND r.summary LIKE ? ESCAPE '\\' ORDER BY r.position`,
  );
  const findWritten = connection.prepare<[{ readonly stage: number; readonly pattern: string }], Hit>(
    `SELECT c.id, c.completion AS text, r.id AS prompt FROM candidate c
       JOIN dataset_row r ON r.dataset_id = c.dataset_id AND r.position = c.position
     WHERE c.stage_id = @stage AND (c.completion LIKE @pattern ESCAPE '\\' OR c.article LIKE @pattern ESCAPE '\\') ORDER BY c.id`,
  );

  const findUse = (sample: StageNode, id: number): UseStory | null =>
    examples.readUses(examples.readDecisions(sample, id), sample, 1)[0] ?? null;

  /** Whatever the case of ASCII letters; real rows first, then by the order in which stages were planned. */
  return function* search(wanted: string): Generator<FoundExample> {
    const pattern = `%${wanted.replace(/[\\%_]/g, "\\$&")}%`;
    for (const { id, text, prompt } of findReal.iterate(pattern)) {
      yield { kind: "real", text, prompt, use: examples.readRealUses(id, 1)[0] ?? null };
    }
    for (const sample of graph.nodes()) {
      if (!isTraining(graph, sample)) continue;
      for (const { id, text, prompt } of findWritten.iterate({ stage: sample.id, pattern })) {
        yield { kind: "synthetic", text, stage: sample.key, id, prompt, use: findUse(sample, id) };
      }
    }
  };
}

/** True for a sample stage that writes for training, not for a measurement. */
function isTraining(graph: StageGraph, node: StageNode): boolean {
  return node.kind === "sample" && graph.read<{ readonly split?: string }, unknown>(node).parameters.split === "train";
}
