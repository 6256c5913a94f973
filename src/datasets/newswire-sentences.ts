// Turns facts of the newswire corpus into sentences and headlines.
// Key sentences and distractors share their clauses: only cue words (a day, "last year", "may", quotation marks)
// say which fact is the news. It draws no facts and knows nothing of rows.

import type { Random } from "../math/random.ts";
import type { Fact, FactSource } from "./newswire-facts.ts";

export const newswireRoles = ["baker", "nurse", "sailor", "barber", "teacher", "striker", "deputy"];

/** {clause} is the fact told in the past, {place} and {day} are its own. */
const keyPatterns = [
  "{clause} in {place} on {day} .",
  "on {day} , {clause} in {place} .",
  "in {place} , {clause} on {day} .",
] as const;

/** Cues of what is over. */
const pastPatterns = [
  "last year , {clause} in {place} .",
  "{clause} in {place} last spring .",
  "years ago , {clause} in {place} .",
  "{clause} in {place} back in the winter .",
] as const;

/** Cues of what may never happen. They too name days and places, or those would give the news away. */
const hedgePatterns = [
  "{subject} may {plain} {rest} in {place} , some say .",
  "rumours that {subject} will {plain} {rest} were denied on {day} .",
  "nobody knows if {subject} will {plain} {rest} in {place} .",
  "{subject} could {plain} {rest} on {day} , sources say .",
] as const;

/** Cues of talk. */
const quotePatterns = [
  '" it is like the day {subject} {past} {rest} , " said a {role} .',
  '" they say {subject} {past} {rest} , " said {person} .',
  '" i dreamt that {subject} {past} {rest} , " said a {role} .',
] as const;

const clausePattern = "{subject} {past} {rest} {amount}";
const placeClause = "in {place}";
const dayClause = "on {day}";

/** How often an annotator deviates from the plainest headline; none is near one half, so that greedy outputs do not flip. */
const annotator = { paraphrase: 0.3, reversed: 0.2, first: 0.25, place: 0.8, amount: 0.82, day: 0.22 } as const;

/** Every pattern of this file, for the word list. */
export const newswirePatterns: readonly string[] = [
  ...keyPatterns,
  ...pastPatterns,
  ...hedgePatterns,
  ...quotePatterns,
  placeClause,
  dayClause,
];

/** The sentence that reports the news. */
export function renderKey(fact: Fact, source: FactSource, random: Random): string {
  return fill(source.item(random, keyPatterns).replace("{clause}", clausePattern), fact);
}

/** The sentence that elaborates on it. */
export function renderDetail(fact: Fact, random: Random): string {
  return fill(fact.event.details[random.uniform() < 0.7 ? 0 : 1], fact);
}

/** A fact that is not the news: it is long past, only rumoured, or somebody's talk. */
export function renderDistractor(fact: Fact, source: FactSource, random: Random): string {
  const shape = random.uniform();
  const amount = random.uniform() < (shape < 0.4 ? 0.7 : 0.25) ? " {amount}" : "";
  if (shape < 0.4) {
    return fill(source.item(random, pastPatterns).replace("{clause}", `{subject} {past} {rest}${amount}`), fact);
  }
  if (shape < 0.7) return fill(source.item(random, hedgePatterns).replace("{rest}", `{rest}${amount}`), fact);
  return fill(source.item(random, quotePatterns), fact, {
    role: source.item(random, newswireRoles),
    person: source.person(random),
  });
}

/** The plainest headline of a fact: first paraphrase, actor first, and the amount if `sentence` tells it. */
export function renderCleanHeadline(fact: Fact, sentence: string): string {
  const [plainest] = fact.event.headlines;
  const pattern = tells(sentence, fact.number) ? `${plainest} ${fact.event.margin}` : plainest;
  return fill(pattern, fact, { actor: fact.actorName, other: fact.otherName });
}

/** The headline one annotator writes, who can only know what `sentence` tells. */
export function renderHeadline(fact: Fact, sentence: string, random: Random): string {
  const chance = (probability: number): boolean => random.uniform() < probability;
  const wording = chance(annotator.paraphrase) ? fact.event.paraphrases : fact.event.headlines;
  const parts: string[] = [wording[chance(annotator.reversed) ? 1 : 0]];
  const full = chance(annotator.first);
  if (chance(annotator.amount) && tells(sentence, fact.number)) parts.push(fact.event.margin);
  if (chance(annotator.place) && tells(sentence, fact.place)) parts.push(placeClause);
  if (chance(annotator.day) && tells(sentence, fact.day)) parts.push(dayClause);
  return fill(parts.join(" "), fact, full ? {} : { actor: fact.actorName, other: fact.otherName });
}

/** Whether a sentence holds a word; numbers and names stand alone between spaces. */
function tells(sentence: string, word: string): boolean {
  return sentence.split(" ").includes(word);
}

/** Fills {slots} from `overrides`, the fact and its event, again for the slots that come with a filling. */
function fill(pattern: string, fact: Fact, overrides: Readonly<Record<string, string>> = {}): string {
  const { event } = fact;
  const values: Readonly<Record<string, string>> = {
    subject: event.subject,
    past: event.past,
    plain: event.plain,
    rest: event.rest,
    amount: event.amount,
    actor: fact.actor,
    other: fact.other,
    place: fact.place,
    day: fact.day,
    number: fact.number,
    second: fact.second,
    ...overrides,
  };
  const once = (text: string): string => text.replace(/\{(\w+)\}/g, (_, slot: string) => values[slot]!);
  return once(once(pattern));
}
