// The log-probabilities of generated tokens, in the shapes they come in: chats tell `content`, a list of tokens;
// completions tell `token_logprobs`, a list of numbers; some servers tell either on both routes.

import { isRecord } from "../wire/complaint.ts";

/** What rounding may leave above 0: kept as it is, so that what Refeed serves comes back to the bit. */
const slack = 1e-4;

/** null where they were not told, or where one of them is no log-probability: half a sum is none. */
export function parseTerms(logprobs: unknown): Float64Array | null {
  if (!isRecord(logprobs)) return null;
  const list = Array.isArray(logprobs.content)
    ? logprobs.content.map((token: unknown) => (isRecord(token) ? token.logprob : null))
    : logprobs.token_logprobs;
  if (!Array.isArray(list)) return null;
  const terms = new Float64Array(list.length);
  for (const [place, term] of list.entries()) {
    if (typeof term !== "number" || !(term <= slack)) return null;
    terms[place] = term;
  }
  return terms;
}
