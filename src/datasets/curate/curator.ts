// Decides row by row what stays: the filter, equal rows, near ones, and train rows that stand in the test split. All test
// rows come first, so that what is tested on never depends on what is trained on; then the train rows, in order.

import type { Row, Split } from "../../domain/rows.ts";
import { createGramSet } from "../../text/near/gram-set.ts";
import { type GramHashes, readGrams } from "../../text/near/grams.ts";
import { readSignature, signatureLength } from "../../text/near/min-hash.ts";
import { createNearIndex } from "../../text/near/near-index.ts";
import { createWordHashes, readWords } from "../../text/near/words.ts";
import type { CurationCount } from "../dataset.ts";
import { createKnownIds } from "../file/known-ids.ts";
import { findFilterReason } from "./filter.ts";
import type { CurationSettings } from "./settings.ts";

type CurationStep = CurationCount["step"];

export interface Curator {
  /** True for a row that stays. Test rows before train rows, each split in its own order. */
  add(split: Split, row: Row): boolean;
  /** In the order of the steps, then of first sight. */
  counts(): readonly CurationCount[];
}

interface Drop {
  readonly step: CurationStep;
  readonly reason: string;
}

/**
 * Memory a million rows kept: 21 to 43 MB for exact ones, 340 to 430 MB for near ones at 80 %, and 11 to 21 MB a million
 * grams of the test split; none for the filter.
 */
export function createCurator({ filter, dedupe, decontaminate }: CurationSettings): Curator {
  const steps: ((split: Split, row: Row) => Drop | undefined)[] = [
    (_, row) => {
      const reason = findFilterReason(row, filter);
      return reason === undefined ? undefined : { step: "filter", reason };
    },
    ...(dedupe.exact === "none" ? [] : [createExactStep(dedupe.exact)]),
    ...(dedupe.near === null ? [] : [createNearStep(dedupe.near, dedupe.words)]),
    ...(decontaminate === null ? [] : [createTestStep(decontaminate)]),
  ];
  const counts = new Map<string, { readonly drop: Drop; train: number; test: number }>();
  return {
    add(split, row) {
      for (const step of steps) {
        const drop = step(split, row);
        if (drop === undefined) continue;
        const name = `${drop.step} ${drop.reason}`;
        const count = counts.get(name) ?? { drop, train: 0, test: 0 };
        count[split] += 1;
        counts.set(name, count);
        return false;
      }
      return true;
    },
    counts() {
      const order: readonly CurationStep[] = ["filter", "exact", "near", "decontaminate"];
      return [...counts.values()]
        .sort((left, right) => order.indexOf(left.drop.step) - order.indexOf(right.drop.step))
        .map(({ drop, train, test }) => ({ ...drop, train, test }));
    },
  };
}

/** The first of equal rows stays. Equal is what reads equal: NFKC, lower case, one space for any white space. */
function createExactStep(exact: "article" | "row"): (split: Split, row: Row) => Drop | undefined {
  const known = createKnownIds();
  const normalise = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  return (split, { article, summary }) => {
    const text = exact === "article" ? normalise(article) : `${normalise(article)}\n${normalise(summary)}`;
    const first = known.add(text, split === "test" ? 2 : 1);
    if (first === undefined) return undefined;
    return { step: "exact", reason: renderTwin(exact === "article" ? "article of" : "equal to", split, first) };
  };
}

/** A row goes where it is near one that stayed; nearness is not handed on from row to row. */
function createNearStep(threshold: number, order: number): (split: Split, row: Row) => Drop | undefined {
  const index = createNearIndex(threshold);
  const words = createWordHashes();
  const grams: GramHashes = createWordHashes();
  const signature = new Uint16Array(signatureLength);
  /** Rows are numbered in order, and those of the test split come first. */
  let testCount = 0;
  return (split, { article }) => {
    readWords(article, words);
    readGrams(words, order, grams);
    readSignature(grams.first, grams.count, signature);
    const first = index.find(signature);
    if (first !== undefined) {
      return { step: "near", reason: renderTwin("article near", split, first < testCount ? 2 : 1) };
    }
    const number = index.add(signature);
    if (split === "test") testCount = number + 1;
    return undefined;
  };
}

function renderTwin(how: string, split: Split, mark: number): string {
  const other = mark === 2 ? "test" : "train";
  return `${how} ${split === other ? "an earlier row" : `a ${other} row`}`;
}

/** Grams of all test rows that stayed; train rows are held against them (Brown et al. 2020, appendix C, has 13 words). */
function createTestStep({
  words: order,
  overlap,
}: {
  readonly words: number;
  readonly overlap: number;
}): (split: Split, row: Row) => Drop | undefined {
  const known = createGramSet();
  const words = createWordHashes();
  const grams: GramHashes = createWordHashes();
  const visit = (text: string, look: (first: number, second: number) => void): number => {
    readWords(text, words);
    // A short text may well stand in many others: only what is as long as a gram tells where it is from.
    if (words.count < order) return 0;
    readGrams(words, order, grams);
    for (let at = 0; at < grams.count; at++) look(grams.first[at]!, grams.second[at]!);
    return grams.count;
  };
  return (split, { article, summary }) => {
    let shared = 0;
    const look = (first: number, second: number): void => {
      if (split === "test") known.add(first, second);
      else if (known.has(first, second)) shared += 1;
    };
    const count = visit(article, look) + visit(summary, look);
    if (split === "test" || shared === 0 || shared < overlap * count) return undefined;
    return { step: "decontaminate", reason: `${order}-grams of the test split` };
  };
}
