// Pairs predictions with references that stand in another order: the references go to disk by id, then each prediction
// takes its own. Knows the disk only as a port; what it holds in memory does not grow with the files.

import { DatasetError } from "../errors.ts";
import type { Batch } from "./score-batch.ts";
import { type Lines, readBlocks, type Source } from "./score-lines.ts";
import type { PairSources } from "./score-merge.ts";
import {
  decodeLines,
  type PredictionRow,
  parsePrediction,
  parseReference,
  type ReferenceRow,
  type RowFile,
  readRow,
} from "./score-rows.ts";

/** A line of a file, kept by its id. */
export interface SpilledRow {
  readonly id: string;
  readonly line: number;
  readonly text: string;
}

/** What came of asking for a row: the row, or the line that took it before, or that no row has the id. */
export type Taken =
  | { readonly kind: "row"; readonly line: number; readonly text: string }
  | { readonly kind: "gone"; readonly takenBy: number }
  | { readonly kind: "none" };

/** Rows on disk by id, for as long as one scoring needs them. */
export interface PairSpill {
  /** Adds rows, in the order of their lines. */
  add(rows: readonly SpilledRow[]): void;
  /** The first row whose id an earlier row has. After this no rows are added. */
  readDoubled(): { readonly id: string; readonly line: number; readonly earlierLine: number } | undefined;
  /** Takes the row of an id for the prediction at line `takenBy`. */
  take(id: string, takenBy: number): Taken;
  /** The first row that nobody has taken. */
  readLeft(): { readonly id: string; readonly line: number } | undefined;
  close(): void;
}

/** A batch is full at this many characters of references. */
const batchCharacters = 2 ** 20;

/** The pairs in the order of the predictions. Throws DatasetError for ids that are doubled or missing on either side. */
export async function* readSpilledBatches(sources: PairSources, spill: PairSpill): AsyncIterable<Batch> {
  const { predictions, references } = sources;
  for await (const lines of readBlocks(references)) {
    spill.add(readIds(lines, { name: references.name, parse: parseReference, hasIds: true }));
  }
  assertDistinct(references, spill);
  for await (const lines of readBlocks(predictions)) yield* pairBlock(lines, sources, spill);
  const left = spill.readLeft();
  if (left !== undefined) throw createIdError(references, left, `has no prediction in ${predictions.name}`);
}

/** Throws DatasetError where an id comes twice, for files already found to be in the same order. */
export async function assertDistinctIds(predictions: Source, spill: PairSpill): Promise<void> {
  const file = { name: predictions.name, parse: parsePrediction, hasIds: true };
  for await (const lines of readBlocks(predictions)) {
    spill.add(readIds(lines, file).map(({ id, line }) => ({ id, line, text: "" })));
  }
  assertDistinct(predictions, spill);
}

/** The lines with their ids; each is read in full here, so that a bad row is told before it is kept. */
function readIds<Row extends PredictionRow | ReferenceRow>(lines: Lines, file: RowFile<Row>): SpilledRow[] {
  return decodeLines(lines).map((text, index) => {
    const line = lines.first + index;
    return { id: String(readRow(file, text, line).id), line, text: text ?? "" };
  });
}

function assertDistinct(source: Source, spill: PairSpill): void {
  const doubled = spill.readDoubled();
  if (doubled !== undefined) throw createIdError(source, doubled, `is on line ${doubled.earlierLine} already`);
}

interface PairedLines {
  readonly predictions: string[];
  readonly references: string[];
  readonly referenceLines: number[];
}

/** Batches of a block of predictions, each with the reference that it takes. */
function* pairBlock(lines: Lines, { predictions, references }: PairSources, spill: PairSpill): Iterable<Batch> {
  const file = { name: predictions.name, parse: parsePrediction, hasIds: true };
  let paired: PairedLines = { predictions: [], references: [], referenceLines: [] };
  let characters = 0;
  let first = lines.first;
  for (const [index, text] of decodeLines(lines).entries()) {
    const line = lines.first + index;
    const id = String(readRow(file, text, line).id);
    const taken = spill.take(id, line);
    if (taken.kind === "none") throw createIdError(predictions, { id, line }, `is not in ${references.name}`);
    if (taken.kind === "gone") throw createIdError(predictions, { id, line }, `is on line ${taken.takenBy} already`);
    paired.predictions.push(text ?? "");
    paired.references.push(taken.text);
    paired.referenceLines.push(taken.line);
    characters += taken.text.length;
    if (characters < batchCharacters && index < lines.count - 1) continue;
    yield createBatch(paired, first);
    paired = { predictions: [], references: [], referenceLines: [] };
    characters = 0;
    first = line + 1;
  }
}

function createBatch({ predictions, references, referenceLines }: PairedLines, first: number): Batch {
  const count = predictions.length;
  const encode = (texts: readonly string[]): Uint8Array<ArrayBuffer> => new TextEncoder().encode(texts.join("\n"));
  return {
    predictions: { bytes: encode(predictions), count, first },
    references: { bytes: encode(references), count, first },
    referenceLines,
  };
}

function createIdError(
  source: Source,
  row: { readonly id: string; readonly line: number },
  what: string,
): DatasetError {
  return new DatasetError(`id ${JSON.stringify(row.id)} ${what}`, {
    where: `${source.name}:${row.line}`,
    next: "every prediction needs one reference of the same id, and every id one row in each file",
  });
}
