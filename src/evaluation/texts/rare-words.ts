// Which words of real texts are rare: the tail that training on generated texts is expected to lose first.

/** The share of all words of the texts that rare words make up at most. */
const tailShare = 0.05;

/**
 * The words that occur at most k times, k as large as the tail share allows, and at least the least frequent ones:
 * whole levels of frequency, so that no order of equals decides.
 */
export function findRareWords(texts: readonly (readonly string[])[]): ReadonlySet<string> {
  const countByWord = new Map<string, number>();
  let total = 0;
  for (const text of texts) {
    for (const word of text) countByWord.set(word, (countByWord.get(word) ?? 0) + 1);
    total += text.length;
  }
  const massByCount = new Map<number, number>();
  for (const count of countByWord.values()) massByCount.set(count, (massByCount.get(count) ?? 0) + count);
  const levels = [...massByCount.keys()].sort((a, b) => a - b);
  let mass = 0;
  let highest = levels[0] ?? 0;
  for (const count of levels) {
    mass += massByCount.get(count)!;
    if (mass > tailShare * total) break;
    highest = count;
  }
  return new Set([...countByWord].filter(([, count]) => count <= highest).map(([word]) => word));
}
