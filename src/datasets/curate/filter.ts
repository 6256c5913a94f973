// The filter: why a row is not kept, looking at that row alone.

import type { Row } from "../../domain/rows.ts";
import { countWords } from "../lengths.ts";
import type { FilterSettings, LengthLimits } from "./settings.ts";

/** The first reason in a fixed order; undefined for a row that stays. */
export function findFilterReason({ article, summary }: Row, filter: FilterSettings): string | undefined {
  if (article === "") return "no article";
  if (summary === "") return "no summary";
  const ofArticle = findLengthReason(article, filter.article);
  if (ofArticle !== undefined) return `article ${ofArticle}`;
  const ofSummary = findLengthReason(summary, filter.summary);
  if (ofSummary !== undefined) return `summary ${ofSummary}`;
  const isLonger = filter.longer === "drop" && countWords(summary) > countWords(article);
  return isLonger ? "summary longer than article" : undefined;
}

function findLengthReason(
  text: string,
  { minCharacters, maxCharacters, minWords, maxWords }: LengthLimits,
): string | undefined {
  if (minCharacters !== null && text.length < minCharacters) return `under ${minCharacters} characters`;
  if (maxCharacters !== null && text.length > maxCharacters) return `over ${maxCharacters} characters`;
  if (minWords === null && maxWords === null) return undefined;
  const count = countWords(text);
  if (minWords !== null && count < minWords) return `under ${minWords} words`;
  return maxWords !== null && count > maxWords ? `over ${maxWords} words` : undefined;
}
