// The lines a program writes, held until somebody takes them, and how the program ended. Bounded in every direction:
// a line's length, what waits to be taken, what is kept of standard error, how long there may be silence.

import type { Program } from "../domain/hosted.ts";
import { LauncherError } from "../errors.ts";
import { renderCommand } from "../text/input/shown-command.ts";
import { renderVisibleLine } from "../text/visible.ts";
import { createLineSplitter, LineFault } from "./lines.ts";
import { killGroup, type Process, stopProcess } from "./process.ts";

export interface Output {
  /** The next line; null behind the last. Throws LauncherError where the program failed, after the lines before that. */
  next(): Promise<string | null>;
  /** Something was handed to the program: its silence counts from now on. */
  touch(): void;
  /** Ends everything with this error. */
  fail(error: unknown): void;
  isOver(): boolean;
  /** Resolves when the process is gone and its streams are closed. */
  readonly ended: Promise<void>;
}

/** Bytes of lines that may wait to be taken before the program is made to wait, and of standard error that are kept. */
const mostWaiting = 1 << 20;
const mostErrors = 8 << 10;
/** Milliseconds that streams may stay open in silence once the process is gone: whoever holds them fled its group. */
const drainMs = 1000;

export function watchOutput(child: Process, program: Program): Output {
  const where = `command ${renderCommand(program.argv)}`;
  const waiting: { readonly line: string; readonly byteCount: number }[] = [];
  const ended = Promise.withResolvers<void>();
  let [waitingBytes, isEnded, failure] = [0, false, undefined as { readonly error: unknown } | undefined];
  let wake = (): void => undefined;
  let errors: Buffer = Buffer.alloc(0);
  let draining: NodeJS.Timeout | undefined;

  const fail = (error: unknown): void => {
    failure ??= { error };
    stopProcess(child);
    wake();
  };
  const splitter = createLineSplitter(program.lineBytes, (line, byteCount) => {
    waiting.push({ line, byteCount });
    waitingBytes += byteCount;
  });
  /** Whatever comes after a fault was never asked for. */
  const read = (act: () => void): void => {
    try {
      if (failure === undefined) act();
    } catch (error) {
      if (!(error instanceof LineFault)) throw error;
      const next = "have it write short lines of UTF-8, then resume: what was read before is kept";
      fail(new LauncherError(`line ${error.line} of its output ${error.message}`, { where, next }));
    }
  };

  child.stdout.on("data", (chunk: Buffer) => {
    draining?.refresh();
    read(() => splitter.push(chunk));
    if (waitingBytes > mostWaiting) child.stdout.pause();
    wake();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors = Buffer.concat([errors, chunk]).subarray(-mostErrors);
  });
  child.on("exit", () => {
    killGroup(child);
    const close = (): void => {
      if (child.stdout.isPaused()) draining?.refresh();
      else for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    draining = setTimeout(close, drainMs);
  });
  child.on("close", (code: number | null, signal: NodeJS.Signals | null) => {
    clearTimeout(draining);
    read(() => splitter.end());
    if (code !== 0) failure ??= { error: createEndError({ code, signal, where }, renderTail(errors, program)) };
    isEnded = true;
    wake();
    ended.resolve();
  });

  const idle = setTimeout(() => {
    // Lines that nobody has taken yet are no silence of the program's.
    if (waiting.length > 0) return void idle.refresh();
    const next = "raise idleMs, or have it write each answer as soon as it has it";
    fail(new LauncherError(`wrote no line for ${program.idleMs / 1000} s and was killed`, { where, next }));
  }, program.idleMs);
  void ended.promise.then(() => clearTimeout(idle));
  // A timer that was cleared would come back to life.
  const touch = (): void => void (isEnded || idle.refresh());

  return {
    async next() {
      while (waiting.length === 0 && !isEnded && failure === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const taken = waiting.shift();
      if (taken === undefined) {
        if (failure !== undefined) throw failure.error;
        return null;
      }
      touch();
      waitingBytes -= taken.byteCount;
      if (child.stdout.isPaused() && waitingBytes < mostWaiting / 2) child.stdout.resume();
      return taken.line;
    },
    touch,
    fail,
    isOver: () => isEnded || failure !== undefined,
    ended: ended.promise,
  };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly where: string;
}

function createEndError({ code, signal, where }: End, tail: string): LauncherError {
  const ended = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
  const said = tail === "" ? "and said nothing on standard error" : `and said: ${tail}`;
  return new LauncherError(`${ended} ${said}`, { where });
}

const mostTail = 300;
/** Values shorter than this are words that may stand anywhere. */
const leastSecret = 8;

/** The most telling line of standard error, without what the environment held. */
function renderTail(errors: Buffer, { environment }: Program): string {
  let text = errors.toString("utf8");
  for (const [name, value] of Object.entries(environment)) {
    if (value.length >= leastSecret) text = text.replaceAll(value, `$${name}`);
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // Some runtimes end with their version: the error stands above it.
  const telling = lines.findLast((line) => /^\S*(?:error|exception)\b/i.test(line)) ?? lines.at(-1) ?? "";
  const last = renderVisibleLine(telling.trim());
  return last.length > mostTail ? `..${last.slice(-mostTail)}` : last;
}
