// Where the completion begins among the tokens of a given text, and what its tokens come to.
//
// A token counts to the completion as soon as one character of it lies behind prompt and join. A tokenizer may well take
// the prompt's last characters and the completion's first ones as one token; it is counted whole, to the completion, and
// the score says that it straddles: leaving it out would leave the completion's beginning out.

import { computePlacement } from "./placement.ts";
import { type GivenText, joinAll, type Listing } from "./ways.ts";

export type GivenScore =
  | {
      readonly kind: "scored";
      /** ln p of the completion's tokens in order, the end of the text last where the server tells it. */
      readonly terms: readonly number[];
      /** Whether the first of them holds a piece of the prompt. */
      readonly straddles: boolean;
      /** Whether the model's length ended them before the completion. */
      readonly isCut: boolean;
    }
  | { readonly kind: "unscorable"; readonly reason: string };

export function computeGivenScore(given: GivenText, listing: Listing): GivenScore {
  if (listing.kind === "silent") return unscorable(listing.reason);
  const { tokens, end, isCut } = listing;
  const placement = computePlacement(
    tokens.map((token) => token.text),
    joinAll(given),
  );
  if (placement === null) return unscorable("the tokens that came back are not those of the text");
  const { prompt, join } = given;
  const boundary = prompt.length + join.length;
  const first = placement.ends.findIndex((place) => place > boundary);
  const chosen = first < 0 ? [] : tokens.slice(first, placement.ends.length);
  const terms = [...chosen.map(({ logProbability }) => logProbability), ...(end === null ? [] : [end])];
  if (terms.length === 0) return unscorable("the completion is empty");
  if (!terms.every(isTerm)) {
    const reason = first === 0 ? "no server tells the log-probability of a text's first token" : badTerm;
    return unscorable(reason);
  }
  const straddles = first >= 0 && (placement.starts[first] as number) < prompt.length;
  return { kind: "scored", terms, straddles, isCut };
}

const badTerm = "a token of the completion came back without a log-probability";

/** Rounding may leave a certainty a little above 0. */
const isTerm = (term: number | null): term is number => term !== null && term <= 1e-3;

const unscorable = (reason: string): GivenScore => ({ kind: "unscorable", reason });
