// A bug is a change of the source, and the experiment that must see it. Every text to be changed stands in its file
// exactly once: where it does not, the bug has rotted.

export interface Edit {
  /** Below src/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export type ExperimentName =
  | "points"
  | "kills"
  | "power"
  | "syncs"
  | "full"
  | "signals"
  | "writers"
  | "clocks"
  | "plain"
  | "alterations"
  | "constraints"
  | "hosted";

export interface Bug {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly experiment: ExperimentName;
  /** Runs at most, where not as many as usual. */
  readonly count?: number;
  /** Points at which it shows, where the experiment has points: all of them take minutes. */
  readonly only?: RegExp;
  /** What the experiment says of it, so that a bug that merely breaks everything does not count as seen. */
  readonly says: RegExp;
}

/** Puts the change into a source; throws where it has nothing to change, or more than one thing. */
export function plant(source: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file} holds ${more.length === 0 ? "none" : more.length + 1} of: ${find}`);
  }
  return before + replace + after;
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Batches of a few rows: a small run is then torn in the places where only a large one would be. No bug. */
export const fineGrain: readonly Edit[] = [
  edit("systems/language/verify.ts", "const batchRows = 256;", "const batchRows = 4;"),
  edit("systems/language/sample.ts", "const candidatesInFlight = 1000;", "const candidatesInFlight = 4;"),
  edit("store/shelf/scores.ts", "const batchRows = 2000;", "const batchRows = 5;"),
  edit("store/shelf/datasets.ts", "const importBatchRows = 500;", "const importBatchRows = 5;"),
  edit("store/shelf/pages.ts", "const pageRows = 500;", "const pageRows = 5;"),
];
