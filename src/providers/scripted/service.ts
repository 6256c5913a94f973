// The far side of a scripted provider: what it was sent, what it billed, and the fine-tune jobs it holds.
// With a folder it keeps its own books there, append-only and apart from any run, so that a run can be held against
// them; without one it remembers for as long as it lives. It knows no run and no stage.

import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { type CallFault, callFaults, type Script } from "./script.ts";

/** One line of the books. */
export interface Bill {
  readonly call: "sample" | "train";
  /** What was asked for: the same for every sending of one attempt. */
  readonly id: string;
  /** Counted from 1, over all processes. */
  readonly try: number;
  readonly usd: number;
  readonly fault: CallFault | null;
}

export interface Service {
  /** Takes a call and bills it. Of the first try of an id the script may let the call fail. */
  call(kind: Bill["call"], id: string): Bill;
  /** The file of a fine-tune job that was launched under this id, by this process or an earlier one. */
  findJob(id: string): string | undefined;
  /** Launches a job: one bill, whatever follows. */
  launch(id: string, model: string): void;
}

export const booksName = "bills.jsonl";

export function openService(script: Script, folder: string | null): Service {
  const tries = new Map<string, number>();
  const jobs = new Map<string, string>();
  let opened: Books | undefined;
  // With the first call: a plan asks for nothing and leaves no folder behind.
  const open = (): Books | undefined => {
    if (folder !== null) opened ??= openBooks(folder, tries);
    return opened;
  };
  const isFaulty = callFaults.some((fault) => script.calls[fault] > 0);
  const remembers = isFaulty || folder !== null;

  const call = (kind: Bill["call"], id: string): Bill => {
    const books = open();
    const count = (tries.get(id) ?? 0) + 1;
    // Without faults nobody asks how often an id came, and a million of them need not be held.
    if (remembers) tries.set(id, count);
    const fault = kind === "sample" && count === 1 && isFaulty ? drawFault(id, script) : null;
    const isBilled = fault === null || fault === "lost";
    const bill = { call: kind, id, try: count, usd: isBilled ? script.price : 0, fault };
    books?.write(bill);
    return bill;
  };

  return {
    call,
    findJob: (id) => open()?.findJob(id) ?? jobs.get(id),
    launch(id, model) {
      const books = open();
      if (books) books.writeJob(id, model);
      else jobs.set(id, model);
      call("train", id);
    },
  };
}

/** The bills of a folder, oldest first; a torn last line was never acknowledged to anybody. */
export function readBills(folder: string): readonly Bill[] {
  const file = join(folder, booksName);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Bill);
}

type Books = ReturnType<typeof openBooks>;

/** A line is one write to a file opened for appending: it is there or it is not, also after a kill. */
function openBooks(folder: string, tries: Map<string, number>) {
  mkdirSync(join(folder, "jobs"), { recursive: true });
  const launched = new Set<string>();
  for (const { call, id, try: count } of readBills(folder)) {
    tries.set(id, count);
    if (call === "train") launched.add(id);
  }
  const file = openOwn(join(folder, booksName), constants.O_APPEND);
  const address = (id: string): string => join(folder, "jobs", id);
  return {
    write(bill: Bill): void {
      writeSync(file, `${JSON.stringify(bill)}\n`);
      if (bill.call === "train") launched.add(bill.id);
    },
    // The bill is what makes a job: a file without one was never launched.
    findJob: (id: string): string | undefined => (launched.has(id) ? readFileSync(address(id), "utf8") : undefined),
    writeJob(id: string, model: string): void {
      const draft = openOwn(`${address(id)}.tmp`, constants.O_TRUNC);
      writeSync(draft, model);
      closeSync(draft);
      renameSync(`${address(id)}.tmp`, address(id));
    },
  };
}

/** A file of the books, made where there is none; through a link that somebody planted nothing is written. */
function openOwn(path: string, flag: number): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | flag, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    throw new StoreError("is a link: nothing is written through it", { where: path, next: "remove it", cause: error });
  }
}

function drawFault(id: string, { calls }: Script): CallFault | null {
  let place = createRandom(computeSeed("call", id)).uniform();
  for (const fault of callFaults) {
    place -= calls[fault];
    if (place < 0) return fault;
  }
  return null;
}
