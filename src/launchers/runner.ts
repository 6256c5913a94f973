// Runs programs of the user's: an argument list that no shell reads, lines in, lines out, everything bounded, and the
// whole process group killed when it is over. The only place with child processes. It knows nothing of what lines mean.

import type { Runner } from "../domain/hosted.ts";
import { LauncherError } from "../errors.ts";
import { type Output, watchOutput } from "./output.ts";
import { type Process, startProcess, stopProcess } from "./process.ts";

export function createRunner(): Runner {
  return {
    async *run(program, input, signal) {
      signal.throwIfAborted();
      const child = await startProcess(program);
      const output = watchOutput(child, program);
      const abort = (): void => output.fail(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      // Its failures reach whoever reads the lines.
      void feed(child, input, output).catch(output.fail);
      try {
        for (let line = await output.next(); line !== null; line = await output.next()) yield line;
      } finally {
        signal.removeEventListener("abort", abort);
        stopProcess(child);
        await output.ended;
      }
    },
  };
}

/** Writes line by line, no faster than the program reads; a program that stops reading says so by how it ends. */
async function feed(child: Process, input: AsyncIterable<string>, output: Output): Promise<void> {
  const { stdin } = child;
  const { promise: broken, resolve: stop } = Promise.withResolvers<void>();
  stdin.on("error", () => stop());
  stdin.on("close", () => stop());
  for await (const line of input) {
    if (output.isOver() || stdin.destroyed) return;
    if (line.includes("\n")) throw new LauncherError("was to be handed a line of two lines");
    output.touch();
    if (stdin.write(`${line}\n`)) continue;
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    stdin.once("drain", resolve);
    await Promise.race([drained, broken]);
    stdin.off("drain", resolve);
    output.touch();
  }
  stdin.end();
}
