// A tiny language model whose every log-probability is known: the next token hangs on the one before and on its place.

import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

const words =
  "the a of and to in on was were had said that it with from by for at old new harbour ship storm city council bridge boat captain port north coast night morning day".split(
    " ",
  );
const vocabulary = [...words.map((word) => ` ${word}`), ",", "."];

/** What is left for every token that is no word of it. */
const rest = 0.01;

export interface Term {
  readonly token: string;
  readonly logProbability: number;
}

export interface Bigram {
  split(text: string): readonly string[];
  /** ln p of a token behind those before it. */
  term(before: readonly string[], token: string): number;
  /** The likeliest next token. */
  best(before: readonly string[]): Term;
  /** A continuation: greedy without a seed. */
  write(prompt: string, count: number, seed?: number | string): readonly Term[];
}

/** Another name is another model. */
export function createBigram(name = "bigram"): Bigram {
  const memory = new Map<string, Float64Array>();
  const distribute = (before: readonly string[]): Float64Array => {
    const key = `${before.length % 97} ${before.at(-1) ?? ""}`;
    const found = memory.get(key);
    if (found) return found;
    const random = createRandom(computeSeed(name, key));
    const logits = vocabulary.map(() => 2 * random.normal());
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const terms = Float64Array.from(logits, (logit) => logit - total + Math.log(1 - rest));
    memory.set(key, terms);
    return terms;
  };
  const term = (before: readonly string[], token: string): number => {
    const index = vocabulary.indexOf(token);
    if (index >= 0) return distribute(before)[index] as number;
    return Math.log(rest) - 5 - createRandom(computeSeed(name, "other", before.at(-1) ?? "", token)).uniform();
  };
  const best = (before: readonly string[]): Term => {
    const terms = distribute(before);
    const index = terms.indexOf(terms.reduce((most, each) => Math.max(most, each)));
    return { token: vocabulary[index] as string, logProbability: terms[index] as number };
  };
  const draw = (before: readonly string[], uniform: number): Term => {
    const terms = distribute(before);
    let place = uniform * (1 - rest);
    let chosen = 0;
    while (chosen < terms.length - 1) {
      place -= Math.exp(terms[chosen] as number);
      if (place < 0) break;
      chosen += 1;
    }
    return { token: vocabulary[chosen] as string, logProbability: terms[chosen] as number };
  };
  const split = (text: string): readonly string[] => text.match(/ ?[\p{L}\p{N}]+|\s|[^\s]/gu) ?? [];
  return {
    split,
    term,
    best,
    write(prompt, count, seed) {
      const random = seed === undefined ? undefined : createRandom(computeSeed(name, "draw", seed));
      const tokens = [...split(prompt)];
      return Array.from({ length: count }, () => {
        const next = random ? draw(tokens, random.uniform()) : best(tokens);
        tokens.push(next.token);
        return next;
      });
    },
  };
}
