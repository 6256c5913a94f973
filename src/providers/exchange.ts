// One sending of one request and what it came to: what passes between the controller, which decides when, and the
// wires, which know how. A wire never repeats anything on its own account.

import type { Context, Usage } from "../domain/context.ts";
import type { SampleRequest } from "../domain/ports.ts";
import type { Candidate, Prompt } from "../domain/rows.ts";

/** One server of an endpoint. */
export interface Target {
  /** Its base address, without a slash at the end. */
  readonly url: string;
}

/**
 * What stood in the way of an answer, as far as it tells what to do about it: one of the three limits of time, the limit
 * of bytes, a text without a reason of its end, a page or an error where an answer belongs, a connection that broke, fewer
 * draws than were asked for at once.
 */
export type LostCause = "firstByteMs" | "idleMs" | "totalMs" | "answerBytes" | "finish" | "page" | "broken" | "draws";

export type Outcome<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer; readonly usage: Usage }
  /** This request will never be answered: too long, filtered. Not an error: it becomes a row with that reason. */
  | { readonly kind: "refused"; readonly reason: string; readonly usage: Usage }
  /** Turned away, and not billed but for what a gateway says (429, 503, 529, 500): come again, not before `retryAfterMs`. */
  | {
      readonly kind: "busy";
      readonly reason: string;
      readonly retryAfterMs: number | null;
      /** It failed, without a word of having too much to do: some servers say so to what they will never take. */
      readonly mayMeanNever?: true;
      /** A gateway says so of a server that may have answered it and sent a bill (502, 504, 520, 524). */
      readonly mayBeBilled?: true;
    }
  /** It never left: nobody listens there, no such host. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** Sent, and no whole answer came: reset, cut, too slow, an error in a 200, a body that cannot be read. May be billed. */
  | { readonly kind: "lost"; readonly reason: string; readonly cause?: LostCause }
  /** Nothing like it will be answered: no key, no such model, no right, a request it does not take. */
  | {
      readonly kind: "denied";
      readonly reason: string;
      readonly next: string;
      /** The member of the request that the server names as the one at fault. */
      readonly param?: string;
      /** It was answered, and the answer is not to be taken. */
      readonly mayBeBilled?: true;
    }
  /** The account is empty or at its limit. */
  | { readonly kind: "unpaid"; readonly reason: string; readonly next: string };

/** A request that may be sent, once or again, to any server of its endpoint. */
export interface Request<Answer> {
  /** The attempt's key: unique within its stage. */
  readonly key: string;
  /** Rows its answer brings; 0 where the answer is recorded in the ledger itself. */
  readonly rowCount: number;
  /** What one sending may cost and use at most: reserved before it is sent. */
  readonly mostUsd: number;
  readonly mostTokens: number;
  /** It asks for no work of a model, only what there is: nobody bills it, and no budget has it. */
  readonly isFree?: true;
  /** The one server that is to be asked; any unless given. */
  readonly url?: string;
  /** Sends it. Rejects only where the signal is aborted. */
  send(target: Target, signal: AbortSignal): Promise<Outcome<Answer>>;
}

/** How a request ended for good. */
export type Settled<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly reason: string };

/** Sends requests to one endpoint: when, where to, how often, within which budget. */
export interface Controller {
  /**
   * Waits for its turn, has the ledger intend it, sends it, and again where that is due. Usage is accounted in the ledger;
   * the caller closes the attempt with its rows or with `ledger.record`.
   * Throws ProviderError (denied, unpaid, silent for too long), BudgetError, or CancelledError when the signal is aborted.
   */
  ask<Answer>(request: Request<Answer>, context: Context): Promise<Settled<Answer>>;
  /** Requests worth having under way at once: the window as it stands, with a few that wait. */
  width(): number;
  /** From now on only the other servers are asked for what names none; with none left out, all of them. */
  leaveOut(urls: readonly string[]): void;
  close(): Promise<void>;
}

/** Some draws of one prompt, as one request. */
export interface SampleAsk {
  readonly prompt: Prompt;
  /** The draws it is to bring, ascending: one of them, or several where the endpoint heeds n. */
  readonly draws: readonly number[];
  /** One for each of these draws, at least 0 and below 2^31; a request for several sends the first. */
  readonly seeds: readonly number[];
  /** The request's key, and the attempt of every candidate it brings. */
  readonly attempt: string;
  readonly request: SampleRequest;
}

/** Builds the request whose answer is one candidate for each of the draws; the shapes of an API know how. */
export type CreateSampleRequest = (ask: SampleAsk) => Request<readonly Candidate[]>;
