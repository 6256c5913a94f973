// One file of a hub, fetched whole and proved: what has arrived is kept through every kind of end and never fetched again,
// and nothing bears the file's name before its size and digest are those the hub listed. Two pulls of one file write the same
// bytes to the same places: whichever is first gives it its name.

import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DatasetError, ProviderError } from "../../errors.ts";
import { syncFolder } from "../file/sync-folder.ts";
import type { HubFile } from "./listing.ts";
import { readProof } from "./proof.ts";
import type { HubWeb } from "./web.ts";

export interface Download {
  readonly address: string;
  readonly path: string;
  /** The name used in messages. */
  readonly shown: string;
  readonly file: HubFile;
  /** Told the bytes that are there, after every piece. */
  readonly progress: (done: number) => void;
}

/** Makes the file be there and resolves to its SHA-256. Throws DatasetError or ProviderError; a partial file stays. */
export async function downloadFile(web: HubWeb, download: Download): Promise<string> {
  const { path, file, progress } = download;
  const present = await readProof(path, file);
  if (present !== undefined) {
    progress(file.size);
    return present;
  }
  // The name holds the digest: what is left of another revision's file is never gone on with.
  const part = `${path}.${file.digest.value.slice(0, 16)}.part`;
  for (let damaged = 0; ; damaged++) {
    await fetchWhole(web, part, download);
    const proved = (await readProof(part, file)) ?? (await readProof(path, file));
    if (proved !== undefined) {
      // Another pull of the same file may have been first.
      await rename(part, path).catch(ignoreAbsent);
      await syncFolder(dirname(path));
      return proved;
    }
    await unlink(part).catch(ignoreAbsent);
    if (damaged === 0) continue;
    throw new DatasetError("arrives damaged: its digest is another than the hub lists, twice", {
      where: download.shown,
      next: "try again later; if it stays, tell the data set's owner",
    });
  }
}

/** Fetches until the partial file is as long as it is to be; tries that gained nothing are counted. */
async function fetchWhole(web: HubWeb, part: string, download: Download): Promise<void> {
  const { file, shown, progress } = download;
  // No link that somebody has planted is followed, and the file is its owner's alone.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle = await open(part, flags, 0o600);
  try {
    let fruitless = 0;
    for (;;) {
      const before = (await handle.stat()).size;
      // Longer than the file is no beginning of it.
      if (before > file.size) await handle.truncate(0);
      const at = before > file.size ? 0 : before;
      progress(at);
      if (at === file.size) break;
      const fault = await fetchRest(web, handle, { ...download, at });
      if (fault === undefined) continue;
      fruitless = (await handle.stat()).size > at ? 0 : fruitless + 1;
      if (fruitless >= web.limits.tries) {
        throw new ProviderError(`breaks off again and again: ${fault}`, {
          where: shown,
          next: "try again later: what has arrived is kept, and nothing of it is fetched again",
        });
      }
      await web.pause(web.limits.pauseMs * 2 ** fruitless);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Appends what one answer brings; tells why it ended early, or undefined where it did not. */
async function fetchRest(
  web: HubWeb,
  handle: FileHandle,
  { address, file, at: start, progress }: Download & { readonly at: number },
): Promise<string | undefined> {
  const range: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {};
  // Packed on the way, the bytes would be other bytes, and a range of them another range.
  const answer = await web.request(address, { "accept-encoding": "identity", ...range });
  let at = start;
  if (start > 0 && !isRest(answer, start, file.size)) {
    // The whole file again, or another part of it: only from the start does it fit.
    await handle.truncate(0);
    if (answer.status === 206) {
      await answer.body?.cancel();
      return "the range is another than was asked for";
    }
    at = 0;
  }
  const fault = await readBody(answer, web.limits.idleMs, async (chunk) => {
    if (at + chunk.length > file.size) return false;
    await handle.write(chunk, 0, chunk.length, at);
    at += chunk.length;
    progress(at);
    return true;
  });
  return fault ?? (at < file.size ? "the answer ended early" : undefined);
}

function isRest(answer: Response, start: number, size: number): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get("content-range") ?? "");
  return (
    answer.status === 206 && range !== null && Number(range[1]) === start && [String(size), "*"].includes(range[2]!)
  );
}

/** Hands the body on piece by piece; tells what ended it where that was not its end. */
async function readBody(
  answer: Response,
  idleMs: number,
  take: (chunk: Uint8Array) => Promise<boolean>,
): Promise<string | undefined> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return "the answer has no body";
  try {
    for (;;) {
      const piece = await readInTime(reader, idleMs);
      if (piece === undefined) return `nothing arrived for ${idleMs / 1000} s`;
      if (piece.done) return undefined;
      if (!(await take(piece.value))) return "more arrives than the hub lists";
    }
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    // What the disk says is no fault of the hub's.
    if (error instanceof Error && "syscall" in error && code !== "ECONNRESET") throw error;
    if ((error as Error).name === "AbortError") throw error;
    return code ?? (error as Error).message;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
): Promise<Awaited<ReturnType<typeof reader.read>> | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), idleMs);
  try {
    return await Promise.race([reader.read(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
