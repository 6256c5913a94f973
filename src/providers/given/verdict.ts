// Proof before trust: what an endpoint tells of a given text is held against what it told when it wrote that text.
// Pure comparison; which texts, and how they were asked for, is not known here.
//
// The rule: over at least 64 tokens the median difference is at most 0.02 nats and the 95th percentile at most 0.2, and
// moving one side by a position makes the median at least 10 times worse. Arithmetic of half precision and of batches of
// another size stays within it; another model, another temperature or another position does not.

import { computeQuantile } from "../../math/quantile.ts";

/** One text that the endpoint wrote: what it told of each token then, and what it tells of it as a given one. */
export interface Passage {
  readonly written: readonly number[];
  /** null where the token was not found again, or has no log-probability. */
  readonly given: readonly (number | null)[];
  /** Of the likeliest token at each place, where that is told. */
  readonly best: readonly (number | null)[];
}

export interface Agreement {
  /** Tokens compared. */
  readonly tokenCount: number;
  /** Of the absolute differences, nats. */
  readonly median: number;
  readonly high: number;
  /** The smaller median of the two shifts by a position. */
  readonly shifted: number;
}

export type Verdict =
  | ({ readonly kind: "proved" } & Agreement)
  | { readonly kind: "silent" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "few"; readonly tokenCount: number }
  /** Right values, one position away. */
  | ({ readonly kind: "displaced" } & Agreement)
  | ({ readonly kind: "different" } & Agreement)
  /** Equal, and equal one position away as well: these texts cannot tell. */
  | ({ readonly kind: "blunt" } & Agreement);

export const leastTokens = 64;
export const mostMedian = 0.02;
export const mostHigh = 0.2;
const leastRatio = 10;

/** Below it a shift is no worse than rounding. */
const leastShifted = 1e-4;

export function computeVerdict(passages: readonly Passage[]): Verdict {
  const values = passages.flatMap(({ given }) => given.filter((value) => value !== null));
  if (values.length === 0) return { kind: "silent" };
  if (values.length < leastTokens) return { kind: "few", tokenCount: values.length };
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  if (values.every((value) => value - low < 1e-9)) return { kind: "constant", value: low };
  const agreement = computeAgreement(passages, (passage) => passage.given);
  const { median, high, shifted } = agreement;
  if (median <= mostMedian && high <= mostHigh) {
    const isSharp = shifted >= leastRatio * median && shifted >= leastShifted;
    return { kind: isSharp ? "proved" : "blunt", ...agreement };
  }
  return { kind: isDisplaced(passages) ? "displaced" : "different", ...agreement };
}

/** The comparison alone, for fingerprints: another time, and the same texts. */
export function computeAgreement(
  passages: readonly Passage[],
  readSide: (passage: Passage) => readonly (number | null)[],
): Agreement {
  const differences = listDifferences(passages, readSide, 0);
  const shifted = Math.min(
    computeMedian(listDifferences(passages, readSide, 1)),
    computeMedian(listDifferences(passages, readSide, -1)),
  );
  return {
    tokenCount: differences.length,
    median: computeMedian(differences),
    high: computeQuantile(differences, 0.95),
    shifted: Number.isNaN(shifted) ? 0 : shifted,
  };
}

/**
 * Whether what was told of a token stands beside its neighbour. A server that reads the right token off the distribution of
 * the next place shows it otherwise: the likeliest token there is the one it wrote next.
 */
function isDisplaced(passages: readonly Passage[]): boolean {
  const sides = [(passage: Passage) => passage.given, (passage: Passage) => passage.best];
  return sides.some((readSide) => {
    const isEqual = (shift: number): boolean => {
      const differences = listDifferences(passages, readSide, shift);
      if (differences.length < leastTokens / 2) return false;
      return computeMedian(differences) <= mostMedian && computeQuantile(differences, 0.95) <= mostHigh;
    };
    return !isEqual(0) && (isEqual(-1) || isEqual(1));
  });
}

/** Absolute differences in ascending order. */
function listDifferences(
  passages: readonly Passage[],
  readSide: (passage: Passage) => readonly (number | null)[],
  shift: number,
): Float64Array {
  const differences = passages.flatMap((passage) => {
    const side = readSide(passage);
    return passage.written.flatMap((value, index) => {
      const other = side[index + shift];
      return typeof other === "number" ? [Math.abs(value - other)] : [];
    });
  });
  return Float64Array.from(differences).sort();
}

const computeMedian = (sorted: Float64Array): number => computeQuantile(sorted, 0.5);
