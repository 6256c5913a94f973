// refeed base: trains the embedded base model anew and says whether it is the one that ships.

import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { readBase } from "../embedded/base.ts";
import { trainBaseModel } from "../experiment/base-model.ts";
import type { Environment } from "./environment.ts";

interface BaseFlags {
  readonly out: string;
  readonly json?: true;
}

export function createBaseCommand(environment: Environment): Command {
  return new Command("base")
    .description("Train the embedded base model anew, about a minute, and compare it with the one that ships.")
    .option("--out <file>", "where the model is written", "newswire.bin")
    .option("--json", "one JSON object")
    .action(async ({ out, json }: BaseFlags) => {
      const { stdout, stderr, signal, clock, cwd } = environment;
      const file = resolve(cwd, out);
      const draft = `${file}.tmp`;
      // What a killed process left; a link goes, not what it points to.
      await rm(draft, { force: true });
      const start = clock.monotonic();
      let shown = 0;
      const report = (done: number, total: number): void => {
        const seconds = Math.floor((clock.monotonic() - start) / 1000);
        if (seconds < shown + 5) return;
        shown = seconds;
        stderr.write(`${seconds} s  ${done}/${total} steps\n`);
      };
      const { digest, steps, rows, loss } = await trainBaseModel({ file: draft, signal, report });
      await rename(draft, file);
      const shipped = await readBase("embedded:newswire").then(
        ({ model }) => model.digest,
        () => null,
      );
      const isSame = digest === shipped;
      if (json) return stdout.write(`${JSON.stringify({ file, digest, shipped, isSame, steps, rows, loss })}\n`);
      stdout.write(`${out}: ${steps} steps on ${rows} rows, closing loss ${loss.toFixed(3)}\nsha256 ${digest}\n`);
      stdout.write(
        isSame ? "equal to the shipped base, byte for byte\n" : `another than the shipped base, ${shipped}\n`,
      );
    });
}
