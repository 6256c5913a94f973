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

/** A request whose key is known before there is anybody to send it to. */
export interface Later<Answer> {
  readonly key: string;
  /** Called only where nothing is recorded by that key. */
  create(): Promise<Request<Answer>>;
}

export interface Recording<Item, Answer> extends Omit<Asking<Item, Answer>, "createRequest"> {
  createRequest(item: Item): Request<Answer> | Later<Answer> | Settled<Answer>;
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
    start(item, context) {
      const request = createRequest(item);
      return isRequest(request) ? controller.ask(request, context) : Promise.resolve(request);
    },
  });
}

/**
 * Asks for every item and hands the answers over in input order. Each is recorded in the ledger as it comes and closes its
 * attempt; what was recorded earlier, also by another process, is recalled and not asked again.
 */
export function askRecorded<Item, Answer extends Json>(
  items: AsyncIterable<Item>,
  asking: Recording<Item, Answer>,
): AsyncGenerator<Asked<Item, Answer>> {
  const { controller, createRequest } = asking;
  return fly(items, asking, {
    isOrdered: true,
    async start(item, context) {
      const made = createRequest(item);
      if ("kind" in made) return made;
      const recalled = context.ledger.recall(made.key);
      if (recalled !== undefined) return recalled as unknown as Settled<Answer>;
      const request = "create" in made ? await made.create() : made;
      const settled = await controller.ask(request, context);
      await context.ledger.record(request.key, settled as unknown as Json);
      return settled;
    },
  });
}

const isRequest = <Answer>(made: Request<Answer> | Settled<Answer>): made is Request<Answer> => !("kind" in made);

interface Flight<Item, Answer> {
  readonly isOrdered: boolean;
  start(item: Item, context: Context): Promise<Settled<Answer>>;
}

interface Slot<Item, Answer> {
  readonly item: Item;
  settled: Settled<Answer> | undefined;
}

/** Answers in input order that may wait for an earlier one, by the width. */
const heldWidths = 4;

async function* fly<Item, Answer>(
  items: AsyncIterable<Item>,
  { controller, context }: Pick<Asking<Item, Answer>, "controller" | "context">,
  { isOrdered, start }: Flight<Item, Answer>,
): AsyncGenerator<Asked<Item, Answer>> {
  const slots: Slot<Item, Answer>[] = [];
  const iterator = items[Symbol.asyncIterator]();
  const stop = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  let [flying, failure, wake] = [0, undefined as { readonly error: unknown } | undefined, (): void => undefined];

  /** The first failure is the cause; what waits for its turn behind it is not to be sent any more. */
  const fail = (error: unknown): void => {
    failure ??= { error };
    stop.abort(error);
  };
  const take = ({ done, value }: IteratorResult<Item, unknown>): boolean => {
    if (done || context.signal.aborted || failure) return true;
    launch(value);
    return false;
  };
  const giveUp = (error: unknown): boolean => {
    fail(error);
    return true;
  };
  /** True where nothing more is to be asked or can be read: what was asked by then is still handed over. */
  const launchNext = (): Promise<boolean> => iterator.next().then(take, giveUp);
  const leave = (): void => {
    flying -= 1;
    wake();
  };
  const launch = (item: Item): void => {
    const slot: Slot<Item, Answer> = { item, settled: undefined };
    flying += 1;
    if (isOrdered) slots.push(slot);
    const land = (settled: Settled<Answer>): void => {
      slot.settled = settled;
      if (!isOrdered) slots.push(slot);
      leave();
    };
    const crash = (error: unknown): void => {
      fail(error);
      leave();
    };
    try {
      start(item, within).then(land, crash);
    } catch (error) {
      crash(error);
    }
  };
  const isFull = (): boolean => {
    const width = controller.width();
    return flying >= width || slots.length >= heldWidths * width;
  };
  const pause = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  let isRead = false;
  try {
    for (;;) {
      if (slots[0]?.settled !== undefined) yield slots.shift() as Asked<Item, Answer>;
      else if (flying > 0 && (isRead || isFull())) await pause();
      else if (isRead) break;
      else isRead = await launchNext();
    }
  } finally {
    // Whoever reads no further wants nothing more to be sent.
    const isFailed = failure !== undefined;
    stop.abort();
    await iterator.return?.().catch((error: unknown) => {
      // What went wrong first is told below.
      if (!isFailed) throw error;
    });
  }
  if (failure) throw failure.error;
  context.signal.throwIfAborted();
}
