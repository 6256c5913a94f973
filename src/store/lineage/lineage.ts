// Where the examples of a run come from, in short reads beside its writer: by place, by position, by key, by text.

import type { Connection } from "../database.ts";
import { readRun } from "../status.ts";
import { type CorpusStory, createAncestry, type ModelStory } from "./ancestry.ts";
import { type Asked, readAsked } from "./asked.ts";
import { createCorpusParts } from "./corpus-parts.ts";
import {
  type CandidateStory,
  createExampleReader,
  type DecisionStory,
  type RowStory,
  type ScoreStory,
  type UseStory,
} from "./examples.ts";
import { createDamage, createStageGraph, type StageNode, type TurnCorpus } from "./stage-graph.ts";
import { createTextSearch, type FoundExample } from "./text-search.ts";

/** One example with all that is known of it. */
export interface ExampleStory {
  /** Where it stands in the corpus that was asked for; null where it was asked for as a candidate. */
  readonly place: (UseStory & { readonly corpus: string; readonly rows: number }) | null;
  /** Its number of synthetic ancestors; 0 is real. */
  readonly depth: number;
  /** The real row itself, or the one whose article was the prompt. */
  readonly row: RowStory;
  /** Null where it is real. */
  readonly candidate: CandidateStory | null;
  readonly scores: readonly ScoreStory[];
  readonly decisions: readonly DecisionStory[];
  /** The decision that brought it to its place. */
  readonly selection: string | null;
  /** Rows of corpora that it is, the first `namedUses`. */
  readonly uses: readonly UseStory[];
  /** The model that wrote it and all that stand behind that one, the newest first. */
  readonly models: readonly ModelStory[];
}

export interface Lineage {
  /** The corpus of every turn that the experiment asks for; none in a system that keeps no rows. */
  readonly turns: readonly TurnCorpus[];
  readonly samples: readonly StageNode[];
  readCorpus(turn: TurnCorpus): { readonly corpus: CorpusStory; readonly models: readonly ModelStory[] };
  /** Rows of the corpus of a turn; 0 before it is assembled. */
  countRows(turn: TurnCorpus): number;
  /** Undefined where the corpus has no such row. */
  readRow(turn: TurnCorpus, row: number): ExampleStory | undefined;
  /** Undefined where its stage has written no such candidate. */
  readCandidate(sample: StageNode, id: number): ExampleStory | undefined;
  /** A candidate that some selection rejected. */
  findRejected(): { readonly stage: string; readonly id: number } | undefined;
  /** What the run's own record says of how models were asked. */
  readonly asked: Asked;
  search(text: string): Iterable<FoundExample>;
}

/** Rows of corpora that an example's story names. */
export const namedUses = 10;

/** Reads the lineage of a run in one snapshot; throws StoreError where there is no run or a reference leads nowhere. */
export function readLineage<Result>(directory: string, read: (lineage: Lineage) => Result): Result {
  return readRun(directory, (connection) => connection.transaction(() => read(createLineage(connection)))());
}

function createLineage(connection: Connection): Lineage {
  const graph = createStageGraph(connection);
  const parts = createCorpusParts(connection, graph);
  const ancestry = createAncestry(connection, graph, parts);
  const asked = readAsked(connection);
  const examples = createExampleReader(connection, { graph, parts, nameVerifier: asked.nameVerifier });
  const rejected = connection
    .prepare<[number], number>("SELECT candidate_id FROM selection WHERE stage_id = ? AND rank IS NULL LIMIT 1")
    .pluck();

  const readCandidate = (sample: StageNode, id: number): ExampleStory | undefined => {
    const found = examples.readCandidate(sample, id);
    if (!found) return undefined;
    const writer = graph.inputOf(sample, 0);
    const decisions = examples.readDecisions(sample, id);
    return {
      place: null,
      depth: ancestry.depthOfText(writer),
      ...found,
      scores: examples.readScores(sample, id),
      decisions,
      selection: null,
      uses: examples.readUses(decisions, sample, namedUses),
      models: ancestry.readModels(writer),
    };
  };

  const readRow = (turn: TurnCorpus, row: number): ExampleStory | undefined => {
    const origin = parts.findOrigin(turn.corpus, row);
    if (!origin) return undefined;
    const { arm, seed, generation, corpus } = turn;
    const place = { arm, seed, generation, row, corpus: corpus.key, rows: parts.rowCount(corpus) };
    if (origin.selection === null) {
      const real = examples.readReal(origin.corpora.at(-1)?.stage ?? corpus, origin.position);
      const none = { candidate: null, scores: [], decisions: [], selection: null, models: [] };
      return { place, depth: 0, row: real, uses: examples.readRealUses(real.position, namedUses), ...none };
    }
    const { sample, id } = examples.findKept(origin.selection, origin.position);
    const story = readCandidate(sample, id);
    if (!story) {
      throw createDamage(
        `row ${row} of ${arm}/${seed}/${generation} points at a candidate that is not there`,
        connection,
      );
    }
    return { ...story, place, selection: origin.selection.key };
  };

  return {
    turns: graph.readTurns(),
    samples: [...graph.nodes()].filter(({ kind }) => kind === "sample"),
    readCorpus: ({ corpus, model }) => ({ corpus: ancestry.readCorpus(corpus), models: ancestry.readModels(model) }),
    countRows: ({ corpus }) => parts.rowCount(corpus),
    readRow,
    readCandidate,
    findRejected() {
      for (const selection of graph.nodes()) {
        if (selection.kind !== "select" || selection.state !== "done") continue;
        const { value } = graph.read<unknown, { readonly rows: number; readonly candidates: number }>(selection);
        if (!value || value.rows === value.candidates) continue;
        const id = rejected.get(selection.id);
        if (id !== undefined) return { stage: graph.inputOf(selection, 0).key, id };
      }
      return undefined;
    },
    asked,
    search: createTextSearch(connection, graph, examples),
  };
}
