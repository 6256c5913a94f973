// Slips by which something is paid twice, or paid and not shown.

import { type Bug, edit } from "./plant.ts";

const attempts = "store/ledger/attempts.ts";
const book = "store/ledger/book.ts";
const candidates = "store/shelf/candidates.ts";
const calls = "providers/control/calls.ts";
const trainer = "providers/scripted/trainer.ts";
const intend = "if (!call.isIntended && !(await intend(call, options))) return undefined;";
const send = "const outcome = await request.send(lane.target, dispatch.closing);";
const launchIntent =
  'await context.ledger.intend({ key: "launch", rowCount: 0, isOutside: true, costUsd: script.price });';
/** Where calls go out and what follows on them. */
const callPoints = /bills\.jsonl|state\.db-wal/;

export const ledgerBugs: readonly Bug[] = [
  // The ledger.
  {
    name: "the call is sent before its intent",
    edits: [
      edit(calls, intend, ""),
      edit(
        calls,
        send,
        `const sending = request.send(lane.target, dispatch.closing);
    await intend(call, options);
    call.isIntended = false;
    const outcome = await sending;`,
      ),
    ],
    experiment: "points",
    only: callPoints,
    says: /was sent 2 times, intended 1/,
  },
  {
    name: "the intent is not awaited by the provider",
    edits: [
      edit(
        calls,
        "return call.context.ledger.intend(attempt).then(",
        "void call.context.ledger.intend(attempt);\n  return Promise.resolve().then(",
      ),
    ],
    experiment: "points",
    only: callPoints,
    says: /was sent 2 times, intended 1/,
  },
  {
    name: "the intent is not awaited by the sample stage",
    edits: [
      edit(
        "systems/language/sample.ts",
        "return context.ledger.intend(attempt);",
        "void context.ledger.intend(attempt);\n        return Promise.resolve();",
      ),
    ],
    experiment: "points",
    only: callPoints,
    says: /was sent 2 times, intended 1/,
  },
  {
    name: "a call is sent again without an intent of its own",
    edits: [edit(calls, intend, intend.replace("!call.isIntended", "!call.isIntended && call.sendings === 0"))],
    experiment: "plain",
    says: /was sent 2 times, intended 1/,
  },
  {
    name: "a lost reply counts as never billed",
    edits: [edit(calls, 'lost: "unknown",', 'lost: "retryable",')],
    experiment: "plain",
    says: /was billed 2 times, 0 repeats/,
  },
  {
    name: "what was paid is given back when the reply is lost",
    edits: [edit(book, "cost_usd - CASE @state WHEN 'unknown' THEN 0 ELSE try_usd END", "cost_usd - try_usd")],
    experiment: "plain",
    says: /USD were billed and/,
  },
  {
    name: "a second try does not count as one",
    edits: [edit(book, "0, try_count) + @sendings", "0, try_count)")],
    experiment: "plain",
    says: /was sent 2 times, intended 1/,
  },
  {
    name: "only the latest try's cost is counted",
    edits: [edit(book, "cost_usd = cost_usd + @usd", "cost_usd = @usd")],
    experiment: "plain",
    says: /USD were billed and/,
  },
  {
    name: "what may be paid twice is not counted",
    edits: [edit(book, "repeat_count + @isUnseen", "repeat_count")],
    experiment: "points",
    only: callPoints,
    says: /was billed 2 times, 0 repeats/,
  },
  {
    name: "what a dead process sent is not marked unknown, and only unknown counts as a repeat",
    edits: [
      edit(attempts, "void statements.markUnknown.run()", "undefined"),
      edit(book, "partByStanding[standing] !== null;", 'standing === "unseen";'),
    ],
    experiment: "kills",
    says: /was billed 2 times, 0 repeats/,
  },
  {
    name: "an attempt is closed in another transaction than its candidates",
    edits: [
      edit(
        candidates,
        "    return writer.write(write)",
        `    return writer.write(() => {
      attempts.close(stageId, attemptKey, { tokenCount: 0, digest: null });
    }).then(() => writer.write(write))`,
      ),
    ],
    experiment: "points",
    only: callPoints,
    says: /has not all it brought|was billed 2 times, 0 repeats/,
  },
  {
    name: "candidates are written and their attempt is left open",
    edits: [
      edit(
        candidates,
        "attempts.close(stageId, attemptKey, { tokenCount, digest: computeAttemptDigest(written) })",
        "void tokenCount",
      ),
    ],
    experiment: "plain",
    says: /is left sent/,
  },
  // Jobs.
  {
    name: "a job is launched without looking for it",
    edits: [edit(trainer, "const found = service.findJob(id);", "const found = undefined as string | undefined;")],
    experiment: "points",
    only: /artifacts/,
    says: /was launched 2 times/,
  },
  {
    name: "a job is launched before its intent",
    edits: [
      edit(trainer, launchIntent, ""),
      edit(trainer, "service.launch(id, model);", `service.launch(id, model);\n    ${launchIntent}`),
    ],
    experiment: "points",
    only: callPoints,
    // Its moment is one of a hundred.
    count: 300,
    says: /USD were billed and/,
  },
];
