// The Sampler port over batches: draws are handed in as files and fetched hours later, at half the price of many vendors.
// A run that goes on finds the batches of earlier processes and fetches them; only rows that came back from none are
// handed in again. It knows no ledger but the port, and no wire but the service.

import type { SampleRequest, Sampler } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { ProviderError } from "../../errors.ts";
import { createAsks } from "../control/sampler.ts";
import type { Time } from "../control/time.ts";
import type { SampleAsk } from "../exchange.ts";
import type { Dialect } from "../openai/body.ts";
import type { Talk } from "../openai/talk.ts";
import { type Plan, readPlans, writePlan } from "./launch.ts";
import { createPatience, type PatienceOptions } from "./patience.ts";
import { createPlan, type RoundParts, runRound } from "./round.ts";
import type { BatchService } from "./service.ts";

/** What tests tell otherwise. */
export interface BatchWaits {
  readonly mostRows?: number;
  /** The first of the pauses between two looks at a batch, 5 s unless given. */
  readonly pauseMs?: number;
  /** After which a batch that was created stands in the vendor's list, 2 minutes unless given. */
  readonly settleMs?: number;
}

export interface BatchOptions extends BatchWaits {
  readonly version: number;
  readonly service: BatchService;
  readonly endpoint: Talk["endpoint"];
  readonly url: string;
  readonly dialect: Dialect;
  readonly fingerprint?: string | undefined;
  readonly draws: "n" | "single";
  readonly time: Time;
  readonly redact: (text: string) => string;
  /** Told what the service asks for. */
  readonly keep?: PatienceOptions["keep"];
}

/** A vendor takes 50,000 rows and 200 MB a file; these stay in memory while it is made and read. */
const defaultRows = 10_000;
const mostBytes = 32 * 2 ** 20;

/** Batches under way at once. */
const width = 4;

export function createBatchSampler(options: BatchOptions): Sampler {
  return {
    version: options.version,
    async *sample(prompts, request, { signal, ...rest }) {
      signal.throwIfAborted();
      // Whoever reads no further wants nothing more to be handed in; what is under way is found again.
      const stop = new AbortController();
      const context = { ...rest, signal: AbortSignal.any([signal, stop.signal]) };
      const ready: (readonly Candidate[])[] = [];
      let [running, wake] = [0, (): void => undefined];
      let failure: { readonly error: unknown } | undefined;
      const plans = readPlans(context);
      let nextNumber = plans.length;
      const start = async (asks: readonly SampleAsk[], plan: Plan | undefined): Promise<void> => {
        running += 1;
        try {
          const deliver = (candidates: readonly Candidate[]): void => {
            ready.push(candidates);
            wake();
          };
          await runRows(asks, plan, { ...createRoundParts(options, context, deliver), number: () => nextNumber++ });
        } catch (error) {
          failure ??= { error };
        }
        running -= 1;
        wake();
      };
      const pause = (): Promise<void> => new Promise((resolve) => (wake = resolve));
      try {
        for await (const { asks, plan } of createGroups(prompts, request, { options, plans })) {
          if (failure !== undefined || signal.aborted) break;
          void start(asks, plan);
          while (running >= width || ready.length > 0) {
            if (ready.length > 0) yield* ready.shift()!;
            else await pause();
          }
        }
        while (running > 0 || ready.length > 0) {
          if (ready.length > 0) yield* ready.shift()!;
          else await pause();
        }
      } finally {
        stop.abort(new DOMException("nobody reads any further", "AbortError"));
      }
      signal.throwIfAborted();
      if (failure !== undefined) throw failure.error;
    },
  };
}

interface RowParts extends RoundParts {
  /** The number of the next plan. */
  number(): number;
}

/** Rounds until every row has come, or has not come too often. */
async function runRows(asks: readonly SampleAsk[], found: Plan | undefined, parts: RowParts): Promise<void> {
  const { context, endpoint, name, patience } = parts;
  let [left, plan, lastLost] = [asks, found, [] as readonly string[]];
  for (let tries = 0; left.length > 0; ) {
    if (plan === undefined) {
      plan = createPlan({ number: parts.number(), lost: lastLost }, left, parts);
      await writePlan(context, plan);
    }
    patience.wake();
    const { asks: missing, leftOut, lost, reason, failure } = await runRound(plan, left, parts);
    if (failure !== null) throw failure;
    if (leftOut.length === left.length) {
      // Nothing was handed in: the same plan, once others have given back what they hold.
      await patience.rest();
      continue;
    }
    // What an earlier process handed in is none of this one's tries.
    if (missing.length > 0 && !plan.isOld) tries += 1;
    if (missing.length > 0 && tries >= endpoint.limits.tries) {
      throw new ProviderError(`${missing.length} rows came back from none of ${tries} batches: ${reason}`, {
        where: `endpoint ${name}`,
        next: "resume the run to hand them in again, or raise limits.tries",
      });
    }
    [left, plan, lastLost] = [[...missing, ...leftOut], undefined, lost];
    if (left.length > 0) await patience.rest();
  }
}

interface Group {
  readonly asks: readonly SampleAsk[];
  readonly plan: Plan | undefined;
}

/** Rows that nobody has handed in yet, a file at a time; then those of earlier processes, by the last plan they stand in. */
async function* createGroups(
  prompts: AsyncIterable<Prompt>,
  request: SampleRequest,
  { options, plans }: { readonly options: BatchOptions; readonly plans: readonly Plan[] },
): AsyncGenerator<Group> {
  const { draws, mostRows = defaultRows } = options;
  const planByAttempt = new Map(plans.flatMap((plan) => plan.handedIn.map((attempt) => [attempt, plan] as const)));
  const old = new Map<Plan, SampleAsk[]>();
  let [asks, bytes] = [[] as SampleAsk[], 0];
  for await (const ask of createAsks(prompts, request, { draws, isKnown: (attempt) => planByAttempt.has(attempt) })) {
    const plan = planByAttempt.get(ask.attempt);
    if (plan !== undefined) {
      const rows = old.get(plan) ?? [];
      rows.push(ask);
      old.set(plan, rows);
      continue;
    }
    const size = Buffer.byteLength(ask.prompt.text) + 1024;
    if (asks.length >= mostRows || bytes + size > mostBytes) {
      yield { asks, plan: undefined };
      [asks, bytes] = [[], 0];
    }
    asks.push(ask);
    bytes += size;
  }
  if (asks.length > 0) yield { asks, plan: undefined };
  for (const [plan, rows] of old) yield { asks: rows, plan };
}

function createRoundParts(
  {
    service,
    endpoint,
    url,
    dialect,
    fingerprint,
    time,
    redact,
    keep,
    pauseMs = 5000,
    settleMs = 120_000,
  }: BatchOptions,
  context: RoundParts["context"],
  deliver: RoundParts["deliver"],
): RoundParts {
  const { name, limits } = endpoint;
  const { waitMs } = limits;
  const patience = createPatience({ name, time, signal: context.signal, waitMs, pauseMs, settleMs, keep });
  return { service, patience, context, name, endpoint, dialect, fingerprint, url, redact, deliver };
}
