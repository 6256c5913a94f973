// What may be asked of a dataset's rows before they are used: keys of `dataset:`, for rows that somebody else wrote.

import { z } from "zod";
import type { CurationSettings } from "../../datasets/curate/settings.ts";
import { count, readShare, share, strict } from "./strict.ts";

const lengths = (what: string) =>
  strict({
    minWords: count(0).nullable().default(null).describe(`Fewest words of ${what}, set apart by white space.`),
    maxWords: count(0).nullable().default(null).describe(`Most words of ${what}.`),
    minCharacters: count(0).nullable().default(null).describe(`Fewest characters of ${what}.`),
    maxCharacters: count(0).nullable().default(null).describe(`Most characters of ${what}.`),
  })
    .prefault({})
    .describe(`Rows whose ${what} is shorter or longer are dropped.`);

export const curationKeys = {
  filter: strict({
    empty: z.enum(["refuse", "drop"]).default("refuse").describe("What becomes of rows with an empty text."),
    longer: z.enum(["keep", "drop"]).default("keep").describe("Of rows whose summary has more words than the article."),
    article: lengths("the article"),
    summary: lengths("the summary"),
  })
    .prefault({})
    .describe("Looks at each row alone; the first step of curation."),
  dedupe: strict({
    exact: z
      .enum(["none", "article", "row"])
      .default("none")
      .describe("Drops rows after the first with an equal article, or an equal article and summary."),
    near: share()
      .nullable()
      .default(null)
      .describe("Drops rows whose article agrees with that of a row that stays in so many shingles, such as 80%."),
    words: count(1, 100).default(5).describe("Words a shingle."),
  })
    .prefault({})
    .describe("Rows that come more than once; test rows go before train rows."),
  decontaminate: strict({
    words: count(1, 100).default(13).describe("Words an n-gram."),
    overlap: share()
      .default("10%")
      .describe("Share of a train row's n-grams in the test split from which it is dropped."),
  })
    .nullable()
    .default(null)
    .describe("Drops train rows that stand in the test split: {} for the usual; null for none."),
};

const curationSchema = z.object(curationKeys);

export function resolveCuration({ filter, dedupe, decontaminate }: z.output<typeof curationSchema>): CurationSettings {
  const { exact, near, words } = dedupe;
  return {
    filter: {
      empty: filter.empty,
      longer: filter.longer,
      article: { ...filter.article },
      summary: { ...filter.summary },
    },
    dedupe: { exact, near: near === null ? null : readShare(near), words },
    decontaminate:
      decontaminate === null ? null : { words: decontaminate.words, overlap: readShare(decontaminate.overlap) },
  };
}
