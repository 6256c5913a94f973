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
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw createTooLarge();
    chunks.push(chunk);
  }
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not valid JSON" : "is not valid UTF-8";
    throw new Refusal(`the body ${why}`, { code: "invalid_json" });
  }
}

/** What is left of it is not read: the connection ends with the reply. */
function createTooLarge(): Refusal {
  const details = { status: 413, code: "request_too_large", headers: { connection: "close" } } as const;
  return new Refusal(`the body is above ${mostBytes / 1024 / 1024} MiB; send fewer prompts at once`, details);
}
