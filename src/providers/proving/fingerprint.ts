// Whether the model behind an address is still the one it was: the same greedy canaries, the same log-probabilities.
//
// Servers compute in batches, and two tokens that are all but equally likely may change places between two days; from there
// on the texts differ and nothing follows. So texts are held against each other up to where they part, and where they
// part both tokens must have been about equally likely. Where a server tells no log-probabilities the texts have to be
// equal; one that does not even write the same text twice in a row cannot be told from another.

import { computeAgreement, mostHigh, mostMedian, type Passage } from "../given/verdict.ts";
import type { Canary } from "./evidence.ts";

/** With fewer tokens in common nothing can be said. */
const leastCommon = 16;

/** What changed, as the end of a sentence about the endpoint; null where nothing did. */
export function findChange(before: readonly Canary[], after: readonly Canary[]): string | null {
  const pairs = before.flatMap((old) => {
    const now = after.find(({ prompt }) => prompt === old.prompt);
    return now ? [{ old, now }] : [];
  });
  if (pairs.length === 0) return "writes no text that could be held against what it wrote before";
  const hasTerms = (side: "old" | "now"): boolean => pairs.every((pair) => pair[side].terms !== null);
  if (hasTerms("old") && !hasTerms("now")) return "no longer tells the log-probabilities of what it writes";
  if (!hasTerms("old") || !hasTerms("now")) return findTextChange(pairs);
  return findTermChange(pairs);
}

interface Pair {
  readonly old: Canary;
  readonly now: Canary;
}

function findTextChange(pairs: readonly Pair[]): string | null {
  for (const { old, now } of pairs) {
    if (old.text === now.text || !old.isSteady || !now.isSteady) continue;
    const at = [...old.text].findIndex((character, index) => character !== [...now.text][index]);
    return `writes another text greedily than before, from character ${at < 0 ? [...old.text].length : at} on`;
  }
  return null;
}

function findTermChange(pairs: readonly Pair[]): string | null {
  const passages: Passage[] = [];
  let commonCount = 0;
  for (const { old, now } of pairs) {
    const common = countCommon(old.tokens ?? [], now.tokens ?? []);
    const [written, given] = [(old.terms ?? []).slice(0, common), (now.terms ?? []).slice(0, common)];
    passages.push({ written, given, best: [] });
    commonCount += common;
    const [was, is] = [old.terms?.[common], now.terms?.[common]];
    // One ended where the other went on: an end is a token like any other, but nobody tells its log-probability.
    if (was === undefined || is === undefined) continue;
    if (Math.abs(was - is) > mostHigh) {
      return `writes another token than before, ${show(is)} nats where the other had ${show(was)}, after ${common} equal ones`;
    }
  }
  const wholeCount = pairs.reduce((count, { old }) => count + (old.tokens?.length ?? 0), 0);
  if (commonCount < Math.min(leastCommon, wholeCount)) {
    return `writes another text greedily than before, after ${commonCount} equal tokens`;
  }
  const { median, high } = computeAgreement(passages, ({ given }) => given);
  if (median <= mostMedian && high <= mostHigh) return null;
  return `tells other log-probabilities than before: median difference ${show(median)} nats, 95th percentile ${show(high)}, over ${commonCount} tokens`;
}

function countCommon(before: readonly string[], after: readonly string[]): number {
  let count = 0;
  while (count < before.length && count < after.length && before[count] === after[count]) count += 1;
  return count;
}

const show = (value: number): string => String(Number(value.toPrecision(3)));
