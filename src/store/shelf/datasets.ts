// Imports the rows an experiment uses, once: from then on a run needs no file but its own.

import type { Row, Split } from "../../domain/rows.ts";
import type { Connection } from "../database.ts";
import { createRowDigest } from "../witness/row-digest.ts";
import type { Writer } from "../writer.ts";

export interface ImportedDataset {
  readonly split: Split;
  /** SHA-256 over its canonical rows. */
  readonly digest: string;
  rows(): AsyncIterable<Row>;
}

const importBatchRows = 500;

/** Makes a dataset the current one of its split; rows are read only if it was never imported whole. */
export async function importDataset(connection: Connection, writer: Writer, dataset: ImportedDataset): Promise<void> {
  const { split, digest } = dataset;
  const find = connection.prepare<[string, string], { id: number; row_count: number }>(
    "SELECT id, row_count FROM dataset WHERE split = ? AND sha256 = ?",
  );
  const insertDataset = connection.prepare(
    "INSERT OR IGNORE INTO dataset (split, sha256, row_count, is_current) VALUES (?, ?, -1, 0)",
  );
  const insertRow = connection.prepare(
    "INSERT INTO dataset_row (dataset_id, position, id, article, summary) VALUES (?, ?, ?, ?, ?)",
  );
  const clear = connection.prepare(
    `DELETE FROM dataset_row WHERE dataset_id = @id
       AND position < (SELECT min(position) FROM dataset_row WHERE dataset_id = @id) + ${importBatchRows}`,
  );
  const close = connection.prepare("UPDATE dataset SET row_count = ?, rows_sha256 = ? WHERE id = ?");
  const witness = createRowDigest();
  const choose = connection.prepare("UPDATE dataset SET is_current = (sha256 = ?) WHERE split = ?");

  await writer.write(() => void insertDataset.run(split, digest));
  const { id, row_count } = find.get(split, digest) as { id: number; row_count: number };
  if (row_count < 0) {
    while ((await writer.writeBatch(() => clear.run({ id }).changes)) > 0);
    let position = 0;
    let batch: Row[] = [];
    const commit = async (): Promise<void> => {
      const [first, rows] = [position, batch];
      position += rows.length;
      batch = [];
      for (const [index, row] of rows.entries()) witness.add(first + index, row.id, row.article, row.summary);
      await writer.writeBatch(() => {
        for (const [index, row] of rows.entries()) insertRow.run(id, first + index, row.id, row.article, row.summary);
      });
    };
    for await (const row of dataset.rows()) if (batch.push(row) === importBatchRows) await commit();
    await commit();
    await writer.write(() => void close.run(position, witness.compute(), id));
  }
  await writer.write(() => void choose.run(digest, split));
}
