// Where a system's stages put their rows and find those of others, by stage key.
// The store is one shelf; a test may hold another in memory. A shelf knows no model and no metric.

import type { Part } from "./corpus.ts";
import type { CandidateText, SampleLint } from "./lint.ts";
import type { Model } from "./ports.ts";
import type { Candidate, Row, Score, Split, StoredCandidate } from "./rows.ts";
import type { SelectionResult } from "./selection.ts";

/** One row of a corpus: real, or a kept candidate with its prompt's article or its own. */
export interface CorpusRow {
  readonly id: string;
  readonly article: string;
  readonly summary: string;
}

/** All candidates of one attempt. */
export interface CandidateBatch {
  readonly split: Split;
  /**
   * Draws a prompt of the whole stage: with the prompt's position they give a candidate its place in plan order. null
   * where nobody knows how many there will be: then order is round by round, all first draws before any second one.
   */
  readonly draws: number | null;
  readonly candidates: readonly Candidate[];
}

export interface CandidateSummary {
  readonly rows: number;
  /** Candidates by how they ended. */
  readonly stopped: number;
  readonly truncated: number;
  readonly refused: number;
  readonly tokens: number;
  /** Over the candidates in plan order: texts, ends and log-probabilities. */
  readonly sha256: string;
}

/** Indexed by candidate id. */
export interface CandidateColumns {
  /** Position of the candidate's prompt. */
  readonly promptIndexes: Uint32Array;
  /** 0 where there is a text that could be trained on, 1 where it was refused, 2 where it cannot be parsed, 3 for a marker. */
  readonly unusable: Uint8Array;
}

/** How the scores came out that a selection went by. */
export interface Unscored {
  readonly candidates: number;
  /** Those without a score; the reason of most of them, and of how many. */
  readonly unscored: number;
  readonly reason: string | null;
  readonly reasonCount: number;
  /** What was answered first where a model was asked; null where none was, or no answer had a text. */
  readonly answer: string | null;
}

export interface Shelf {
  rowCount(split: Split): number;
  readRows(split: Split): AsyncIterable<Row>;
  /** Commits an attempt's candidates and closes the attempt, in one transaction; resolves when on disk. */
  writeCandidates(stage: string, batch: CandidateBatch): Promise<void>;
  /** 1 at the place of every candidate that is committed, prompt by prompt and draw by draw, 0 elsewhere. */
  readSampled(stage: string, prompts: { readonly split: Split; readonly draws: number }): Promise<Uint8Array>;
  /** Of a stage drawn round by round, up to its last candidate: 0 where none is committed, 1 where one is of use, 2 elsewhere. */
  readAccepted(stage: string): Promise<Uint8Array>;
  /** Of a whole sample stage. */
  candidateCount(stage: string): number;
  readSummary(stage: string): Promise<CandidateSummary>;
  readColumns(stage: string): Promise<CandidateColumns>;
  /** In plan order, page by page, with a turn of the event loop between two pages. */
  readTexts(stage: string): AsyncIterable<readonly CandidateText[]>;
  readLint(stage: string): SampleLint | undefined;
  /** Kept beside the stage; replaces what an earlier version found. */
  writeLint(stage: string, lint: SampleLint): Promise<void>;
  /** In plan order, whatever the order of arrival; their terms stay on the shelf: nobody scores by single tokens. */
  readCandidates(stage: string): AsyncIterable<StoredCandidate>;

  /** Refuses scores that do not go on where those before them ended. */
  writeScores(stage: string, scores: readonly Score[]): Promise<void>;
  /** Scores of a sample stage's candidates by a verify stage, by candidate id; NaN where unscorable. */
  readScores(stage: string, candidateCount: number): Promise<Float64Array>;
  /** How many scores of a verify stage are committed: they are written in id order. */
  scoreCount(stage: string): number;
  /** Of the newest selection that a corpus is made of; undefined where that went by no scores. */
  readUnscored(corpus: string): Unscored | undefined;

  /** Writes the kept candidates in rank order and the reason of every candidate, by its name; replaces a torn attempt's. */
  writeSelection(stage: string, selection: SelectionResult, names: readonly string[]): Promise<void>;

  /**
   * Writes a corpus as references. A part's source is an index into `sources`: the key of a select stage, whose kept
   * candidates count by rank, or of an assemble stage, or null for the dataset's train split.
   */
  writeParts(stage: string, sources: readonly (string | null)[], parts: readonly Part[]): Promise<void>;
  corpusCount(stage: string): number;
  /** Reads a corpus in the given order: positions within the corpus, a permutation of 0..rows-1. */
  readCorpus(stage: string, order: Uint32Array): AsyncIterable<CorpusRow>;

  /** A path for a file that does not exist yet, in the run's own folder. */
  createDraft(stage: string): Promise<string>;
  /** Makes a draft an artifact under its digest: synced, renamed, recorded; returns the model reference. */
  writeModel(stage: string, draft: string): Promise<Model>;
  readModel(stage: string): Promise<Model>;
}
