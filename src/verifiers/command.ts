// The command verifier: a program of the user's is handed candidates as lines of JSON and answers with their scores.
// It may answer in any order within a window; whatever else it writes is refused. It knows no process.

import type { Program, Runner } from "../domain/hosted.ts";
import type { Verifier } from "../domain/ports.ts";
import type { Row, Score, StoredCandidate } from "../domain/rows.ts";
import { LauncherError, VerifierError } from "../errors.ts";
import { renderCommand } from "../text/input/shown-command.ts";
import { parseScoreLine } from "./score-line.ts";
import { createTurnstile } from "./turnstile.ts";

export interface CommandOptions {
  readonly runner: Runner;
  /** Called when it is about to start: throws where it is not what it was when the run was recorded. */
  readonly prepare: () => Promise<Program>;
  /** Its arguments that are files of the experiment's, whose digests are a part of what its scores are known by. */
  readonly files?: readonly string[];
  /** The prompt of a row, as it was when the candidate was sampled. */
  readonly render: (row: Row) => string;
  /** Whether it is shown the reference, which no model is shown otherwise. */
  readonly hasReference: boolean;
  /** Candidates it may have been handed and not answered. */
  readonly window: number;
  /** How many of it may run at once: stages of other arms and seeds wait. */
  readonly programCount: number;
}

export function createCommandVerifier(options: CommandOptions): Verifier {
  const entrance = createTurnstile(options.programCount);
  return {
    version: 1,
    async *verify(candidates, _request, { signal }) {
      signal.throwIfAborted();
      await entrance.enter();
      try {
        yield* verifyOnce(candidates, options, signal);
      } finally {
        entrance.leave();
      }
    },
  };
}

async function* verifyOnce(
  candidates: AsyncIterable<StoredCandidate>,
  options: CommandOptions,
  signal: AbortSignal,
): AsyncGenerator<Score> {
  signal.throwIfAborted();
  const program = await options.prepare();
  const where = `command ${renderCommand(program.argv)}`;
  const book = createBook(where, adviseMending(options.files ?? []));
  const turnstile = createTurnstile(options.window);
  try {
    const lines = renderLines(candidates, { ...options, book, turnstile });
    for await (const line of options.runner.run(program, lines, signal)) {
      book.enter(line);
      for (let score = book.take(); score !== undefined; score = book.take()) {
        turnstile.leave();
        yield score;
      }
    }
    book.close();
  } catch (error) {
    throw error instanceof LauncherError ? book.name(error) : error;
  } finally {
    turnstile.open();
  }
}

interface Feeding extends CommandOptions {
  readonly book: Book;
  readonly turnstile: ReturnType<typeof createTurnstile>;
}

async function* renderLines(candidates: AsyncIterable<StoredCandidate>, feeding: Feeding): AsyncGenerator<string> {
  const { render, hasReference, book, turnstile } = feeding;
  for await (const { id, row, candidate } of candidates) {
    await turnstile.enter();
    book.expect(id);
    yield JSON.stringify({
      id,
      row: row.id,
      draw: candidate.draw,
      prompt: render(row),
      article: row.article,
      completion: candidate.completion,
      finish: candidate.finish,
      ...(hasReference && { reference: row.summary }),
    });
  }
  book.finish();
}

const lineAdvice = 'have it write {"id": .., "score": ..} and nothing else, a line a candidate';

/** A file that is mended is another verifier, and no score of the former one is its own. */
export function adviseMending(files: readonly string[]): string {
  if (files.length === 0) return "mend it and resume: scores already written are kept";
  return (
    `where ${files.join(" or ")} is at fault, mend it and run the experiment again: it is another verifier then, and scores anew; ` +
    "where something else is (a module, its environment), mend that and resume: scores already written are kept"
  );
}

type Book = ReturnType<typeof createBook>;

/** Who was asked about, who was answered, and whose turn it is: scores leave in the order of the candidates. */
function createBook(where: string, mending: string) {
  const asked: number[] = [];
  const scores = new Map<number, Score>();
  const open = new Set<number>();
  let [lineCount, isWhole] = [0, false];
  const refuse = (what: string): never => {
    throw new VerifierError(`line ${lineCount} of its output ${what}`, { where, next: `${lineAdvice}; ${mending}` });
  };
  return {
    expect(id: number): void {
      asked.push(id);
      open.add(id);
    },
    finish(): void {
      isWhole = true;
    },
    enter(line: string): void {
      lineCount += 1;
      const score = parseScoreLine(line, refuse);
      if (!open.delete(score.id)) {
        const again = scores.has(score.id) || (asked[0] ?? Infinity) > score.id;
        refuse(
          `scores candidate ${score.id}, ${again ? "which it has scored already" : "which it was not asked about"}`,
        );
      }
      scores.set(score.id, score);
    },
    /** The next score in order, if it is there. */
    take(): Score | undefined {
      const score = scores.get(asked[0] ?? -1);
      if (score === undefined) return undefined;
      asked.shift();
      scores.delete(score.id);
      return score;
    },
    /** Says which candidate was waited for when the program failed, and what may be done where it ended by itself. */
    name(error: LauncherError): LauncherError {
      const [first] = open;
      const { what, next = mending, cause } = error;
      const told = first === undefined ? what : `${what} (candidate ${first} was not scored yet)`;
      return new LauncherError(told, { where, next, cause });
    },
    close(): void {
      const [first] = open;
      if (first === undefined && isWhole) return;
      const more = open.size > 1 ? ` and ${open.size - 1} more it was handed` : "";
      const what =
        first === undefined
          ? "ended before it had read all candidates"
          : `ended without a score for candidate ${first}${more}`;
      const next = `have it answer every line it reads, and read to the end; ${mending}`;
      throw new VerifierError(what, { where, next });
    },
  };
}
