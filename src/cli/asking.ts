// What doctor waits for while it asks an endpoint: on a terminal one line that is written over every second, elsewhere one
// line when it begins. It goes to standard error, whatever standard output carries.

import { UsageError } from "../errors.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { clearLine } from "./output.ts";

/** Long enough for a small model on a processor to write what it is asked for, and no longer than one looks on. */
export const defaultPatience = "30";

/** The value of --patience in milliseconds; it is given in seconds. */
export function parsePatience(text: string): number {
  const seconds = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= 86_400) return Math.ceil(1000 * seconds);
  const what = `${JSON.stringify(text)} is no number of seconds`;
  throw new UsageError(what, { where: "--patience", next: "for example --patience 120" });
}

/** Begins to tell of one endpoint; the function it returns ends it. */
export function tellAsking(
  { name, urls, patienceMs }: { readonly name: string; readonly urls: readonly string[]; readonly patienceMs: number },
  { stderr, clock }: Environment,
): () => void {
  const what = renderVisibleLine(
    `asking ${name}, whose answers are waited for ${patienceMs / 1000} s at most, at ${urls.join(", ")}`,
  );
  const { columns } = stderr;
  if (columns === undefined) {
    stderr.write(`${what}\n`);
    return () => undefined;
  }
  const started = clock.monotonic();
  const show = (): void => {
    const seconds = Math.round((clock.monotonic() - started) / 1000);
    stderr.write(clearLine + `${seconds} s  ${what}`.slice(0, columns - 1));
  };
  show();
  const timer = setInterval(show, 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    stderr.write(clearLine);
  };
}
