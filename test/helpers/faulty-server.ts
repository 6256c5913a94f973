// A chat server of one's own that fails as servers do, byte for byte, by a seed: which sending of a prompt fails, and how,
// follows from the prompt and from how often it came, to whichever of its addresses. It keeps books of every request, apart
// from whoever asks.
// A prompt names itself: `#id#` within its text; its answer is renderAnswer(id).

import { type AddressInfo, createServer, type Socket } from "node:net";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, type Random } from "../../src/math/random.ts";

export const faults = {
  /** 429, half of them with Retry-After. */
  rate: 0.3,
  error: 0.1,
  hangBefore: 0.05,
  hangWithin: 0.05,
  reset: 0.05,
  /** The connection is closed in good order, in the middle of the answer. */
  cut: 0.05,
  errorWithin: 0.02,
  html: 0.02,
  length: 0.01,
  repeated: 0.01,
  slices: 0.01,
  encoding: 0.01,
  large: 0.005,
  foreign: 0.001,
} as const;

export type Fault = keyof typeof faults;

/** Faults after which nobody knows whether it was billed. */
const lostFaults: readonly Fault[] = [
  ...(["hangBefore", "hangWithin", "reset", "cut", "errorWithin", "html"] as const),
  ...(["length", "repeated", "encoding", "large", "foreign"] as const),
];

export interface Entry {
  readonly id: string;
  /** Counted from 1, for this id. */
  readonly count: number;
  /** null: it was answered. Slices are an answer in pieces of one byte. */
  readonly fault: Fault | null;
  /** Of an error; null where there is none. */
  readonly status: number | null;
  readonly atMs: number;
  /** What the server asked for, milliseconds; null where it did not. */
  readonly retryAfterMs: number | null;
  /** Which of the addresses it came to, counted from 0. */
  readonly place: number;
}

/** True where nobody knows whether it was billed: no whole answer came, or a gateway says that it had none. */
export const isLost = ({ fault, status }: Entry): boolean =>
  fault !== null && (lostFaults.includes(fault) || status === 502);

export interface FaultyServer {
  readonly urls: readonly string[];
  readonly entries: readonly Entry[];
  close(): void;
}

export interface FaultyOptions {
  readonly seed: number;
  /** Shares; all of `faults` unless given. */
  readonly shares?: Readonly<Partial<Record<Fault, number>>>;
  readonly delayMs?: number;
  readonly largeBytes?: number;
  readonly mostRetryAfterMs?: number;
  /** Of those asked to wait, how many in whole seconds: by a number, or by a date. */
  readonly secondsShare?: number;
  /** Addresses, each a server of its own to whoever asks. */
  readonly placeCount?: number;
}

export const renderAnswer = (id: string): string => `the answer to ${id} is what it was`;

export async function startFaultyServer(options: FaultyOptions): Promise<FaultyServer> {
  const { seed, shares = faults, delayMs = 5, largeBytes = 1 << 20, placeCount = 1 } = options;
  const entries: Entry[] = [];
  const countById = new Map<string, number>();
  const sockets = new Set<Socket>();

  const serve = (socket: Socket, body: string, place: number): void => {
    const id = /#([^#]+)#/.exec(body)?.[1] ?? "?";
    const count = (countById.get(id) ?? 0) + 1;
    countById.set(id, count);
    const random = createRandom(computeSeed("fault", seed, id, count));
    const fault = drawFault(random, shares);
    const retryAfterMs = fault === "rate" && random.uniform() < 0.5 ? drawPatience(random, options) : null;
    const status = fault === "error" ? ([500, 502, 503, 529][random.integer(4)] as number) : null;
    entries.push({ id, count, fault, status, atMs: performance.now(), retryAfterMs, place });
    const reply = () => {
      const isStreamed = body.includes('"stream":true');
      if (socket.writable) sendReply(socket, { id, fault, status, random, retryAfterMs, largeBytes, isStreamed });
    };
    setTimeout(reply, delayMs * (0.5 + random.uniform()));
  };

  const receive = (socket: Socket, place: number): void => {
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      const headEnd = held.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(held.toString("latin1", 0, headEnd))?.[1] ?? 0);
      if (held.length < headEnd + 4 + length) return;
      const body = held.toString("utf8", headEnd + 4, headEnd + 4 + length);
      held = held.subarray(headEnd + 4 + length);
      serve(socket, body, place);
    });
  };
  const servers = Array.from({ length: placeCount }, (_, place) =>
    createServer({ noDelay: true }, (socket) => receive(socket, place)),
  );
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`),
    entries,
    close() {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function drawFault(random: Random, shares: FaultyOptions["shares"]): Fault | null {
  let place = random.uniform();
  for (const [fault, share] of Object.entries(shares ?? {}) as [Fault, number][]) {
    place -= share;
    if (place < 0) return fault;
  }
  return null;
}

/** Milliseconds; where it is to be told in seconds, whole ones. */
function drawPatience(random: Random, { mostRetryAfterMs = 60, secondsShare = 0 }: FaultyOptions): number {
  if (secondsShare > 0 && random.uniform() < secondsShare) return 1000;
  return 1 + random.integer(mostRetryAfterMs);
}

interface Reply {
  readonly id: string;
  readonly fault: Fault | null;
  readonly status: number | null;
  readonly random: Random;
  readonly retryAfterMs: number | null;
  readonly largeBytes: number;
  readonly isStreamed: boolean;
}

function sendReply(socket: Socket, reply: Reply): void {
  const { fault } = reply;
  const whole = reply.isStreamed ? renderStream(reply) : renderWhole(reply);
  const half = whole.subarray(0, Math.floor(whole.length * 0.6));
  switch (fault) {
    case null:
      return void socket.write(whole);
    case "slices":
      return void sendSlices(socket, whole);
    case "rate":
      return void socket.write(renderError(429, "rate_limit_exceeded", renderPatience(reply)));
    case "error":
      return void socket.write(renderError(reply.status ?? 500, "server_error"));
    case "hangBefore":
      return;
    case "hangWithin":
      return void socket.write(half);
    case "reset":
      return void socket.write(half, () => socket.resetAndDestroy());
    case "cut":
      return void socket.end(half);
    case "errorWithin":
      return void socket.write(renderMessage(200, '{"error":{"message":"worker gone","type":"server_error"}}'));
    case "html":
      return void socket.write(renderMessage(200, "<html><body>welcome</body></html>", "content-type: text/html\r\n"));
    case "length":
      return void socket.end(renderHead(200, 10_000) + renderBody(reply));
    case "encoding":
      return void socket.write(
        renderBytes(Buffer.concat([Buffer.from(renderBody(reply).slice(0, -3)), Buffer.of(0xff, 0xfe)])),
      );
    case "repeated":
      return void socket.write(renderStream({ ...reply, isStreamed: true }, 2));
    case "large":
      return void sendLarge(socket, reply.largeBytes);
    case "foreign":
      return void socket.write(renderMessage(200, renderBody(reply), `x-request-id: ${anotherId}\r\n`));
  }
}

/** Of a request as Refeed names them, and of none that was sent. */
const anotherId = "72656665-6564-8fff-8fff-ffffffffffff";

function renderPatience({ random, retryAfterMs }: Reply): string {
  if (retryAfterMs !== null) {
    if (retryAfterMs % 1000 !== 0) return `retry-after-ms: ${retryAfterMs}\r\n`;
    const nowMs = Date.now();
    const [date, until] = [nowMs, nowMs + retryAfterMs].map((ms) => new Date(ms).toUTCString());
    return random.uniform() < 0.5
      ? `retry-after: ${retryAfterMs / 1000}\r\n`
      : `date: ${date}\r\nretry-after: ${until}\r\n`;
  }
  // Nothing, or nothing that can be understood.
  return ["", "retry-after: soon\r\n", "retry-after: -5\r\n"][random.integer(3)] as string;
}

function renderBody({ id }: Pick<Reply, "id">): string {
  const text = renderAnswer(id);
  const usage = { prompt_tokens: 10, completion_tokens: text.split(" ").length, total_tokens: 18 };
  const message = { role: "assistant", content: text };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
  return JSON.stringify({ id: `chatcmpl-${id}`, object: "chat.completion", model: "faulty", choices, usage });
}

const renderHead = (status: number, length: number, more = "content-type: application/json\r\n"): string =>
  `HTTP/1.1 ${status} Word\r\n${more}content-length: ${length}\r\n\r\n`;

const renderBytes = (body: Buffer): Buffer => Buffer.concat([Buffer.from(renderHead(200, body.length)), body]);

const renderMessage = (status: number, body: string, more = ""): string =>
  renderHead(
    status,
    Buffer.byteLength(body),
    more.includes("content-type") ? more : `content-type: application/json\r\n${more}`,
  ) + body;

const renderError = (status: number, code: string, more = ""): string =>
  renderMessage(status, JSON.stringify({ error: { message: "not now", type: code, code } }), more);

const renderWhole = (reply: Reply): Buffer => Buffer.from(renderMessage(200, renderBody(reply)));

/** One event a word; the `repeatedWord`-th word comes twice. */
function renderStream({ id }: Reply, repeatedWord = -1): Buffer {
  const words = renderAnswer(id).split(" ");
  const head = { id: `chatcmpl-${id}`, object: "chat.completion.chunk", model: "faulty" };
  const events = words.map((word, index) => {
    const delta = { content: index === 0 ? word : ` ${word}` };
    return JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: null }] });
  });
  if (repeatedWord >= 0) events.splice(repeatedWord, 0, events[repeatedWord] as string);
  events.push(JSON.stringify({ ...head, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }] }));
  const usage = { prompt_tokens: 10, completion_tokens: words.length, total_tokens: 10 + words.length };
  events.push(JSON.stringify({ ...head, choices: [], usage }), "[DONE]");
  // Chunked, so that its end can be missing without a wrong length.
  const chunks = events
    .map((event) => `data: ${event}\n\n`)
    .map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`,
  );
}

function sendSlices(socket: Socket, whole: Buffer): void {
  let place = 0;
  const next = (): void => {
    if (!socket.writable || place >= whole.length) return;
    // A few at a turn, each a write of its own.
    for (let count = 0; count < 40 && place < whole.length; count++, place++)
      socket.write(whole.subarray(place, place + 1));
    setImmediate(next);
  };
  next();
}

function sendLarge(socket: Socket, bytes: number): void {
  const piece = Buffer.alloc(64 * 1024, "a");
  socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
  let sent = 0;
  const next = (): void => {
    if (!socket.writable) return;
    if (sent >= bytes) return void socket.write("0\r\n\r\n");
    sent += piece.length;
    socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]), next);
  };
  next();
}
