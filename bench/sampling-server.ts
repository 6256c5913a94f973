// The server that sampling is measured against, in a process of its own: chat completions after 25 to 75 ms, 512 at a time.
// HTTP is cut by hand, so that what it takes of the shared cores is little. With a third argument it keeps books in that
// file: a line for each request when it has come, and one when it is answered; a fourth says after how many to tell so.

import { closeSync, openSync, writeSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createRandom } from "../src/math/random.ts";

const [slotText = "512", delayText = "50", logFile, tellText] = process.argv.slice(2);
const slotCount = Number(slotText);
const delayMs = Number(delayText);
const random = createRandom(Uint32Array.of(5, 6, 7, 8));
const log = logFile === undefined ? null : openSync(logFile, "a");
const waiting: (() => void)[] = [];
let [busyCount, answeredCount] = [0, 0];

const content = "the committee said on tuesday that the new rules would come into force before the end of the year";
const reply = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_764_000_000,
  model: "bench",
  choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" }],
  usage: { prompt_tokens: 24, completion_tokens: 19, total_tokens: 43 },
});
const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: keep-alive\r\n";
const answer = Buffer.from(`${head}content-length: ${Buffer.byteLength(reply)}\r\n\r\n${reply}`);

/** Told apart by the text of the prompt: `#<id>#` within it. */
const note = (kind: string, body: Buffer): void => {
  if (log === null) return;
  const id = /#([^#]+)#/.exec(body.toString("latin1"))?.[1] ?? "?";
  writeSync(log, `${kind} ${id} ${Date.now()}\n`);
};

const serve = (socket: Socket, body: Buffer): void => {
  busyCount += 1;
  note("asked", body);
  setTimeout(
    () => {
      if (socket.writable) {
        note("answered", body);
        socket.write(answer);
        if (++answeredCount === Number(tellText)) console.log("told");
      }
      busyCount -= 1;
      waiting.shift()?.();
    },
    delayMs * (0.5 + random.uniform()),
  );
};

const end = Buffer.from("\r\n\r\n");
const server = createServer({ noDelay: true }, (socket) => {
  let held: Buffer | undefined;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    held = held ? Buffer.concat([held, chunk]) : chunk;
    for (;;) {
      const headEnd = held.indexOf(end);
      if (headEnd < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(held.toString("latin1", 0, headEnd))?.[1] ?? 0);
      const bodyEnd = headEnd + 4 + length;
      if (held.length < bodyEnd) return;
      const body = held.subarray(headEnd + 4, bodyEnd);
      held = held.subarray(bodyEnd);
      if (busyCount < slotCount) serve(socket, body);
      else waiting.push(() => serve(socket, body));
      if (held.length === 0) {
        held = undefined;
        return;
      }
    }
  });
});

server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.on("SIGTERM", () => {
  if (log !== null) closeSync(log);
  process.exit(0);
});
