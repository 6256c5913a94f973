// The two streams of the command line. Texts of models, datasets and files pass through here on their way to a
// terminal: nothing in them is obeyed, whichever verb prints them.

import { StoreError } from "../errors.ts";
import { toSystemFault } from "../store/system-fault.ts";
import { renderVisible, renderVisibleJson } from "../text/visible.ts";
import type { Environment, Output } from "./environment.ts";
import { renderError } from "./failure.ts";

/** Back to the beginning of the line, and clear it: the one control sequence that is ours. */
export const clearLine = "\r\u001b[2K";

/** A pipe nobody reads, a terminal that is closed, and what was still to be written to either. */
const goneCodes: ReadonlySet<string> = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

/** With `isJson`, standard output carries JSON, which is escaped so that every value stays what it is. */
export function createOutputs(host: NodeJS.Process, isJson: boolean): Pick<Environment, "stdout" | "stderr"> {
  const color = host.env.NO_COLOR === undefined || host.env.NO_COLOR === "";
  const createOutput = (stream: NodeJS.WriteStream, render: (text: string) => string): Output => {
    // A reader that goes away (`| head`), or a terminal that is closed, ends our output, not our work.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (goneCodes.has(error.code ?? "") || stream === host.stderr) return;
      const fault = toSystemFault(error, "standard output");
      const told = fault instanceof StoreError ? fault : new StoreError(`standard output: ${error.code}`);
      host.stderr.write(renderError(told));
      host.exit(told.exitCode);
    });
    const write = (text: string): void => {
      const isLive = stream.isTTY === true && text.startsWith(clearLine);
      stream.write(isLive ? clearLine + render(text.slice(clearLine.length)) : render(text));
    };
    return { write, columns: stream.isTTY ? stream.columns : undefined, color: stream.isTTY === true && color };
  };
  return {
    stdout: createOutput(host.stdout, isJson ? renderVisibleJson : renderVisible),
    stderr: createOutput(host.stderr, renderVisible),
  };
}
