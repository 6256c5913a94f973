// A Parquet file as a table: opened and watched here, decoded in a thread of its own that may run out of memory alone.

import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { DatasetError } from "../../errors.ts";
import { computeModuleAddress } from "../../keys/module-address.ts";
import type { FieldPath } from "../fields/field-path.ts";
import { type FileRequest, openWatched, refuseContainer } from "../file/bytes.ts";
import type { Cells, Column, Head, TableFormat } from "../file/table.ts";
import type { Answer, Question } from "./worker.ts";

export const parquetFormat: TableFormat = createParquetFormat(300_000);

/** `patienceMs`: for one group to be decoded. A decoder may go round in a damaged page for ever, and says nothing then. */
export function createParquetFormat(patienceMs: number): TableFormat {
  return {
    noun: "row",
    readHead: (request) => readHead(request, patienceMs),
    readRecords: (request, paths) => readRecords(request, paths, patienceMs),
  };
}

/** Texts of one group, as JavaScript holds them; beyond it the thread ends and nothing else does. */
const heapMebibytes = 1024;

async function readHead(request: FileRequest, patienceMs: number): Promise<Head> {
  const { columns, rowCount, close } = await openDecoder(request, patienceMs);
  await close();
  return { columns, notes: [], isEmpty: rowCount === 0 };
}

async function* readRecords(
  request: FileRequest,
  paths: readonly FieldPath[],
  patienceMs: number,
): AsyncGenerator<readonly Cells[], void, void> {
  const decoder = await openDecoder(request, patienceMs);
  try {
    for (;;) {
      const answer = await decoder.ask({ kind: "next", paths });
      if (answer.kind !== "records") break;
      const { first, values } = answer;
      yield values.map((cells, index) => ({ spot: `, row ${first + index}`, number: first + index, values: cells }));
    }
    await decoder.checkUnchanged();
  } finally {
    await decoder.close();
  }
}

interface Decoder {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** Throws DatasetError for what the file is refused for. */
  ask(question: Question): Promise<Answer>;
  checkUnchanged(): Promise<void>;
  /** A thread that is done with a file may read another; one that may be in the midst of it is ended. */
  close(): Promise<void>;
}

/** Threads that wait for a file, at most two: starting one takes longer than reading most files. They hold no process. */
const idle: Worker[] = [];

function takeThread(): Worker {
  const kept = idle.pop();
  kept?.ref();
  return (
    kept ??
    new Worker(computeModuleAddress(import.meta.url, "./worker"), {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    })
  );
}

async function openDecoder(request: FileRequest, patienceMs: number): Promise<Decoder> {
  const { shown, signal } = request;
  const { handle, size, checkUnchanged } = await openWatched(request);
  const worker = takeThread();
  let isIdle = true;
  const ask = async (question: Question): Promise<Answer> => {
    signal.throwIfAborted();
    isIdle = false;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), patienceMs);
    worker.postMessage(question);
    try {
      const [answer] = (await once(worker, "message", { signal: AbortSignal.any([signal, late.signal]) })) as [Answer];
      isIdle = true;
      if (answer.kind === "refused") throw new DatasetError(answer.what, { where: shown, next: answer.next });
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      throw late.signal.aborted ? createLate(shown, patienceMs) : toDatasetError(error, shown);
    } finally {
      clearTimeout(timer);
    }
  };
  const close = async (): Promise<void> => {
    if (isIdle && idle.length < 2) {
      worker.unref();
      idle.push(worker);
    } else await worker.terminate();
    await handle.close();
  };
  try {
    await refuseOther(handle, shown);
    const head = await ask({ kind: "head", descriptor: handle.fd, size });
    const { columns, rowCount } = head.kind === "head" ? head : { columns: [], rowCount: 0 };
    return { columns, rowCount, ask, checkUnchanged, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is no Parquet file is told by its first bytes; what an encrypted one is, by its last. */
async function refuseOther(handle: FileHandle, shown: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
  const head = buffer.subarray(0, bytesRead);
  if (head.toString("latin1", 0, 4) !== "PAR1") refuseContainer(head, shown, head[0] === 0x1f && head[1] === 0x8b);
}

function createLate(shown: string, patienceMs: number): DatasetError {
  return new DatasetError(`a group of its rows is not decoded within ${patienceMs / 1000} s`, {
    where: shown,
    next: "download or write it again, with smaller row groups or as JSON Lines",
  });
}

function toDatasetError(error: unknown, shown: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return error;
  return new DatasetError(`takes more than ${heapMebibytes} MiB to decode`, {
    where: shown,
    next: "write it with smaller row groups, or as JSON Lines",
    cause: error,
  });
}
