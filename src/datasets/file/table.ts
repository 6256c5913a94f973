// What a table is to the one who makes rows of it: named columns, which may hold others, and records of cells. Types only.

import type { FieldPath } from "../fields/field-path.ts";
import type { FileRequest } from "./bytes.ts";
import type { Problems, Spot } from "./problems.ts";

export interface Column {
  readonly name: string;
  /** Why its cells can be no text, such as "is a decimal"; undefined where they can. */
  readonly fault?: string | undefined;
  /** The fields of a structure. */
  readonly fields?: readonly Column[] | undefined;
  /** What a list holds. */
  readonly item?: Column | undefined;
}

export interface Cells {
  readonly spot: Spot;
  /** Counts from 1, without the header. */
  readonly number: number;
  /** One for every path asked for; bytes stand for text that is no UTF-8, undefined for an item that a list lacks. */
  readonly values: readonly unknown[];
}

export interface Head {
  readonly columns: readonly Column[];
  /** The head says that no record follows. */
  readonly isEmpty?: boolean;
  readonly notes: readonly string[];
}

export interface TableFormat {
  /** What a record is called: a line or a row. */
  readonly noun: "line" | "row";
  readHead(request: FileRequest): Promise<Head>;
  /** The cells at the paths, some records at a time. Faults of a record are added to `problems`. */
  readRecords(
    request: FileRequest,
    paths: readonly FieldPath[],
    problems: Problems,
  ): AsyncGenerator<readonly Cells[], void, void>;
}
