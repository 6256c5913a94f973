// A change of one field, with the edit that makes it alone.

import type { RunRecordSource } from "../prepare.ts";
import type { FieldDifference } from "./difference.ts";

/** Turns the record of a run into one in which this field alone is as it is now. */
export type Edit = (record: RunRecordSource) => RunRecordSource;

export interface FieldChange extends FieldDifference {
  readonly edit: Edit;
}

export const chain = (one: Edit, other: Edit): Edit => {
  return (record) => other(one(record));
};

export const keep: Edit = (record) => record;
