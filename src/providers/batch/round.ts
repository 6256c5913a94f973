// One batch from its plan to its last row: intended row by row, launched once, looked at until it has ended, read. What
// did not come back is told, and why; whether it is handed in again is decided above.

import { setImmediate } from "node:timers/promises";
import type { Candidate } from "../../domain/rows.ts";
import { BudgetError, ProviderError } from "../../errors.ts";
import { computeDigest } from "../../keys/digest.ts";
import { readCandidates } from "../control/sampler.ts";
import type { SampleAsk } from "../exchange.ts";
import { computeMostTokens, createSampleBody, type Dialect } from "../openai/body.ts";
import { computeTokenEstimate, computeUsd } from "../usage.ts";
import { type CollectParts, collectRows, type Handed } from "./collect.ts";
import { type LaunchParts, launch, type Plan } from "./launch.ts";
import { computeCustomId, renderLine } from "./lines.ts";
import { type BatchState, isFailure } from "./service.ts";

export interface RoundParts extends LaunchParts {
  readonly endpoint: CollectParts["endpoint"];
  readonly dialect: Dialect;
  readonly url: string;
  readonly redact: (text: string) => string;
  /** Hands over the candidates of one row. */
  deliver(candidates: readonly Candidate[]): void;
}

/** What of a round is still to be had. */
export interface Remainder {
  /** Handed in, and not come back. */
  readonly asks: readonly SampleAsk[];
  /** Not handed in: what others have reserved of the budget, or this very batch, left no room for them. */
  readonly leftOut: readonly SampleAsk[];
  /** The attempts among them that were worked on, and may be billed. */
  readonly lost: readonly string[];
  /** What was said of the last of them. */
  readonly reason: string;
  /** Why there will be nothing more, where that is so. */
  readonly failure: Error | null;
}

const ended: readonly string[] = ["completed", "failed", "expired", "cancelled"];
const underWay: readonly string[] = ["validating", "in_progress", "finalizing", "cancelling"];

/** Rows intended at once: as many share one commit. */
const intendWidth = 500;
/** Rows read between two turns of the event loop. */
const turnRows = 256;

/** The plan of a batch, as it is written down before anything else. */
export function createPlan(
  { number, lost }: Pick<Plan, "number" | "lost">,
  asks: readonly SampleAsk[],
  parts: RoundParts,
): Plan {
  const rows = new Map(asks.map((ask) => [computeCustomId(parts.context.key, ask.attempt), estimate(ask, parts)]));
  const attempts = asks.map(({ attempt }) => attempt);
  return {
    ...{ number, lost, isOld: false, attempts, handedIn: attempts },
    sha256: computeDigest(renderRows(rows, parts) ?? ""),
    plannedSeconds: Math.floor(parts.context.clock.now() / 1000),
  };
}

export async function runRound(plan: Plan, asks: readonly SampleAsk[], parts: RoundParts): Promise<Remainder> {
  const { context } = parts;
  const rows = new Map(asks.map((ask) => [computeCustomId(context.key, ask.attempt), estimate(ask, parts)]));
  let [refused, isIntended]: [Refused, boolean] = [{ leftOut: [], failure: null }, false];
  const intend = async (): Promise<void> => {
    isIntended = true;
    refused = await intendRows(plan, rows, { ...parts, isUnderWay: false });
  };
  const list = (): readonly string[] => [...rows.values()].map(({ ask }) => ask.attempt);
  const id = await launch(plan, { intend, list, render: () => renderRows(rows, parts) }, parts);
  if (id === null) return { asks: [], lost: [], reason: "", ...refused };
  if (!isIntended) await intendRows(plan, rows, { ...parts, isUnderWay: true });
  const state = await waitForEnd(id, parts);
  const told = state === null ? createGone(id) : await readRows(state, { ...parts, handed: rows });
  const left = [...rows.values()].map(({ ask }) => ask);
  // Of a batch that was worked through, every row was; one that neither file has may have been answered and billed.
  const isWorkedOn = state === null || state.status === "completed";
  const isLost = ({ attempt }: SampleAsk): boolean =>
    (told.missByAttempt.get(attempt)?.kind ?? (isWorkedOn ? "lost" : "busy")) === "lost";
  await Promise.all(
    left.map((ask) => {
      const reason = told.missByAttempt.get(ask.attempt)?.reason ?? told.reason;
      return context.ledger.settle(ask.attempt, { state: isLost(ask) ? "unknown" : "retryable", reason });
    }),
  );
  const lost = left.filter(isLost).map(({ attempt }) => attempt);
  return { ...refused, asks: left, lost, reason: told.reason, failure: told.failure ?? refused.failure };
}

function estimate(ask: SampleAsk, { endpoint }: RoundParts): Handed {
  return { ask, promptTokens: computeTokenEstimate(ask.prompt.text) + computeTokenEstimate(endpoint.system ?? "") };
}

type Refused = Pick<Remainder, "leftOut" | "failure">;

/**
 * Every row's intent is on disk before anything is handed in; rows that the budget has no room for are taken out: for good
 * where nobody holds anything of it, and only for now where it is full of what requests under way have reserved. Rows
 * that an earlier process has handed in are only announced again: that leaves the process for nobody, and no budget is
 * asked, but their reserve goes on to stand.
 */
async function intendRows(
  { isOld, lost }: Plan,
  rows: Map<string, Handed>,
  { context, endpoint, isUnderWay }: RoundParts & { readonly isUnderWay: boolean },
): Promise<Refused> {
  const mayBePaid = new Set(lost);
  const leftOut: SampleAsk[] = [];
  let failure: Error | null = null;
  const all = [...rows];
  for (let from = 0; from < all.length; from += intendWidth) {
    const group = all.slice(from, from + intendWidth).map(async ([id, { ask, promptTokens }]) => {
      const most = computeMostTokens(endpoint, ask.request.maxTokens) * ask.draws.length;
      const costUsd = computeUsd(endpoint.price, promptTokens, most);
      const intent = { key: ask.attempt, rowCount: ask.draws.length, isOutside: !isUnderWay, costUsd };
      try {
        // What an earlier process intended for this very batch was never handed in and never billed, or is under way.
        if (isUnderWay || (isOld && !mayBePaid.has(ask.attempt))) {
          const reason = isUnderWay ? "its batch was found again" : "it was not handed in";
          await context.ledger.settle(ask.attempt, { state: "retryable", reason });
        }
        await context.ledger.intend({ ...intent, tokenCount: promptTokens + most });
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error;
        if (error.isFull) leftOut.push(ask);
        else failure ??= error;
        rows.delete(id);
      }
    });
    await Promise.all(group);
    context.signal.throwIfAborted();
  }
  return { leftOut, failure };
}

function renderRows(rows: ReadonlyMap<string, Handed>, { endpoint, dialect }: RoundParts): string | null {
  if (rows.size === 0) return null;
  // A line of a batch is answered whole: nobody streams into a file.
  const whole = { ...endpoint, isStreamed: false };
  const lines = [...rows].map(([customId, { ask }]) =>
    renderLine({ customId, body: createSampleBody(whole, ask, dialect) }),
  );
  return lines.join("");
}

/** null where the service no longer has it. */
async function waitForEnd(id: string, { service, patience, context, name }: RoundParts): Promise<BatchState | null> {
  let strangeSinceMs: number | null = null;
  for (;;) {
    const state = await patience.ask(async () => {
      const read = await service.read(id, context.signal);
      return isFailure(read) && read.status === 404 ? null : read;
    });
    if (state === null || ended.includes(state.status)) return state;
    if (underWay.includes(state.status)) strangeSinceMs = null;
    else {
      // A state of tomorrow may be one on the way. It is not waited for without an end, and never taken for the end.
      const nowMs = context.clock.monotonic();
      strangeSinceMs ??= nowMs;
      if (nowMs - strangeSinceMs >= patience.waitMs) {
        throw new ProviderError(`batch ${id} is in state ${JSON.stringify(state.status)}, which is unknown`, {
          where: `endpoint ${name}`,
          next: "look at it with the vendor; resume the run when it has completed, expired or been cancelled",
        });
      }
    }
    await patience.rest();
  }
}

/** Why a row did not come: `lost` where it was worked on, and may be billed. */
interface Miss {
  readonly kind: "lost" | "busy";
  readonly reason: string;
}

interface Told {
  readonly reason: string;
  readonly failure: Error | null;
  readonly missByAttempt: ReadonlyMap<string, Miss>;
}

function createGone(id: string): Told {
  return { reason: `the service no longer has batch ${id}`, failure: null, missByAttempt: new Map() };
}

/** Delivers what came; what is left in `handed` did not come. */
async function readRows(state: BatchState, parts: RoundParts & CollectParts): Promise<Told> {
  const { service, patience, context, name } = parts;
  const missByAttempt = new Map<string, Miss>();
  let count = 0;
  const [error] = state.errors;
  let reason = error ? parts.redact(`${error.code}: ${error.message}`) : `batch ${state.id} has ${state.status}`;
  let failure: Error | null = null;
  for (const file of state.files) {
    const text = await patience.ask(async () => {
      const read = await service.download(file, context.signal);
      return isFailure(read) && read.status === 404 ? null : read;
    });
    if (text === null) reason = `the service no longer has file ${file}`;
    for (const { handed, outcome } of collectRows(text ?? "", parts)) {
      const { attempt } = handed.ask;
      count += 1;
      if (count % turnRows === 0) await setImmediate();
      if (outcome.kind === "answered") {
        context.ledger.account(attempt, outcome.usage);
        parts.deliver(outcome.answer);
      } else if (outcome.kind === "refused") {
        context.ledger.account(attempt, outcome.usage);
        parts.deliver(readCandidates(handed.ask, outcome));
      } else {
        reason = outcome.reason;
        missByAttempt.set(attempt, { kind: outcome.kind === "lost" ? "lost" : "busy", reason });
        if (outcome.kind !== "denied" && outcome.kind !== "unpaid") continue;
        failure ??= new ProviderError(reason, { where: `endpoint ${name}`, next: outcome.next });
      }
    }
  }
  // A file that was never worked on says why; asked for again as it is, it would be turned away again.
  const isRejected = state.status === "failed" && state.errors.every(({ code }) => code !== "token_limit_exceeded");
  if (isRejected && parts.handed.size > 0) {
    failure ??= new ProviderError(`batch ${state.id} was turned away: ${reason}`, {
      where: `endpoint ${name}`,
      next: "change the endpoint's settings so that the service takes the batch, then resume",
    });
  }
  return { reason, failure, missByAttempt };
}
