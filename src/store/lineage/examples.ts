// One example with everything the run knows of it: its prompt, its draw, its scores, who kept it and why, where it
// is trained on. Looked up by keys and positions; no other row is read.

import type { Json } from "../../keys/canonical.ts";
import type { Connection } from "../database.ts";
import type { Asked } from "./asked.ts";
import type { CorpusParts } from "./corpus-parts.ts";
import { createDamage, type Place, type StageGraph, type StageNode, shorten } from "./stage-graph.ts";

/** The dataset's row that an example is, or whose article was its prompt. */
export interface RowStory {
  readonly split: string;
  readonly dataset: string;
  readonly position: number;
  readonly id: string;
  readonly article: string;
  readonly summary: string;
}

export interface CandidateStory {
  readonly stage: string;
  readonly id: number;
  readonly draw: number;
  readonly completion: string;
  /** The one that it wrote itself; null where it was written for its prompt's. */
  readonly article: string | null;
  readonly finish: string;
  readonly reason: string | null;
  readonly logProbability: number | null;
  readonly tokens: number;
  /** How it was drawn: the sample stage's parameters. */
  readonly sampling: Json;
  readonly attempt: {
    readonly key: string;
    readonly state: string;
    /** Candidates it brought: what it cost, it cost for all of them. */
    readonly rows: number;
    readonly tries: number;
    /** Tries after one whose reply is unknown: possibly paid twice. */
    readonly repeats: number;
    /** Of the tries that were answered. */
    readonly usd: number;
    /** Of those that nobody saw an answer of, at most. */
    readonly possiblyPaidUsd: number;
  };
}

export interface ScoreStory {
  readonly stage: string;
  /** The experiment's names for it; none in records of older runs. */
  readonly names: readonly string[];
  /** Everything that can change its scores. */
  readonly verifier: Json;
  /** The model that judged beside the one that wrote; null where there is none. */
  readonly model: string | null;
  /** False before the verifier came to it. */
  readonly isScored: boolean;
  /** Null: unscorable, for this reason. */
  readonly score: number | null;
  readonly reason: string | null;
}

export interface DecisionStory {
  readonly stage: string;
  /** The verify stage that it went by; null: none. */
  readonly scores: string | null;
  /** Null before selection came to it. */
  readonly reason: string | null;
  /** 0 is the best; null: rejected. */
  readonly rank: number | null;
  readonly kept: number | null;
  readonly candidates: number | null;
  readonly places: readonly Place[];
}

/** A row of a corpus by its place. */
export interface UseStory extends Place {
  readonly row: number;
}

interface CandidateRow {
  readonly dataset_id: number;
  readonly position: number;
  readonly draw: number;
  readonly completion: string;
  readonly article: string | null;
  readonly finish: string;
  readonly reason: string | null;
  readonly log_probability: number | null;
  readonly token_count: number;
  readonly attempt_id: number;
}

export type ExampleReader = ReturnType<typeof createExampleReader>;

export function createExampleReader(
  connection: Connection,
  {
    graph,
    parts,
    nameVerifier,
  }: { readonly graph: StageGraph; readonly parts: CorpusParts } & Pick<Asked, "nameVerifier">,
) {
  const findRow = connection.prepare<[number, number], RowStory>(
    `SELECT d.split, d.sha256 AS dataset, r.position, r.id, r.article, r.summary
     FROM dataset_row r JOIN dataset d ON d.id = r.dataset_id WHERE r.dataset_id = ? AND r.position = ?`,
  );
  const findDataset = connection
    .prepare<[string], number>(
      "SELECT id FROM dataset WHERE split = 'train' ORDER BY sha256 = ? DESC, is_current DESC LIMIT 1",
    )
    .pluck();
  const findCandidate = connection.prepare<[number, number], CandidateRow>(
    `SELECT dataset_id, position, draw, completion, article, finish, reason, log_probability, token_count, attempt_id
     FROM candidate WHERE stage_id = ? AND id = ?`,
  );
  const findAttempt = connection.prepare<[number], CandidateStory["attempt"]>(
    `SELECT key, state, row_count AS rows, try_count AS tries, repeat_count AS repeats,
       round(cost_usd - unseen_usd, 9) AS usd, round(unseen_usd, 9) AS possiblyPaidUsd FROM attempt WHERE id = ?`,
  );
  const findScore = connection.prepare<[number, number], { score: number | null; reason: string | null }>(
    "SELECT score, reason FROM score WHERE stage_id = ? AND candidate_id = ?",
  );
  const findDecision = connection.prepare<[number, number], { rank: number | null; reason: string }>(
    "SELECT rank, reason FROM selection WHERE stage_id = ? AND candidate_id = ?",
  );
  const findKept = connection
    .prepare<[number, number], number>("SELECT candidate_id FROM selection WHERE stage_id = ? AND rank = ?")
    .pluck();

  const readScore = (verified: StageNode, id: number): ScoreStory => {
    const { parameters } = graph.read<{ readonly verifier: Json }, unknown>(verified);
    const row = findScore.get(verified.id, id);
    return {
      stage: verified.key,
      names: nameVerifier(parameters.verifier),
      verifier: parameters.verifier,
      model: verified.inputs[1] ?? null,
      isScored: row !== undefined,
      score: row?.score ?? null,
      reason: row?.reason ?? null,
    };
  };

  const readDecision = (selection: StageNode, id: number): DecisionStory => {
    const { value } = graph.read<unknown, { readonly rows: number; readonly candidates: number }>(selection);
    const row = selection.state === "running" ? undefined : findDecision.get(selection.id, id);
    return {
      stage: selection.key,
      scores: selection.inputs[1] ?? null,
      reason: row?.reason ?? null,
      rank: row?.rank ?? null,
      kept: value?.rows ?? null,
      candidates: value?.candidates ?? null,
      places: graph.placesOf(selection),
    };
  };

  const readRow = (dataset: number, position: number): RowStory => {
    const row = findRow.get(dataset, position);
    if (!row) throw createDamage(`dataset ${dataset} has no row ${position}`, connection);
    return row;
  };

  /** Places by corpus, so that each stands once however many arms share it. */
  const readUses = function* (source: StageNode | null, position: number): Generator<UseStory> {
    const turns = Map.groupBy(graph.readTurns(), ({ corpus }) => corpus.id);
    for (const { stage, position: row } of parts.findUses(source, position)) {
      for (const { arm, seed, generation } of turns.get(stage.id) ?? []) yield { arm, seed, generation, row };
    }
  };

  return {
    /** The real row that a corpus refers to. */
    readReal(corpus: StageNode, position: number): RowStory {
      const { parameters } = graph.read<{ readonly dataset?: string }, unknown>(corpus);
      return readRow(findDataset.get(parameters.dataset ?? "") ?? 0, position);
    },

    /** The candidate that a selection kept at a rank. */
    findKept(selection: StageNode, rank: number): { readonly sample: StageNode; readonly id: number } {
      const id = findKept.get(selection.id, rank);
      if (id === undefined)
        throw createDamage(`selection ${shorten(selection.key)} kept nothing at rank ${rank}`, connection);
      return { sample: graph.inputOf(selection, 0), id };
    },

    /** Undefined where the sample stage has committed no such candidate. */
    readCandidate(
      sample: StageNode,
      id: number,
    ): { readonly row: RowStory; readonly candidate: CandidateStory } | undefined {
      const row = findCandidate.get(sample.id, id);
      if (!row) return undefined;
      const attempt = findAttempt.get(row.attempt_id);
      if (!attempt) throw createDamage(`candidate ${id} of ${shorten(sample.key)} belongs to no attempt`, connection);
      return {
        row: readRow(row.dataset_id, row.position),
        candidate: {
          stage: sample.key,
          id,
          draw: row.draw,
          completion: row.completion,
          article: row.article,
          finish: row.finish,
          reason: row.reason,
          logProbability: row.log_probability,
          tokens: row.token_count,
          sampling: graph.read<Json, unknown>(sample).parameters,
          attempt,
        },
      };
    },

    /** By every verifier that is to score it. */
    readScores: (sample: StageNode, id: number): readonly ScoreStory[] =>
      graph.readersOf(sample, "verify").map((verified) => readScore(verified, id)),

    /** By every selection that chooses from its stage. */
    readDecisions: (sample: StageNode, id: number): readonly DecisionStory[] =>
      graph.readersOf(sample, "select").map((selection) => readDecision(selection, id)),

    /** At most `limit` rows of corpora that a candidate is, over all selections. */
    readUses(decisions: readonly DecisionStory[], sample: StageNode, limit: number): readonly UseStory[] {
      const uses: UseStory[] = [];
      for (const selection of graph.readersOf(sample, "select")) {
        const rank = decisions.find(({ stage }) => stage === selection.key)?.rank ?? null;
        if (rank === null) continue;
        for (const use of readUses(selection, rank)) if (uses.push(use) === limit) return uses;
      }
      return uses;
    },

    /** At most `limit` rows of corpora that a real row is. */
    readRealUses(position: number, limit: number): readonly UseStory[] {
      const uses: UseStory[] = [];
      for (const use of readUses(null, position)) if (uses.push(use) === limit) break;
      return uses;
    },
  };
}
