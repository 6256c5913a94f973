// Collects what is wrong with a file and tells the first three, each in one line, then how many more there are.

import { DatasetError } from "../../errors.ts";
import { renderVisibleLine } from "../../text/visible.ts";

/** A place in a file: line and column count from 1, in characters; the byte offset counts from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly byte: number;
}

/** A record of a table, whose fields have no column of their own: ":12" for a line, ", row 12" for a row. */
export type Spot = `:${number}` | `, row ${number}` | "";

export interface FileProblem {
  readonly place: Place | Spot;
  readonly what: string;
  /** The step to take; only the first problem's is told. */
  readonly next: string | undefined;
  /** The file as a whole is of another kind: every further line would say the same. */
  readonly isOfFile?: true;
}

export interface Problems {
  readonly count: number;
  /** True once there is no use in looking for more. */
  readonly isFull: boolean;
  add(problem: FileProblem): void;
  /** Throws DatasetError if anything was added. */
  throwIfAny(): void;
}

const shownCount = 3;
/** Beyond so many, the count is of no use to anybody. */
const searchedCount = 1000;

export function createProblems(file: string): Problems {
  const shown: FileProblem[] = [];
  let count = 0;
  let isOfFile = false;
  return {
    get count() {
      return count;
    },
    get isFull() {
      return isOfFile || count >= searchedCount;
    },
    add(problem) {
      if (count++ < shownCount) shown.push(problem);
      isOfFile ||= problem.isOfFile === true;
    },
    throwIfAny() {
      const [first, ...others] = shown;
      if (first === undefined) return;
      const lines = [first.what, ...others.map(({ place, what }) => `${renderPlace(file, place)}: ${what}`)];
      const more = count - shown.length;
      if (more > 0) {
        const least = count >= searchedCount ? "at least " : "";
        lines.push(`and ${least}${more} more ${more === 1 ? "problem" : "problems"}`);
      }
      throw new DatasetError(lines.map(renderVisibleLine).join("\n"), {
        where: renderPlace(file, first.place),
        next: first.next,
      });
    },
  };
}

export function renderPlace(file: string, place: Place | Spot): string {
  if (typeof place === "string") return file + place;
  const { line, column, byte } = place;
  return `${file}:${line}:${column} (byte ${renderCount(byte)})`;
}

/** 1,203,441: grouped by thousands whatever the locale. */
export function renderCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
