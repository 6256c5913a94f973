// How an error is told: one line of what and where, one of what to do next; a stack only for what is our own fault.

import { ConfigError, type Problem, ProviderError, RefeedError } from "../errors.ts";
import { isPlainFault, toSystemFault } from "../store/system-fault.ts";
import { renderVisible, renderVisibleLine } from "../text/visible.ts";

const shownProblems = 20;

/** Text for standard error, with its final newline. */
export function renderError(error: unknown): string {
  if (error instanceof ConfigError) {
    const lines = error.problems.slice(0, shownProblems).map(renderProblem);
    const rest = error.problems.length - lines.length;
    return renderShown([...lines, ...(rest > 0 ? [`and ${rest} more problems`] : [])].join("\n"));
  }
  if (error instanceof RefeedError) {
    const hint = error.next ? `\n  ${renderVisibleLine(error.next)}` : "";
    const each = error instanceof ProviderError ? error.problems : [];
    if (each.length > 0) return renderShown(`${each.map(renderProblem).join("\n")}${hint}`);
    // A name may hold a line feed, which would begin a line of its own. Only a dataset's problems are several lines.
    const what = error.code === "dataset" ? error.what : renderVisibleLine(error.what);
    const where = error.where ? `${renderVisibleLine(error.where)}: ` : "";
    return renderShown(`${where}${what}${hint}`);
  }
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return renderShown(`internal error, please report it: ${told}`);
}

function renderProblem({ where, what, next }: Problem): string {
  return renderVisibleLine(`${where}: ${what}${next ? `; ${next}` : ""}`);
}

/** A text of whatever origin as it may be shown on a terminal: nothing in it is obeyed, and it ends its line. */
export function renderShown(text: string): string {
  return `${renderVisible(text)}\n`;
}

/** What an error that ends a command is told as: whoever was asked to stop has stopped, whatever that broke. */
export async function readCause(error: unknown, signal: AbortSignal): Promise<unknown> {
  return signal.aborted && !(error instanceof RefeedError) ? signal.reason : await nameFault(error);
}

/** A fault of the storage that no boundary has named is still no defect of ours. */
async function nameFault(error: unknown): Promise<unknown> {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code?.startsWith("SQLITE_")) return (await import("../store/database.ts")).toStoreError(error, "storage");
  return isPlainFault(error) ? toSystemFault(error, path ?? "storage") : error;
}
