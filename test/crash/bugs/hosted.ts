// Slips by which a hosted model is paid too much, hammered, or believed when it should not be.

import { type Bug, edit } from "./plant.ts";

const attempts = "store/ledger/attempts.ts";
const book = "store/ledger/book.ts";

export const hostedBugs: readonly Bug[] = [
  {
    name: "a stream without its end mark is an answer",
    edits: [edit("providers/wire/wire.ts", "return isDone\n", "return isDone || events.length > 0\n")],
    experiment: "hosted",
    says: /^streams: the text was cut to "all"/,
  },
  {
    name: "nobody is waited for longer than half a minute",
    edits: [
      edit(
        "providers/control/lane.ts",
        "sending.nowMs + retryAfterMs",
        "sending.nowMs + Math.min(retryAfterMs, 30_000)",
      ),
    ],
    experiment: "hosted",
    says: /^patience: Retry-After was undercut/,
  },
  {
    name: "what a server asked for is forgotten with the process",
    edits: [edit("providers/control/dispatch.ts", "rest: findRest(rests?.read(target.url), startMs)", "rest: null")],
    experiment: "hosted",
    says: /^memory: a server that had asked for a minute was asked 1 times/,
  },
  {
    name: "an answer by another name is taken",
    edits: [edit("providers/openai/names.ts", "met.has(name) ||", 'met.has(name) || name !== "" ||')],
    experiment: "hosted",
    says: /^names: an answer by another name was taken/,
  },
  {
    name: "a request is intended before the budget is asked",
    edits: [edit(attempts, "if (over === null) book.intend(", "book.intend(")],
    experiment: "hosted",
    says: /^requests: a budget of 3 requests was passed: \d+ are in the books/,
  },
  {
    name: "tokens that nobody counted are none",
    edits: [edit(book, "written === null ? tryTokens :", "written === null ? 0 :")],
    experiment: "hosted",
    says: /^tokens: a budget of 30 tokens let 6 of 3 requests out/,
  },
  {
    name: "a model's fingerprint is not compared",
    edits: [
      edit(
        "providers/proving/change.ts",
        "const change = findChange(old.canaries, found.fingerprint.canaries);",
        "const change = null as string | null;",
      ),
    ],
    experiment: "hosted",
    says: /^fingerprint: another model was believed/,
  },
  {
    name: "an answer that was recorded is asked for again",
    edits: [
      edit("providers/control/ask-all.ts", "if (recalled !== undefined) return", "if (recalled === null) return"),
    ],
    experiment: "hosted",
    says: /^answers: 5 answers were paid for 8 times/,
  },
];
