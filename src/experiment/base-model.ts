// Trains the embedded base model on the built-in corpus: the command behind the file that ships.

import { createPretrainingRows, createWordList } from "../datasets/newswire.ts";
import { baseRowCount, type TrainedBase, trainBase } from "../embedded/base.ts";
import { createPool } from "../embedded/pool.ts";

export interface BaseModelOptions {
  /** Where it is written. */
  readonly file: string;
  readonly signal: AbortSignal;
  readonly report: (doneCount: number, totalCount: number) => void;
}

/** One thread, some 50 seconds; the same bytes every time on the same machine. */
export async function trainBaseModel(options: BaseModelOptions): Promise<TrainedBase> {
  const pool = createPool({ workers: 1 });
  try {
    return await trainBase(createPretrainingRows({ count: baseRowCount }), createWordList(), { ...options, pool });
  } finally {
    await pool.close();
  }
}
