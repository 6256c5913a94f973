// Every corpus of a run by number of synthetic ancestors, for its report: from counts and references alone.

import type { LineageRecord } from "../../domain/record.ts";
import type { Connection } from "../database.ts";
import { createAncestry } from "./ancestry.ts";
import { createCorpusParts } from "./corpus-parts.ts";
import { createStageGraph, type TurnCorpus } from "./stage-graph.ts";

/** Arms come in the order of the plan; corpora that are not assembled are left out. */
export function* readDepthTable(connection: Connection, seeds: readonly number[]): Generator<LineageRecord> {
  const graph = createStageGraph(connection);
  const parts = createCorpusParts(connection, graph);
  const ancestry = createAncestry(connection, graph, parts);
  const byArm = Map.groupBy(graph.readTurns(), ({ arm }) => arm);
  const order = (turn: TurnCorpus): number => seeds.indexOf(turn.seed);
  for (const turns of byArm.values()) {
    for (const turn of turns.toSorted((a, b) => order(a) - order(b))) {
      if (turn.corpus.state !== "done") continue;
      const total = parts.rowCount(turn.corpus);
      const { arm, seed, generation } = turn;
      for (const { depth, rows } of ancestry.countDepths(turn.corpus)) {
        yield { arm, seed, generation, depth, rows, share: rows / total };
      }
    }
  }
}
