// Corpora as lists of references: into the dataset, into what selections kept, into other corpora.
// Rows are resolved only when read, in whatever order the reader asks.

import { setImmediate } from "node:timers/promises";
import type { Part } from "../../domain/corpus.ts";
import type { CorpusRow } from "../../domain/shelf.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createDamageError } from "../witness/damage.ts";
import { createRowDigest } from "../witness/row-digest.ts";
import type { Writer } from "../writer.ts";

interface PartRow {
  readonly source_id: number | null;
  readonly kind: string | null;
  readonly row_count: number;
  readonly take: Buffer | null;
}

/** Finds the row at a position of one source. */
type Lookup = (position: number) => CorpusRow | undefined;

/** Each row is up to three reads at random places. */
const breathRows = 200;

/** Selections up to this size are read in one query, a fifth of the time of reading row by row; larger ones are not held. */
const heldRows = 10_000;

export function createCorpusShelf(connection: Connection, writer: Writer, stages: StageTable) {
  const clear = connection.prepare("DELETE FROM corpus_part WHERE stage_id = ?");
  const insert = connection.prepare(
    "INSERT INTO corpus_part (stage_id, position, source_id, row_count, take) VALUES (?, ?, ?, ?, ?)",
  );
  const witness = connection.prepare("UPDATE stage SET rows_sha256 = ? WHERE id = ?");
  const readParts = connection.prepare<[number], PartRow>(
    `SELECT p.source_id, s.kind, p.row_count, p.take FROM corpus_part p LEFT JOIN stage s ON s.id = p.source_id
     WHERE p.stage_id = ? ORDER BY p.position`,
  );
  const countCorpus = connection
    .prepare<[number], number>("SELECT coalesce(sum(row_count), 0) FROM corpus_part WHERE stage_id = ?")
    .pluck();
  const countKept = connection
    .prepare<[number], number>(
      "SELECT coalesce(max(rank) + 1, 0) FROM selection WHERE stage_id = ? AND rank IS NOT NULL",
    )
    .pluck();
  const findTrain = connection.prepare<[], { id: number; row_count: number }>(
    "SELECT id, row_count FROM dataset WHERE split = 'train' AND is_current = 1",
  );
  const realRow = connection.prepare<[number, number], CorpusRow>(
    "SELECT id, article, summary FROM dataset_row WHERE dataset_id = ? AND position = ?",
  );
  const keptRow = connection.prepare<[number, number, number], CorpusRow>(
    `SELECT d.id || '#' || c.draw AS id, coalesce(c.article, d.article) AS article, c.completion AS summary
     FROM selection s JOIN candidate c ON c.stage_id = ? AND c.id = s.candidate_id
       JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position
     WHERE s.stage_id = ? AND s.rank = ?`,
  );
  const allKept = connection.prepare<[number, number], CorpusRow>(
    `SELECT d.id || '#' || c.draw AS id, coalesce(c.article, d.article) AS article, c.completion AS summary
     FROM selection s JOIN candidate c ON c.stage_id = ? AND c.id = s.candidate_id
       JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position
     WHERE s.stage_id = ? AND s.rank IS NOT NULL ORDER BY s.rank`,
  );
  const originOf = connection
    .prepare<[number], number>(
      "SELECT o.id FROM stage s JOIN stage o ON o.key = json_extract(s.inputs, '$[0]') WHERE s.id = ?",
    )
    .pluck();
  const kindOf = connection.prepare<[number], string>("SELECT kind FROM stage WHERE id = ?").pluck();

  const countSource = (source: number | null): number => {
    if (source === null) return findTrain.get()?.row_count ?? 0;
    return (kindOf.get(source) === "select" ? countKept.get(source) : countCorpus.get(source)) as number;
  };

  const createLookup = (source: number | null): Lookup => {
    if (source === null) {
      const dataset = findTrain.get()?.id ?? 0;
      return (position) => realRow.get(dataset, position);
    }
    if (kindOf.get(source) === "select") {
      const origin = originOf.get(source) as number;
      if ((countKept.get(source) as number) > heldRows) return (rank) => keptRow.get(origin, source, rank);
      const held = allKept.all(origin, source);
      return (rank) => held[rank];
    }
    return createCorpusLookup(source);
  };

  const createCorpusLookup = (stageId: number): Lookup => {
    let end = 0;
    const parts = readParts.all(stageId).map((part) => {
      const start = end;
      end += part.row_count;
      const take = part.take ? parsePositions(part.take) : undefined;
      return { start, end, take, lookup: createLookup(part.source_id) };
    });
    return (position) => {
      const part = parts.find((candidate) => position < candidate.end);
      if (!part) return undefined;
      const within = position - part.start;
      return part.lookup(part.take ? (part.take[within] as number) : within);
    };
  };

  return {
    writeParts: (stage: string, sources: readonly (string | null)[], parts: readonly Part[]): Promise<void> =>
      writer.write(() => {
        const stageId = stages.idOf(stage);
        const digest = createRowDigest();
        clear.run(stageId);
        for (const [position, { source, take }] of parts.entries()) {
          const key = sources[source];
          const sourceId = key === null || key === undefined ? null : stages.idOf(key);
          const rowCount = take === "all" ? countSource(sourceId) : take.length;
          const positions = take === "all" ? null : renderPositions(take);
          insert.run(stageId, position, sourceId, rowCount, positions);
          digest.add(position, sourceId, rowCount, positions);
        }
        witness.run(digest.compute(), stageId);
      }),

    corpusCount: (stage: string): number => countCorpus.get(stages.idOf(stage)) as number,

    async *readCorpus(stage: string, order: Uint32Array): AsyncGenerator<CorpusRow> {
      const lookup = createCorpusLookup(stages.idOf(stage));
      for (const [index, position] of order.entries()) {
        const row = lookup(position);
        if (!row) throw createDamageError(`corpus ${stage.slice(0, 12)} has no row ${position}`, connection.name);
        yield row;
        if (index % breathRows === breathRows - 1) await setImmediate();
      }
    },
  };
}

/** uint32, little endian. */
function renderPositions(positions: Uint32Array): Buffer {
  return Buffer.from(positions.buffer, positions.byteOffset, positions.byteLength);
}

function parsePositions(blob: Buffer): Uint32Array {
  return new Uint32Array(new Uint8Array(blob).buffer);
}
