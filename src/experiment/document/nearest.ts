// The known name that a misspelt one probably means.

/** The nearest of the known names, if it is near enough to be worth suggesting. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const lower = candidate.toLowerCase();
    if (Math.abs(lower.length - wanted.length) >= least) continue;
    const distance = computeEditDistance(wanted, lower);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** `acc` for `accumulate`: only where one known name alone begins so. */
export function findByStart(start: string, known: readonly string[]): string | undefined {
  const matches = start.length >= 3 ? known.filter((name) => name.startsWith(start)) : [];
  return matches.length === 1 ? matches[0] : undefined;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one word into another
 * (optimal string alignment distance). Words are short: quadratic time is fine.
 */
export function computeEditDistance(from: string, to: string): number {
  const width = to.length + 1;
  let [older, old] = [new Array<number>(width).fill(0), Array.from({ length: width }, (_, index) => index)];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column < width; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let least = Math.min(old[column]! + 1, current[column - 1]! + 1, old[column - 1]! + (isSame ? 0 : 1));
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) least = Math.min(least, older[column - 2]! + 1);
      current.push(least);
    }
    [older, old] = [old, current];
  }
  return old[width - 1]!;
}
