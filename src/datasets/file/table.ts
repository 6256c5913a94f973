// What a table is to the one who makes rows of it: named columns, and records of as many cells. Types only.

import type { FileRequest } from "./bytes.ts";
import type { Problems, Spot } from "./problems.ts";

export interface Column {
  readonly name: string;
  /** Why its cells can be no text, such as "is nested"; undefined where they can. */
  readonly fault?: string | undefined;
}

export interface Cells {
  readonly spot: Spot;
  /** Counts from 1, without the header. */
  readonly number: number;
  /** One for every column asked for; bytes stand for text that is no UTF-8. */
  readonly values: readonly unknown[];
}

export interface Head {
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
}

export interface TableFormat {
  /** What a record is called: a line or a row. */
  readonly noun: "line" | "row";
  readHead(request: FileRequest): Promise<Head>;
  /** The cells of the named columns, some records at a time. Faults of a record are added to `problems`. */
  readRecords(
    request: FileRequest,
    names: readonly string[],
    problems: Problems,
  ): AsyncGenerator<readonly Cells[], void, void>;
}
