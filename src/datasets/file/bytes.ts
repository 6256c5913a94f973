// Reads the bytes of a file somebody else made: refuses what is no plain file, unpacks gzip within a limit,
// and notices when the file changes meanwhile. It knows nothing of lines.

import { type FileHandle, lstat, open, readlink, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DatasetError, RefeedError } from "../../errors.ts";
import { renderPathAdvice } from "../../text/input/path-advice.ts";
import { renderCount } from "./problems.ts";

/** The part of node:fs/promises that is used; tests put another in its place. */
export interface Files {
  readonly open: typeof open;
  readonly stat: typeof stat;
  readonly lstat: typeof lstat;
  readonly readlink: typeof readlink;
}

export const nodeFiles: Files = { open, stat, lstat, readlink };

export interface FileRequest {
  readonly path: string;
  /** The name used in messages: as the user wrote it. */
  readonly shown: string;
  readonly signal: AbortSignal;
  readonly files: Files;
}

/** Large enough that the cost of a chunk does not show, small enough for any machine. */
const chunkBytes = 262144;
/** Unpacked bytes allowed: this many whatever the packed size, beyond them this many times the packed size. */
const unpackedFreeBytes = 64 * 1024 * 1024;
const unpackedRatio = 100;

// Text packs to a third or a tenth of its size; gzip can reach a thousandth, and only for repetition.

/** A file that is open, and watched for changes. */
export interface Watched {
  readonly handle: FileHandle;
  readonly size: number;
  /** Throws DatasetError where the file is no longer what it was when it was opened. */
  checkUnchanged(): Promise<void>;
}

/** Yields the file's bytes, unpacked where its name ends in .gz; throws DatasetError. */
export async function* readBytes(request: FileRequest): AsyncGenerator<Buffer, void, void> {
  const { shown } = request;
  const { handle, size, checkUnchanged } = await openWatched(request);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const head = buffer.subarray(0, bytesRead);
    const isPacked = isGzip(head);
    refuseContainer(head, shown, isPacked);

    const limit = isPacked ? unpackedFreeBytes + unpackedRatio * size : Infinity;
    // Errors of both streams come out of the last one, where they are awaited; the callback has nothing to add.
    const packed = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: chunkBytes });
    const stream = isPacked ? pipeline(packed, createGunzip({ chunkSize: chunkBytes }), () => {}) : packed;
    yield* readStream(stream, request, limit);
    await checkUnchanged();
  } finally {
    await handle.close();
  }
}

/** Opens a file that is neither empty nor anything but a file; whoever asked closes it. Throws DatasetError. */
export async function openWatched(request: FileRequest): Promise<Watched> {
  const { shown, signal } = request;
  signal.throwIfAborted();
  const handle = await openPlainFile(request);
  try {
    const before = await handle.stat({ bigint: true });
    const size = Number(before.size);
    if (size === 0) throw new DatasetError("the file is empty", { where: shown });
    // Whoever writes within the clock's resolution and to the same size is caught by the digest of the next reading.
    const checkUnchanged = async (): Promise<void> => {
      const after = await handle.stat({ bigint: true });
      if (after.size === before.size && after.mtimeNs === before.mtimeNs) return;
      const how =
        after.size === before.size ? "" : ` from ${renderCount(size)} to ${renderCount(Number(after.size))} bytes`;
      throw new DatasetError(`changed${how} while it was being read`, {
        where: shown,
        next: "wait until nothing writes to it, then start again",
      });
    };
    return { handle, size, checkUnchanged };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Unpacks a packed file once for nothing: a bomb, a cut or a damaged one is refused before any row is read of it. */
export async function validateBytes(request: FileRequest): Promise<void> {
  if (!isNamedGz(request.shown)) return;
  for await (const _ of readBytes(request));
}

/** Passes chunks on while the signal and the limit allow it. */
async function* readStream(
  stream: Readable,
  { shown, signal }: FileRequest,
  limit: number,
): AsyncGenerator<Buffer, void, void> {
  let count = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      if (count === 0 && isGzip(chunk)) {
        throw new DatasetError("is gzip within gzip", { where: shown, next: "unpack it once" });
      }
      count += chunk.length;
      if (count > limit) {
        const what = `unpacks to more than ${unpackedRatio} times its size`;
        throw new DatasetError(what, { where: shown, next: "unpack it yourself if that is right" });
      }
      yield chunk;
    }
  } catch (error) {
    throw toDatasetError(error, shown, count);
  }
}

/** Looks before it opens: opening a pipe would wait for a writer that may never come. */
async function openPlainFile({ path, shown, files }: FileRequest): Promise<FileHandle> {
  try {
    const kind = await files.stat(path);
    const refusal = kind.isDirectory()
      ? "is a folder, not a file"
      : kind.isFIFO()
        ? "is a named pipe, which cannot be read twice"
        : kind.isSocket()
          ? "is a socket, not a file"
          : kind.isFile()
            ? undefined
            : "is a device, not a file";
    if (refusal) throw new DatasetError(refusal, { where: shown, next: "give the path of a JSON Lines file" });
    return await files.open(path, "r");
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const target = code === "ENOENT" ? await readDanglingLink(path, files) : undefined;
    const what = target === undefined ? reasonByCode[code] : `is a link to ${target}, which does not exist`;
    // Relative to the experiment, not to where somebody stands: the whole path tells which.
    const place = isAbsolute(shown) ? undefined : `it was looked for at ${path}`;
    const isAbsent = code === "ENOENT" && target === undefined;
    const next = isAbsent ? (renderPathAdvice(shown) ?? place) : adviceByCode[code];
    throw new DatasetError(what ?? `cannot be opened: ${code || String(error)}`, { where: shown, next, cause: error });
  }
}

/** What the system's refusals mean to somebody who gave a path. */
const reasonByCode: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file: a part of its path is not a folder",
  EACCES: "cannot be read: permission denied",
  EPERM: "cannot be read: permission denied",
  ELOOP: "is a link that leads back to itself",
  ENAMETOOLONG: "there is no such file: the name is too long",
};

const adviceByCode: Readonly<Record<string, string>> = {
  EACCES: "allow it, for example: chmod u+r",
  EPERM: "allow it, for example: chmod u+r",
  ENOENT: "let the link lead to a file, or give another path",
  ELOOP: "let the link lead to a file, or give another path",
};

/** Where a link points to that leads nowhere; undefined for a path that does not exist at all. */
async function readDanglingLink(path: string, files: Files): Promise<string | undefined> {
  try {
    return (await files.lstat(path)).isSymbolicLink() ? await files.readlink(path) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isNamedGz(name: string): boolean {
  return name.toLowerCase().endsWith(".gz");
}

/** The ending of the plain file: .csv of rows.csv.gz. */
function renderSuffix(name: string): string {
  return /\.(csv|tsv)(?=$|\.gz$)/i.exec(name)?.[0].toLowerCase() ?? ".jsonl";
}

/** RFC 1952, section 2.3.1: ID1 and ID2. */
function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

const asLines = "convert it to JSON Lines, with DuckDB or pandas for example";

/**
 * Files that are refused for their first bytes, in hexadecimal: none of what they say of their own lengths is ever
 * believed, because nothing behind these bytes is read.
 */
const containers: readonly (readonly [start: string, what: string, next: string])[] = [
  ["28b52ffd", "is zstd-compressed", "unpack it: zstd -d"],
  ["fd377a585a00", "is xz-compressed", "unpack it: xz -d"],
  ["425a68", "is bzip2-compressed", "unpack it: bzip2 -d"],
  ["504b0304", "is a zip archive", "unpack it"],
  ["50415231", "is a Parquet file", asLines],
  ["50415245", "is an encrypted Parquet file", asLines],
  ["4152524f5731", "is an Arrow file", asLines],
  ["53514c69746520", "is an SQLite database", "write the rows out as JSON Lines"],
];

/** Tells formats by their first bytes and not by their names, which may say anything. */
export function refuseContainer(head: Buffer, shown: string, isPacked: boolean): void {
  const refuse = (what: string, next: string): never => {
    throw new DatasetError(what, { where: shown, next });
  };
  if (isPacked && !isNamedGz(shown))
    refuse("is gzip-compressed, and its name does not say so", `let its name end in ${renderSuffix(shown)}.gz`);
  if (!isPacked && isNamedGz(shown))
    refuse("is named .gz but is not gzip-compressed", `let its name end in ${renderSuffix(shown)}`);
  const hex = head.toString("hex");
  for (const [start, what, next] of containers) if (hex.startsWith(start)) refuse(what, next);
  if (/\.parquet$/i.test(shown)) refuse("is named .parquet but does not begin like one", "download or write it again");
  if (/^(fffe0000|0000feff)/.test(hex)) refuse("is UTF-32, not UTF-8", "convert it: iconv -f UTF-32 -t UTF-8");
  // Either byte order mark, or two characters of ASCII, each with its zero.
  if (/^(fffe|feff|00(?!00)..00(?!00)|(?!00)..00(?!00)..00)/.test(hex)) {
    refuse("is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8");
  }
}

/** Errors of the disk and of zlib in our words; anything else passes as it is. */
function toDatasetError(error: unknown, shown: string, count: number): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (error instanceof RefeedError || code === undefined) return error;
  const where = `after ${renderCount(count)} unpacked bytes`;
  const what =
    code === "Z_BUF_ERROR"
      ? `the gzip data is cut off ${where}`
      : code.startsWith("Z_")
        ? `the gzip data is damaged ${where}`
        : `cannot be read: ${code}`;
  const next = code.startsWith("Z_") ? "download it or pack it again" : undefined;
  return new DatasetError(what, { where: shown, next, cause: error });
}
