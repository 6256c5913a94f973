// How varied the texts of a model are: its vocabulary, its repeats, how much of the real tail it still writes.
// Each number with its interval over texts; it knows nothing of prompts or of what the texts ought to say.

import type { TextMetric } from "../../domain/metric.ts";
import type { Measurement } from "../../domain/system.ts";
import type { Resamples } from "../../math/resamples.ts";
import { computeTokens } from "../../text/tokens.ts";
import {
  createItemResampler,
  type LeftOut,
  measureItems,
  measureSet,
  type ResampleItems,
} from "../intervals/measure.ts";
import { textMetrics } from "../metric.ts";
import { countLeftOut, type LeftOutCounts } from "./left-out.ts";
import { findRareWords } from "./rare-words.ts";
import { internTexts, internWhole, pairTokens } from "./token-table.ts";

/** Words are tokens as ROUGE reads them, unstemmed. Rare words are those of the real texts of the same split. */
export function createDiversityMetric(resample: ResampleItems = createItemResampler()): TextMetric {
  return {
    version: 1,
    metrics: textMetrics.filter((metric) => metric.basis === "samples"),
    async measure(candidates, seed) {
      const written: string[][] = [];
      const realById = new Map<string, string[]>();
      for await (const { row, candidate } of candidates) {
        written.push(computeTokens(candidate.completion));
        if (!realById.has(row.id)) realById.set(row.id, computeTokens(row.summary));
      }
      const rareWords = findRareWords([...realById.values()]);
      return measureDiversity(written, rareWords, (itemCount) => resample(itemCount, seed));
    },
  };
}

/** In the order of metric.ts; `texts` are tokenised, at least one of them, and may be empty. */
export function measureDiversity(
  texts: readonly (readonly string[])[],
  rareWords: ReadonlySet<string>,
  draw: (itemCount: number) => Resamples | null,
): readonly Measurement[] {
  const { table, idByToken } = internTexts(texts);
  const words = countLeftOut(table);
  const pairs = countLeftOut(pairTokens(table));
  const rareIds = new Set([...rareWords].map((word) => idByToken.get(word)));
  const rare = countLeftOut(table, (id) => rareIds.has(id));
  const whole = countLeftOut(internWhole(texts));
  const lengths = Float64Array.from(texts, (text) => text.length);
  const share = { low: 0, high: 1 };
  const unbounded = { low: 0, high: Infinity };
  return [
    measureSet(
      "types",
      computeEach(words, ({ types }) => types),
      unbounded,
    ),
    measureSet("distinct1", computeEach(words, computeTypeShare), share),
    measureSet("distinct2", computeEach(pairs, computeTypeShare), share),
    measureSet("entropy", computeEach(words, computeEntropy), unbounded),
    measureSet(
      "rareWords",
      computeEach(rare, ({ types }) => (rareWords.size === 0 ? 0 : types / rareWords.size)),
      share,
    ),
    measureSet(
      "duplicates",
      computeEach(whole, (counts) => 1 - computeTypeShare(counts)),
      share,
    ),
    measureItems("length", lengths, draw(texts.length)),
  ];
}

type Counts = Pick<LeftOutCounts, "types" | "tokens" | "logSum">;

/** The statistic of all texts, and of all but each one. */
function computeEach(counts: LeftOutCounts, compute: (counts: Counts) => number): LeftOut {
  const without = counts.typesWithout.map((types, text) =>
    compute({ types, tokens: counts.tokensWithout[text]!, logSum: counts.logSumWithout[text]! }),
  );
  return { value: compute(counts), without };
}

/** Different tokens by all tokens (distinct-n of Li et al. 2016, section 5.3); 0 where nothing is written. */
function computeTypeShare({ types, tokens }: Counts): number {
  return tokens === 0 ? 0 : types / tokens;
}

/** Of the distribution of tokens, in bits: log2 N - (sum of c log2 c) / N. */
function computeEntropy({ tokens, logSum }: Counts): number {
  return tokens === 0 ? 0 : Math.log2(tokens) - logSum / tokens;
}
