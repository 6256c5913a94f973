// The body of a request as JSON: of its declared type, valid UTF-8, and not above a size. It knows no members.

import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** Room for a thousand long articles. */
const mostBytes = 16 * 1024 * 1024;

export async function readBody(incoming: IncomingMessage): Promise<unknown> {
  const { "content-type": type = "", "content-length": length } = incoming.headers;
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const what = "the body must be JSON: send it with content-type: application/json";
    throw new Refusal(what, { status: 415, code: "unsupported_media_type" });
  }
  if (length !== undefined && Number(length) > mostBytes) throw createTooLarge();
  const bytes = await readBytes(incoming);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not valid JSON" : "is not valid UTF-8";
    throw new Refusal(`the body ${why}`, { code: "invalid_json" });
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** By its events: an iterator over a stream costs as much as all the rest of a request. */
function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= mostBytes) chunks.push(chunk);
      else reject(createTooLarge());
    });
    incoming.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    incoming.on("error", reject);
    incoming.on("close", () => {
      if (!incoming.complete) reject(new Refusal("the body ended before its end", { code: "invalid_json" }));
    });
  });
}

/** What is left of it is not read: the connection ends with the reply. */
function createTooLarge(): Refusal {
  const details = { status: 413, code: "request_too_large", headers: { connection: "close" } } as const;
  return new Refusal(`the body is above ${mostBytes / 1024 / 1024} MiB; send fewer prompts at once`, details);
}
