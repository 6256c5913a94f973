// A batch is launched once: what is to be handed in is written down first, the service is asked whether it has it already,
// and a create whose reply is lost is looked for before it is sent again. Once an id is known it is in the ledger.

import type { Context } from "../../domain/context.ts";
import { ProviderError } from "../../errors.ts";
import { computeKey } from "../../keys/digest.ts";
import type { Outcome } from "../exchange.ts";
import type { Patience } from "./patience.ts";
import { type BatchService, type BatchState, isFailure } from "./service.ts";

export interface Plan {
  /** Counted from 0 within its stage. */
  readonly number: number;
  /** What it hands in, by attempt, and the digest of its lines. */
  readonly attempts: readonly string[];
  readonly sha256: string;
  /** Those of them that were handed in before and lost: sent again, they may be paid twice. */
  readonly lost: readonly string[];
  /** Seconds since 1970, by our clock. */
  readonly plannedSeconds: number;
  /** Written by an earlier process, which may have got further than its records tell. */
  readonly isOld: boolean;
  /** Of the attempts those that its batch is made of: the budget may have had no room for others. */
  readonly handedIn: readonly string[];
}

export interface LaunchParts {
  readonly service: BatchService;
  readonly patience: Patience;
  readonly context: Context;
  /** The endpoint's name, for messages. */
  readonly name: string;
  /** Of the model: a batch that a former one answered, or will answer, is none of this stage's any more. */
  readonly fingerprint?: string | undefined;
}

/** Creates whose replies were lost, before somebody is asked to look. */
const mostCreates = 2;
/** How much a server's clock may lag behind ours. */
const clockSlackSeconds = 86_400;

/** Writes down what is to be handed in. */
export async function writePlan({ ledger }: Context, { number, isOld: _, handedIn: __, ...told }: Plan): Promise<void> {
  await ledger.intend({ key: planKey(number), rowCount: 0, isOutside: false });
  await ledger.record(planKey(number), told);
}

/** The plans of a stage that earlier processes wrote down. */
export function readPlans({ ledger }: Context): readonly Plan[] {
  const plans: Plan[] = [];
  for (;;) {
    const told = ledger.recall(planKey(plans.length)) as Omit<Plan, "number" | "isOld" | "handedIn"> | undefined;
    if (told === undefined) return plans;
    const begun = ledger.recall(begunKey(plans.length)) as Begun | undefined;
    const handedIn = begun === undefined || begun === true ? told.attempts : begun.handedIn;
    plans.push({ ...told, number: plans.length, isOld: true, handedIn });
  }
}

/** Written down before a batch is made: of all rows of its plan, or of these. */
type Begun = true | { readonly handedIn: readonly string[] };

export interface Rows {
  /** Has the ledger intend every row. */
  intend(): Promise<void>;
  /** The attempts of all rows that were intended, and their lines; null for none. */
  list(): readonly string[];
  render(): string | null;
}

/** Hands in the rows, or finds the batch that already has them; resolves with its id, or null where there was nothing. */
export async function launch(plan: Plan, rows: Rows, parts: LaunchParts): Promise<string | null> {
  const { context, patience, service, fingerprint } = parts;
  const known = context.ledger.recall(batchKey(plan.number)) as { readonly id: string } | undefined;
  if (known !== undefined) return known.id;
  const { number, attempts, sha256 } = plan;
  const launched = { batch: 1, stage: context.key, number, attempts, sha256 };
  const key = computeKey({ ...launched, ...(fingerprint && { fingerprint }) });
  // What an earlier process created a moment ago may not stand in the list yet.
  const isBegun = plan.isOld && context.ledger.recall(begunKey(plan.number)) !== undefined;
  const ageMs = isBegun ? Math.max(0, context.clock.now() - 1000 * plan.plannedSeconds) : Number.POSITIVE_INFINITY;
  // Rows of a batch that may exist were intended before it; all others are, before anything is asked.
  if (!isBegun) await rows.intend();
  const found = await search({ key, plan, ageMs }, parts);
  if (found !== undefined) return adopt(plan, found, parts);
  if (isBegun) await rows.intend();
  const lines = rows.render();
  if (lines === null) return null;
  const fileId = await patience.ask(() => service.upload(`refeed-${key.slice(0, 16)}.jsonl`, lines, context.signal));
  await context.ledger.intend({ key: begunKey(plan.number), rowCount: 0, isOutside: false });
  const handedIn = rows.list();
  const begun: Begun = handedIn.length === attempts.length ? true : { handedIn };
  await context.ledger.record(begunKey(plan.number), begun);
  for (let count = 1; count <= mostCreates; count++) {
    const made = await createOnce(plan, { fileId, key }, parts);
    if (made !== undefined) return keep(plan, made, parts);
    const late = await search({ key, plan, ageMs: 0 }, parts);
    if (late !== undefined) return adopt(plan, late, parts);
  }
  throw new ProviderError(`nobody knows whether batch ${key} was created: ${mostCreates} replies were lost`, {
    where: `endpoint ${parts.name}`,
    next: "look for it in the vendor's list of batches, then resume the run to look again",
  });
}

/** One create, sent again only where it was certainly not taken; undefined where nobody knows. */
async function createOnce(
  plan: Plan,
  { fileId, key }: { readonly fileId: string; readonly key: string },
  { service, patience, context }: LaunchParts,
): Promise<BatchState | undefined> {
  const { ledger, signal } = context;
  const attempt = batchKey(plan.number);
  const wait = patience.begin();
  for (;;) {
    signal.throwIfAborted();
    // Its rows are what is billed and what may be paid twice.
    await ledger.intend({ key: attempt, rowCount: 0, isOutside: false });
    const made = await service.create(fileId, key, signal);
    if (!isFailure(made)) return made;
    const { fault, status } = made;
    const isTaken = isPerhapsTaken(fault, status);
    await ledger.settle(attempt, { state: isTaken ? "unknown" : "retryable", reason: fault.reason });
    if (isTaken) return undefined;
    await wait(fault);
  }
}

/** A server that failed may have created what it could not tell of; one that declined has not. */
function isPerhapsTaken(fault: Outcome<never>, status: number | null): boolean {
  if (fault.kind === "lost") return true;
  return fault.kind === "busy" && (status === null || status >= 500 || status === 408 || status === 409);
}

/** Lists batches until this one shows or it would have shown by now. */
async function search(
  { key, plan, ageMs }: { readonly key: string; readonly plan: Plan; readonly ageMs: number },
  { service, patience, context, name }: LaunchParts,
): Promise<BatchState | undefined> {
  const since = plan.plannedSeconds - clockSlackSeconds;
  for (let waitedMs = ageMs; ; ) {
    const found = await patience.ask(() => service.find(key, since, context.signal));
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(" and ");
      throw new ProviderError(`the same rows were handed in twice, as ${ids}`, {
        where: `endpoint ${name}`,
        next: "cancel all but one of them, wait until they are gone from the list, then resume the run",
      });
    }
    if (found[0] !== undefined) return found[0];
    if (waitedMs >= patience.settleMs) return undefined;
    waitedMs += await patience.rest(patience.settleMs - waitedMs);
  }
}

async function adopt({ number }: Plan, { id }: BatchState, { context }: LaunchParts): Promise<string> {
  const { ledger } = context;
  // It may have been found without an intent of this process, which is what an answer closes.
  await ledger.settle(batchKey(number), { state: "retryable", reason: "found" });
  await ledger.intend({ key: batchKey(number), rowCount: 0, isOutside: false });
  return keep({ number }, { id }, { context });
}

async function keep(
  { number }: Pick<Plan, "number">,
  { id }: Pick<BatchState, "id">,
  { context }: Pick<LaunchParts, "context">,
): Promise<string> {
  await context.ledger.record(batchKey(number), { id });
  return id;
}

const planKey = (number: number): string => `batch ${number} plan`;
const begunKey = (number: number): string => `batch ${number} begun`;
const batchKey = (number: number): string => `batch ${number}`;
