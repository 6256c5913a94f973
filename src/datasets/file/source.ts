// What every format of a file of rows comes to: a source that can be read as often as is asked for. Types only.

import type { Row, Split } from "../../domain/rows.ts";
import type { FieldAdvice } from "../fields/advice.ts";
import type { FileRequest } from "./bytes.ts";

/** A row with the split it names, where the file names them. */
export interface FileRow {
  readonly row: Row;
  readonly split: Split | undefined;
}

export interface SourceRequest {
  readonly file: FileRequest;
  /** As a user writes them: a name, or a path such as `translation.en`. */
  readonly fields: { readonly id?: string | undefined; readonly article: string; readonly summary: string };
  /** Whether, where no field is named for it, a field `id` of the rows is to be looked for. */
  readonly seeksId: boolean;
  /** Whether a field `split` of the rows is to be looked for. */
  readonly seeksSplit: boolean;
  /** Lets a text be empty or null, for a filter to drop and to count. */
  readonly allowsEmpty: boolean;
  /** Whether there may be no rows at all, as in one file of many. */
  readonly allowsNone?: boolean;
  readonly adviseField?: FieldAdvice | undefined;
  /** The id of a row that has none, by its number in the file. */
  readonly nameRow?: ((number: number) => string) | undefined;
}

/** The ids there have been, over as many sources as belong together. */
export interface RowIds {
  /** Remembers an id; where it has been before: the number of a line or row, in words where it is another source's. */
  add(id: string, number: number): number | string | undefined;
}

/** What one pass over a source is to look at. */
export interface Pass {
  /** Undefined lets ids come twice. */
  readonly knownIds: RowIds | undefined;
}

export interface RowSource {
  /** What was accepted and should be known. One sentence each. */
  readonly notes: readonly string[];
  /** Rows say which split they are of. */
  readonly hasSplit: boolean;
  /** The rows in order, some at a time; throws DatasetError for the first faults once all have been looked for. */
  read(pass: Pass): AsyncGenerator<readonly FileRow[], void, void>;
}
