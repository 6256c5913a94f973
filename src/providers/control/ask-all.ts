// Streams of requests: pulled as lazily as the controller has room, asked together, handed over as they come or in input
// order. Told to stop, or met by a failure, nothing more is sent; what is on its way is still handed over: it is paid for.
// It knows neither what is asked nor where.

import type { Context } from "../../domain/context.ts";
import type { Json } from "../../keys/canonical.ts";
import type { Controller, Request, Settled } from "../exchange.ts";

export interface Asking<Item, Answer> {
  readonly controller: Controller;
  readonly context: Context;
  /** The item's request, or what it comes to without one. */
  createRequest(item: Item): Request<Answer> | Settled<Answer>;
}

export interface Asked<Item, Answer> {
  readonly item: Item;
  readonly settled: Settled<Answer>;
}

/** Asks for every item and hands the answers over as they come. The caller closes each attempt with its rows. */
export function askAll<Item, Answer>(
  items: AsyncIterable<Item>,
  asking: Asking<Item, Answer>,
): AsyncGenerator<Asked<Item, Answer>> {
  const { controller, createRequest } = asking;
  return fly(items, asking, {
    isOrdered: false,
    async start(item, context) {
      const request = createRequest(item);
      return { item, settled: isRequest(request) ? await controller.ask(request, context) : request };
    },
  });
}

/**
 * Asks for every item and hands the answers over in input order. Each is recorded in the ledger as it comes and closes its
 * attempt; what was recorded earlier, also by another process, is recalled and not asked again.
 */
export function askRecorded<Item, Answer extends Json>(
  items: AsyncIterable<Item>,
  asking: Asking<Item, Answer>,
): AsyncGenerator<Asked<Item, Answer>> {
  const { controller, createRequest } = asking;
  return fly(items, asking, {
    isOrdered: true,
    async start(item, context) {
      const request = createRequest(item);
      if (!isRequest(request)) return { item, settled: request };
      const recalled = context.ledger.recall(request.key);
      if (recalled !== undefined) return { item, settled: recalled as unknown as Settled<Answer> };
      const settled = await controller.ask(request, context);
      await context.ledger.record(request.key, settled as unknown as Json);
      return { item, settled };
    },
  });
}

const isRequest = <Answer>(made: Request<Answer> | Settled<Answer>): made is Request<Answer> => !("kind" in made);

interface Flight<Item, Result> {
  readonly isOrdered: boolean;
  start(item: Item, context: Context): Promise<Result>;
}

interface Slot<Result> {
  result: Result | undefined;
}

/** Answers in input order that may wait for an earlier one, by the width. */
const heldWidths = 4;

async function* fly<Item, Result>(
  items: AsyncIterable<Item>,
  { controller, context }: Pick<Asking<Item, unknown>, "controller" | "context">,
  { isOrdered, start }: Flight<Item, Result>,
): AsyncGenerator<Result> {
  const slots: Slot<Result>[] = [];
  const stop = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  let [flying, failure, wake] = [0, undefined as { readonly error: unknown } | undefined, (): void => undefined];

  /** The first failure is the cause; what waits for its turn behind it is not to be sent any more. */
  const fail = (error: unknown): void => {
    failure ??= { error };
    stop.abort(error);
  };
  const launch = async (item: Item): Promise<void> => {
    const slot: Slot<Result> = { result: undefined };
    flying += 1;
    if (isOrdered) slots.push(slot);
    try {
      slot.result = await start(item, within);
      if (!isOrdered) slots.push(slot);
    } catch (error) {
      fail(error);
    }
    flying -= 1;
    wake();
  };
  const isFull = (): boolean => flying >= controller.width() || slots.length >= heldWidths * controller.width();
  const pause = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  /** Ends where nothing more can be read: what was asked by then is still handed over. */
  async function* read(): AsyncGenerator<Item> {
    try {
      yield* items;
    } catch (error) {
      fail(error);
    }
  }

  try {
    for await (const item of read()) {
      if (context.signal.aborted || failure) break;
      void launch(item);
      for (;;) {
        if (slots[0]?.result !== undefined) yield (slots.shift() as Slot<Result>).result as Result;
        else if (flying > 0 && isFull()) await pause();
        else break;
      }
    }
    for (;;) {
      if (slots[0]?.result !== undefined) yield (slots.shift() as Slot<Result>).result as Result;
      else if (flying > 0) await pause();
      else break;
    }
  } finally {
    // Whoever reads no further wants nothing more to be sent.
    stop.abort();
  }
  if (failure) throw failure.error;
  context.signal.throwIfAborted();
}
