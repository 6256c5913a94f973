// What the verbs of datasets take from a command line alike: a packaged dataset's name, and a count.

import { type DatasetName, datasetNames } from "../datasets/registry.ts";
import { UsageError } from "../errors.ts";

export function findName(given: string): DatasetName | undefined {
  return datasetNames.find((name) => name === given);
}

export function refuseName(given: string): never {
  throw new UsageError(`there is no dataset ${JSON.stringify(given)}`, {
    next: `take ${datasetNames.join(" or ")}, or give a file as ./${given}`,
  });
}

/** A count from a flag; commander would call it NaN and go on. */
export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${JSON.stringify(text)} is not a whole number from 0 to 999999999`);
}
