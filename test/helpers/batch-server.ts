// The Files and Batches API on this machine, from OpenAI's published specification: files by multipart, batches that pass
// through their states as they are looked at, output and error files. A test says what becomes of the rows and which
// requests fail, and reads what was billed.

import type { ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { type Loopback, type Received, sendJson, startLoopback } from "./loopback.ts";
import { createReply } from "./openai-server.ts";

export interface Line {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: Received["body"];
}

/** What becomes of a batch. */
export interface Fate {
  readonly status: string;
  readonly output?: readonly unknown[];
  readonly errors?: readonly unknown[];
  /** Raw text in place of the lines. */
  readonly outputText?: string;
  readonly reasons?: readonly { readonly code: string; readonly message: string }[];
}

export interface FakeBatch {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lines: readonly Line[];
  readonly fate: Fate;
  looks: number;
}

export interface BatchServer extends Loopback {
  readonly batches: readonly FakeBatch[];
  readonly files: ReadonlyMap<string, { readonly name: string; readonly text: string }>;
}

export interface BatchHabits {
  /** The fate of the batch of this number, counted from 0; completed unless told otherwise. */
  readonly fate?: (lines: readonly Line[], number: number) => Fate;
  /** When the first batch was created, seconds since 1970; the next ones a second later each. */
  readonly createdSeconds?: number;
  /** Looks at a batch until it has ended. */
  readonly looks?: number;
  /** Before a request is taken; true where it has been answered. */
  readonly before?: (received: Received, response: ServerResponse) => boolean | Promise<boolean>;
  /** After a batch was created; true where the reply has been dealt with. */
  readonly created?: (number: number, response: ServerResponse) => boolean;
  /** Lists that leave the newest batches out. */
  readonly isListed?: (number: number) => boolean;
}

/** A row that was answered, as the specification has it. */
export function answer({ custom_id, body }: Line): unknown {
  const { choices, ...reply } = createReply(body, { isChat: true, hasN: true });
  const said = { ...reply, choices: choices.map(({ pieces: _, ...choice }) => choice) };
  return {
    id: `batch_req_${custom_id}`,
    custom_id,
    response: { status_code: 200, request_id: "r", body: said },
    error: null,
  };
}

export async function startBatchServer(
  context: Pick<TestContext, "after">,
  habits: BatchHabits = {},
): Promise<BatchServer> {
  const files = new Map<string, { readonly name: string; readonly text: string }>();
  const batches: FakeBatch[] = [];
  const keep = (name: string, text: string): string => {
    const id = `file-${files.size}`;
    files.set(id, { name, text });
    return id;
  };
  const render = (batch: FakeBatch) => {
    const { id, metadata, fate, looks } = batch;
    const hasEnded = looks > (habits.looks ?? 1);
    const text = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    const store = (name: string, rows: readonly unknown[] | undefined, raw?: string): string | null => {
      if (!hasEnded || (raw === undefined && (rows === undefined || rows.length === 0))) return null;
      const key = `file-${name}-${id}`;
      files.set(key, { name, text: raw ?? text(rows ?? []) });
      return key;
    };
    const status = hasEnded ? fate.status : looks === 1 ? "validating" : "in_progress";
    return {
      ...{ id, object: "batch", endpoint: "/v1/chat/completions", completion_window: "24h", status, metadata },
      ...{ input_file_id: "file-0", created_at: (habits.createdSeconds ?? 1_700_000_000) + batches.indexOf(batch) },
      output_file_id: store("output", fate.output, fate.outputText),
      error_file_id: store("error", fate.errors),
      errors: fate.reasons && hasEnded ? { object: "list", data: fate.reasons } : null,
    };
  };
  const create = (received: Received, response: ServerResponse) => {
    const file = files.get(String(received.body.input_file_id));
    if (file === undefined) {
      sendJson(response, { error: { message: "no such file" } }, 404);
      return;
    }
    const lines = file.text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    const fate = (habits.fate ?? ((rows) => ({ status: "completed", output: rows.map(answer) })))(
      lines,
      batches.length,
    );
    const metadata = received.body.metadata as Readonly<Record<string, string>>;
    const batch = { id: `batch_${batches.length}`, metadata, lines, fate, looks: 0 };
    batches.push(batch);
    if (habits.created?.(batches.length - 1, response)) return;
    sendJson(response, render(batch));
  };
  const loopback = await startLoopback(context, async (received, response) => {
    if (await habits.before?.(received, response)) return;
    const { method, path } = received;
    const [, , room = "", id = "", part] = path.split("?")[0]!.split("/");
    if (method === "POST" && room === "files") {
      const type = received.headers["content-type"] ?? "";
      const form = await new Response(received.text, { headers: { "content-type": type } }).formData();
      const file = form.get("file") as File;
      if (form.get("purpose") !== "batch") return sendJson(response, { error: { message: "purpose" } }, 400);
      return sendJson(response, { id: keep(file.name, await file.text()), object: "file", purpose: "batch" });
    }
    if (room === "files" && part === "content" && files.has(id)) return void response.end(files.get(id)?.text);
    if (method === "POST" && room === "batches") return create(received, response);
    if (room === "batches" && id === "") {
      const after = new URL(path, "http://h").searchParams.get("after");
      const listed = batches.filter((_, number) => habits.isListed?.(number) ?? true).reverse();
      const from = after === null ? 0 : listed.findIndex((batch) => batch.id === after) + 1;
      // A page holds two, so that whoever looks must turn it.
      const page = listed.slice(from, from + 2);
      return sendJson(response, { object: "list", data: page.map(render), has_more: from + 2 < listed.length });
    }
    const batch = batches.find((each) => each.id === id);
    if (batch === undefined) return sendJson(response, { error: { message: "no such thing" } }, 404);
    batch.looks += 1;
    return sendJson(response, render(batch));
  });
  return Object.assign(loopback, { batches, files });
}
