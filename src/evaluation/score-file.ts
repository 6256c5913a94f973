// ROUGE of a predictions file against a references file of any size, both JSON Lines: rows are matched by id where both
// files have ids, else by line. The same order is merged in one pass; another order goes through the disk (score-spill.ts).
// Knows no paths and no console: files come as sources, output rows go to a sink, and to abort is to abort a source.

import { DatasetError } from "../errors.ts";
import type { RougeMetric } from "../text/rouge-metric.ts";
import { type Batch, type BatchOptions, type FileFacts, isBefore } from "./score-batch.ts";
import { readBlocks, type Source } from "./score-lines.ts";
import { mergeLines, type PairSources } from "./score-merge.ts";
import { createScorePool, type ScorePool } from "./score-pool.ts";
import {
  decodeLines,
  type PredictionRow,
  parsePrediction,
  parseReference,
  type ReferenceRow,
  readRow,
} from "./score-rows.ts";
import { assertDistinctIds, type PairSpill, readSpilledBatches } from "./score-spill.ts";
import { createSummaryBuilder, type ScoreSummary, type SummaryBuilder } from "./score-summary.ts";

/** Where output rows go, in input order. */
export interface RowSink {
  write(rows: Uint8Array): Promise<void>;
  /** Drops what was written: the files turned out to be in different orders, and scoring starts again. */
  clear(): Promise<void>;
}

export interface ScoreRequest extends PairSources {
  readonly metrics: readonly RougeMetric[];
  readonly stemmer: boolean;
  /** Seeds the bootstrap. */
  readonly seed: number;
  /** Threads at most, at least 1. */
  readonly workerCount: number;
  readonly rows: RowSink | undefined;
  /** Opens a place on disk; asked for only where ids are in different orders, or in no order that shows them distinct. */
  readonly openSpill: () => PairSpill;
}

export interface FileScore extends ScoreSummary {
  readonly matchedBy: "id" | "line";
}

/** Throws DatasetError with file and line for the first row that cannot be used. */
export async function scoreFiles(request: ScoreRequest): Promise<FileScore> {
  const options: BatchOptions = {
    metrics: request.metrics,
    stemmer: request.stemmer,
    predictions: await readFacts(request.predictions, parsePrediction),
    references: await readFacts(request.references, parseReference),
    rows: request.rows !== undefined,
  };
  const matchedBy = options.predictions.hasIds && options.references.hasIds ? "id" : "line";
  const pool = createScorePool(options, request.workerCount);
  try {
    const merged = await scoreMerged(request, pool, matchedBy);
    return { ...(merged ?? (await scoreSpilled(request, pool))), matchedBy };
  } finally {
    await pool.close();
  }
}

/** The first row decides whether its file has ids; every other row is held to it. */
async function readFacts(
  source: Source,
  parse: (line: string | undefined) => PredictionRow | ReferenceRow,
): Promise<FileFacts> {
  for await (const lines of readBlocks(source)) {
    const row = readRow({ name: source.name, parse, hasIds: undefined }, decodeLines(lines)[0], 1);
    return { name: source.name, hasIds: row.id !== undefined };
  }
  throw new DatasetError("is empty", { where: source.name, next: "a file needs at least one row" });
}

/** Line against line; undefined where ids show that this is not the order of both files. */
async function scoreMerged(
  request: ScoreRequest,
  pool: ScorePool,
  matchedBy: FileScore["matchedBy"],
): Promise<ScoreSummary | undefined> {
  const { predictions, references } = request;
  const counts = { predictions: 0, references: 0 };
  const outcome = await scoreBatches(request, pool, mergeLines(request, counts));
  const isEven = counts.predictions === counts.references;
  if (matchedBy === "line" && !isEven) {
    const rows = counts.predictions === 1 ? "row" : "rows";
    throw new DatasetError(`has ${counts.predictions} ${rows}, but ${references.name} has ${counts.references}`, {
      where: predictions.name,
      next: "give the rows of both files ids, or make the files equally long",
    });
  }
  // Ids that lack their row on the other side are told best by looking them up.
  if (outcome === undefined || !isEven) return undefined;
  // Ids that ascend cannot come twice; any others are read once more, to be sure.
  if (matchedBy === "id" && !outcome.isAscending) {
    await useSpill(request, (spill) => assertDistinctIds(predictions, spill));
  }
  return outcome.summary.read();
}

/** The references by id, in whatever order they are. */
async function scoreSpilled(request: ScoreRequest, pool: ScorePool): Promise<ScoreSummary> {
  await request.rows?.clear();
  const outcome = await useSpill(request, (spill) => scoreBatches(request, pool, readSpilledBatches(request, spill)));
  if (outcome === undefined) throw new Error("spilled pairs do not match");
  return outcome.summary.read();
}

async function useSpill<Result>(request: ScoreRequest, use: (spill: PairSpill) => Promise<Result>): Promise<Result> {
  const spill = request.openSpill();
  try {
    return await use(spill);
  } finally {
    spill.close();
  }
}

interface Outcome {
  readonly summary: SummaryBuilder;
  /** Whether the ids ascend from the first row to the last, so that none comes twice. */
  readonly isAscending: boolean;
}

/** Adds up the batches in order; undefined as soon as one of them finds ids that differ. */
async function scoreBatches(
  { metrics, seed, rows }: ScoreRequest,
  pool: ScorePool,
  batches: AsyncIterable<Batch>,
): Promise<Outcome | undefined> {
  const summary = createSummaryBuilder(metrics, seed);
  let isAscending = true;
  let lastId: string | undefined;
  for await (const result of pool.score(batches)) {
    if (result.kind === "other-order") return undefined;
    isAscending &&= result.isAscending && (lastId === undefined || isBefore(lastId, result.firstId));
    lastId = result.lastId;
    summary.add(result.scores);
    await rows?.write(result.rows);
  }
  return { summary, isAscending };
}
