// Where the rows of a corpus come from, by position and by count, without reading the rows themselves.

import type { Connection } from "../database.ts";
import { createDamage, type StageGraph, type StageNode, shorten } from "./stage-graph.ts";

interface Part {
  readonly position: number;
  /** Within the corpus, end excluded. */
  readonly start: number;
  readonly end: number;
  /** A select or an assemble stage; null: the dataset's train split. */
  readonly source: StageNode | null;
  /** False where the part takes all of its source, in order. */
  readonly isTaken: boolean;
}

/** A position within a stage: of a corpus, of what a selection kept, or of the dataset. */
export interface Step {
  readonly stage: StageNode;
  readonly position: number;
}

/** A row's way from a corpus to where it stands itself. */
export interface Origin {
  /** The corpora it was taken from, the asked one first. */
  readonly corpora: readonly Step[];
  /** The select stage that kept it, null where it is real. */
  readonly selection: StageNode | null;
  /** Its rank in that selection, or its position in the dataset. */
  readonly position: number;
}

export type CorpusParts = ReturnType<typeof createCorpusParts>;

export function createCorpusParts(connection: Connection, graph: StageGraph) {
  const readParts = connection.prepare<
    [number],
    { position: number; source_id: number | null; n: number; taken: number }
  >(
    `SELECT position, source_id, row_count AS n, take IS NOT NULL AS taken FROM corpus_part WHERE stage_id = ?
     ORDER BY position`,
  );
  const readPlace = connection
    .prepare<[number, number, number], Buffer | null>(
      "SELECT substr(take, 1 + 4 * ?, 4) FROM corpus_part WHERE stage_id = ? AND position = ?",
    )
    .pluck();
  const readTake = connection
    .prepare<[number, number], Buffer>("SELECT take FROM corpus_part WHERE stage_id = ? AND position = ?")
    .pluck();
  const partsFrom = connection.prepare<[number | null], { stage_id: number; position: number }>(
    "SELECT stage_id, position FROM corpus_part WHERE source_id IS ? ORDER BY stage_id, position",
  );
  const known = new Map<number, readonly Part[]>();
  const counted = new Map<number, ReadonlyMap<StageNode | null, number> | "open">();

  const partsOf = (corpus: StageNode): readonly Part[] => {
    let parts = known.get(corpus.id);
    if (parts) return parts;
    let end = 0;
    parts = readParts.all(corpus.id).map(({ position, source_id, n, taken }) => {
      const start = end;
      end += n;
      return { position, start, end, source: source_id === null ? null : graph.byId(source_id), isTaken: taken === 1 };
    });
    const { value } = graph.read<unknown, { readonly rows: number }>(corpus);
    if (corpus.state === "done" && value?.rows !== end) {
      throw createDamage(`corpus ${shorten(corpus.key)} has ${end} rows, and should have ${value?.rows}`, connection);
    }
    known.set(corpus.id, parts);
    return parts;
  };

  const placeWithin = (corpus: StageNode, part: Part, row: number): number => {
    const within = row - part.start;
    if (!part.isTaken) return within;
    const bytes = readPlace.get(within, corpus.id, part.position);
    if (bytes?.length !== 4)
      throw createDamage(`corpus ${shorten(corpus.key)} has no reference for row ${row}`, connection);
    return bytes.readUInt32LE(0);
  };

  /** The origin of a row; undefined where the corpus has no such row. */
  const findOrigin = (corpus: StageNode, row: number): Origin | undefined => {
    const corpora: Step[] = [];
    let [stage, position] = [corpus, row];
    while (!corpora.some((step) => step.stage === stage)) {
      const part = partsOf(stage).find(({ start, end }) => position >= start && position < end);
      if (!part) return undefined;
      corpora.push({ stage, position });
      const place = placeWithin(stage, part, position);
      if (part.source?.kind !== "assemble") return { corpora, selection: part.source, position: place };
      [stage, position] = [part.source, place];
    }
    throw createCircle(corpus);
  };

  const createCircle = ({ key }: StageNode) => createDamage(`corpus ${shorten(key)} is made of itself`, connection);

  /** Rows of a corpus by who kept them: a select stage, or null for real ones. */
  const countSources = (corpus: StageNode): ReadonlyMap<StageNode | null, number> => {
    const before = counted.get(corpus.id);
    if (before === "open") throw createCircle(corpus);
    if (before) return before;
    counted.set(corpus.id, "open");
    const counts = countParts(corpus);
    counted.set(corpus.id, counts);
    return counts;
  };

  const countParts = (corpus: StageNode): ReadonlyMap<StageNode | null, number> => {
    const counts = new Map<StageNode | null, number>();
    const add = (source: StageNode | null, rows: number): void => {
      counts.set(source, (counts.get(source) ?? 0) + rows);
    };
    for (const part of partsOf(corpus)) {
      const rows = part.end - part.start;
      if (part.source?.kind !== "assemble") {
        add(part.source, rows);
        continue;
      }
      const inner = countSources(part.source);
      const [only] = inner.keys();
      if (!part.isTaken) for (const [source, count] of inner) add(source, count);
      else if (inner.size === 1 && only !== undefined) add(only, rows);
      // Some rows of a mixed corpus: no policy asks for it; exact all the same, row by row.
      else for (let row = part.start; row < part.end; row++) add(findOrigin(corpus, row)?.selection ?? null, 1);
    }
    return counts;
  };

  /** Every corpus and position that a row of a source stands at: kept at a rank, or real at a position (source null). */
  const findUses = function* (
    source: StageNode | null,
    position: number,
    trail: readonly StageNode[] = [],
  ): Generator<Step> {
    for (const { stage_id, position: partPosition } of partsFrom.all(source?.id ?? null)) {
      const corpus = graph.byId(stage_id);
      if (trail.includes(corpus)) throw createCircle(corpus);
      const part = partsOf(corpus).find((one) => one.position === partPosition) as Part;
      for (const within of findWithin(part, position, corpus)) {
        const step = { stage: corpus, position: part.start + within };
        yield step;
        yield* findUses(corpus, step.position, [...trail, corpus]);
      }
    }
  };

  /** Where in a part its source's position stands: once, never, or as often as it was drawn. */
  const findWithin = (part: Part, position: number, corpus: StageNode): readonly number[] => {
    const count = part.end - part.start;
    if (!part.isTaken) return position < count ? [position] : [];
    const take = readTake.get(corpus.id, part.position) as Buffer;
    const found: number[] = [];
    for (let within = 0; within < Math.min(count, take.length >> 2); within++) {
      if (take.readUInt32LE(within * 4) === position) found.push(within);
    }
    return found;
  };

  return {
    /** How many rows a corpus has; 0 before it is assembled. */
    rowCount: (corpus: StageNode): number => partsOf(corpus).at(-1)?.end ?? 0,
    findOrigin,
    countSources,
    findUses,
  };
}
