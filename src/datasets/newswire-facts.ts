// Draws the facts that newswire articles report: an event and what fills its slots, by Zipf-like weights.
// A fact is not yet text: the article and the headline render it differently.

import type { Random } from "../math/random.ts";
import { type Filling, type NewswireEvent, newswireDomains } from "./newswire-events.ts";
import { createKnownNames, createNumbers, createUnknownNames, type NewswireNames } from "./newswire-names.ts";

/** One thing that happened, or is said to; `actorName` and `otherName` are the short forms that headlines prefer. */
export interface Fact {
  readonly domain: string;
  readonly event: NewswireEvent;
  readonly actor: string;
  readonly actorName: string;
  readonly other: string;
  readonly otherName: string;
  readonly place: string;
  readonly day: string;
  readonly number: string;
  readonly second: string;
}

export interface FactSource {
  /** Draws a fact of the given domain, or of a random one. */
  fact(random: Random, domain?: string): Fact;
  /** Draws the full name of a person. */
  person(random: Random): string;
  item<Item>(random: Random, items: readonly Item[]): Item;
}

export const newswireDays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** `entities: "unknown"` takes every name from outside the word list. */
export function createFactSource(entities: "known" | "unknown"): FactSource {
  const names = entities === "known" ? createKnownNames() : createUnknownNames();
  const numbers = createNumbers();
  const domains = Object.keys(newswireDomains);
  // Events are constants, so their ranges can be keys by identity.
  const numbersByRange = new Map<readonly [number, number], readonly string[]>();

  const number = (random: Random, range: readonly [number, number]): string => {
    let choices = numbersByRange.get(range);
    if (!choices) {
      choices = scatter(numbers.filter((value) => value >= range[0] && value <= range[1]).map(String));
      numbersByRange.set(range, choices);
    }
    return drawRanked(random, choices);
  };

  return {
    fact(random, domain = drawRanked(random, domains)) {
      const event = drawRanked(random, newswireDomains[domain]!);
      const [actor, actorName] = drawFilling(random, event.actor, names);
      let [other, otherName] = drawFilling(random, event.other, names);
      while (other === actor && other !== "") [other, otherName] = drawFilling(random, event.other, names);
      return {
        domain,
        event,
        actor,
        actorName,
        other,
        otherName,
        place: drawRanked(random, names.places),
        day: newswireDays[random.integer(newswireDays.length)]!,
        number: number(random, event.numbers),
        second: number(random, event.seconds),
      };
    },
    person: (random) => drawFilling(random, "person", names)[0],
    item: drawRanked,
  };
}

/** Reorders by a stride, so that the frequent numbers of a range are not simply its smallest. */
function scatter(items: readonly string[]): readonly string[] {
  const stride = [5, 7, 11].find((step) => items.length % step !== 0)!;
  return items.map((_, rank) => items[(rank * stride + 2) % items.length]!);
}

/** Full and short form of what fills a slot; empty where the event has no such slot. */
function drawFilling(
  random: Random,
  filling: Filling | undefined,
  names: NewswireNames,
): readonly [full: string, short: string] {
  if (filling === undefined) return ["", ""];
  if (filling === "person") {
    const first = drawRanked(random, names.first);
    const last = drawRanked(random, names.last);
    return [`${first} ${last}`, last];
  }
  if ("suffixes" in filling) {
    const name = `${drawRanked(random, names.organisations)} ${drawRanked(random, filling.suffixes)}`;
    return [name, name];
  }
  const thing = drawRanked(random, filling);
  return [thing, thing];
}

const cumulativeByLength = new Map<number, Float64Array>();

/**
 * Draws by rank with weight 1 / (rank + 3), the Zipf-Mandelbrot law with exponent 1:
 * a plain division, so every machine draws the same items.
 */
function drawRanked<Item>(random: Random, items: readonly Item[]): Item {
  let cumulative = cumulativeByLength.get(items.length);
  if (!cumulative) {
    cumulative = new Float64Array(items.length);
    let total = 0;
    for (let rank = 0; rank < items.length; rank++) {
      total += 1 / (rank + 3);
      cumulative[rank] = total;
    }
    cumulativeByLength.set(items.length, cumulative);
  }
  const target = random.uniform() * cumulative[items.length - 1]!;
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return items[low]!;
}
