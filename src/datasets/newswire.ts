// The built-in corpus `newswire`: seeded, procedural mini-news with one-sentence gold summaries.
// A row depends on (corpus seed, split, index) alone, so fewer rows are always a prefix of more,
// and the seed of an experiment cannot touch the test split. Tokens are separated by single spaces.

import type { Row, Split } from "../domain/rows.ts";
import { computeSeed } from "../keys/seed.ts";
import { createRandom, type Random } from "../math/random.ts";
import { type Filling, newswireDomains } from "./newswire-events.ts";
import { createFactSource, type Fact, type FactSource, newswireDays } from "./newswire-facts.ts";
import { createKnownNames, createNumbers } from "./newswire-names.ts";
import {
  newswirePatterns,
  newswireRoles,
  renderCleanHeadline,
  renderDetail,
  renderDistractor,
  renderHeadline,
  renderKey,
} from "./newswire-sentences.ts";

export interface NewswireOptions {
  /** Seed of the corpus, not of an experiment. */
  readonly seed?: number;
  readonly split: Split;
  /** Index of the first row, 0 by default. */
  readonly first?: number;
  readonly count: number;
  /** "unknown" draws every name from outside the word list. */
  readonly entities?: "known" | "unknown";
}

/** A row with the facts it was made from, for measuring and for training the base model. */
export interface NewswireStory {
  readonly sentences: readonly string[];
  readonly keyIndex: number;
  /** The key fact first, each with the sentence that tells it. */
  readonly facts: readonly { readonly fact: Fact; readonly sentence: string }[];
  readonly summary: string;
}

/** The longest article and summary in tokens; rows beyond them are never made. */
export const newswireLimits = { article: 64, summary: 15 } as const;

/** Creates `count` rows of a split. */
export function createNewswireRows(options: NewswireOptions): Row[] {
  const { seed = 0, split, first = 0, count, entities = "known" } = options;
  const source = createFactSource(entities);
  return Array.from({ length: count }, (_, offset) => {
    const index = first + offset;
    const story = createStory(source, createRandom(computeSeed("newswire", seed, split, index)));
    return { id: `${split}-${index}`, article: story.sentences.join(" "), summary: story.summary };
  });
}

/**
 * Creates rows for the base model from articles outside both splits. No gold summaries: 70 % repeat a random
 * sentence of the article, 30 % are the plainest headline of a random fact in it.
 */
export function createPretrainingRows(options: { readonly seed?: number; readonly count: number }): Row[] {
  const source = createFactSource("known");
  return Array.from({ length: options.count }, (_, index) => {
    const random = createRandom(computeSeed("newswire", options.seed ?? 0, "base", index));
    const story = createStory(source, random);
    const repeat = random.uniform() < 0.7;
    const short = story.sentences.filter((sentence) => countTokens(sentence) <= newswireLimits.summary);
    const told = story.facts[random.integer(story.facts.length)]!;
    const summary =
      repeat && short.length > 0 ? short[random.integer(short.length)]! : renderCleanHeadline(told.fact, told.sentence);
    return { id: `base-${index}`, article: story.sentences.join(" "), summary };
  });
}

/** Creates one story; draws again until it fits the limits. */
export function createStory(source: FactSource, random: Random): NewswireStory {
  for (;;) {
    const story = drawStory(source, random);
    const length = story.sentences.reduce((total, sentence) => total + countTokens(sentence), 0);
    if (length <= newswireLimits.article && countTokens(story.summary) <= newswireLimits.summary) return story;
  }
}

/** Creates every token that an article or a summary can hold, each once, in a fixed order. */
export function createWordList(): readonly string[] {
  const names = createKnownNames();
  const words = new Set<string>();
  const add = (text: string): void => {
    for (const word of text.split(" ")) if (!word.startsWith("{")) words.add(word);
  };
  for (const pattern of newswirePatterns) add(pattern);
  for (const event of Object.values(newswireDomains).flat()) {
    for (const text of [event.subject, event.past, event.plain, event.rest, event.amount, event.margin]) add(text);
    for (const text of [...event.headlines, ...event.paraphrases, ...event.details]) add(text);
    for (const filling of [event.actor, event.other]) for (const word of listWords(filling)) words.add(word);
  }
  for (const list of [newswireDays, newswireRoles, createNumbers().map(String), ...Object.values(names)]) {
    for (const word of list) words.add(word);
  }
  return [...words];
}

function listWords(filling: Filling | undefined): readonly string[] {
  if (filling === undefined || filling === "person") return [];
  return "suffixes" in filling ? filling.suffixes : filling;
}

/**
 * Key sentence, then its detail, with 1 to 3 distractors around them. The key comes first in 39 % of the stories;
 * 12 % of the gold summaries are wrong and tell a distractor.
 */
function drawStory(source: FactSource, random: Random): NewswireStory {
  const fact = source.fact(random);
  const key = { fact, sentence: renderKey(fact, source, random) };
  const detail = renderDetail(fact, random);
  const size = random.uniform();
  const distractors = Array.from({ length: size < 0.2 ? 1 : size < 0.58 ? 2 : 3 }, () => {
    const other = source.fact(random, random.uniform() < 0.6 ? fact.domain : undefined);
    return { fact: other, sentence: renderDistractor(other, source, random) };
  });
  const sentences = distractors.map(({ sentence }) => sentence);
  const before = random.uniform() < 0.39 ? 0 : 1 + random.integer(sentences.length);
  const told = random.uniform() < 0.12 ? distractors[random.integer(distractors.length)]! : key;
  return {
    sentences: [...sentences.slice(0, before), key.sentence, detail, ...sentences.slice(before)],
    keyIndex: before,
    facts: [key, ...distractors],
    summary: renderHeadline(told.fact, told.sentence, random),
  };
}

function countTokens(text: string): number {
  return text.split(" ").length;
}
