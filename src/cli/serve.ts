// refeed serve: the models of a run behind an OpenAI-compatible address of this host, until it is told to stop.

import { relative } from "node:path";
import { Command } from "commander";
import { UsageError } from "../errors.ts";
import { openServedRun, type ServedRun } from "../experiment/serve/served-run.ts";
import { renderTextTable } from "../report/tables/text-table.ts";
import { isLoopback } from "../text/network/host-range.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { renderError } from "./failure.ts";
import { findRun } from "./find-run.ts";

interface ServeFlags {
  readonly port: string;
  readonly host: string;
  readonly tokenEnv?: string;
  readonly json?: true;
}

const defaultPort = "8470";

export function createServeCommand(environment: Environment): Command {
  return new Command("serve")
    .description("Serve a run's embedded models behind an OpenAI-compatible address, until Ctrl-C.")
    .argument("[run]", "the run's folder (default: the latest below runs/)")
    .option("--port <number>", "the port to listen on; 0 for any that is free", defaultPort)
    .option("--host <address>", "the address to listen on; one that other hosts reach needs --token-env", "127.0.0.1")
    .option("--token-env <name>", "the environment variable that holds the token clients must send as their API key")
    .option("--json", "NDJSON on standard output")
    .action(async (run: string | undefined, flags: ServeFlags) => {
      const address = readAddress(flags, environment);
      const directory = await findRun(run, environment);
      const served = await openServedRun(directory, environment.clock);
      try {
        await serve(served, { ...address, directory, isJson: flags.json === true }, environment);
      } finally {
        await served.close();
      }
      throw environment.signal.reason;
    });
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
}

function readAddress({ host, port, tokenEnv }: ServeFlags, { variables, stderr }: Environment): Address {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`${JSON.stringify(port)} is no port`, { where: "--port", next: "give 0 to 65535" });
  }
  const token = tokenEnv === undefined ? null : variables[tokenEnv] || undefined;
  if (token === undefined) {
    const next = "export it, a long random text, and start again";
    throw new UsageError(`the environment variable ${JSON.stringify(tokenEnv)} is not set`, {
      where: "--token-env",
      next,
    });
  }
  if (!isLoopback(host)) {
    if (token === null) {
      const next = "name the variable of a token with --token-env, or leave --host out";
      throw new UsageError(`${JSON.stringify(host)} can be reached from other hosts`, { where: "--host", next });
    }
    stderr.write(
      `warning: ${renderVisibleLine(host)} can be reached from other hosts, and what passes is not encrypted\n`,
    );
  }
  return { host, port: Number(port), token };
}

async function serve(
  { engine, models, released }: ServedRun,
  { directory, isJson, ...address }: Address & { readonly directory: string; readonly isJson: boolean },
  { clock, stdout, stderr, signal, cwd }: Environment,
): Promise<void> {
  const { startServer } = await import("../providers/served/server.ts");
  const onFault = (fault: unknown): void => stderr.write(renderError(fault));
  const { url, close } = await startServer(engine, { ...address, clock, onFault });
  const shown = renderVisibleLine(relative(cwd, directory) || ".");
  if (isJson)
    stdout.write(
      `${JSON.stringify({ event: "serving", url, run: directory, models: models.map(describe), released })}\n`,
    );
  else {
    stdout.write(`serving ${shown} at ${url}\n\n`);
    stdout.write(renderTextTable(["arm", "seed", "generation", "model"], models.map(renderRow)));
    for (const lineage of released) stdout.write(`not there, released: ${lineage}\n`);
    stdout.write("\nmodels that the run has still to train appear as they are done; Ctrl-C ends it\n");
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await close();
}

const describe = ({ lineage, digest, turns, isAuxiliary }: ServedRun["models"][number]) => ({
  lineage,
  digest,
  turns,
  isAuxiliary,
});

/** One row a model, with the arms that share it. */
function renderRow({ lineage, turns, isAuxiliary }: ServedRun["models"][number]): readonly string[] {
  if (turns.length === 0) return ["base", "", "", lineage];
  const arms = renderFew(turns.map(({ arm }) => arm));
  const seeds = renderFew(turns.map(({ seed }) => String(seed)));
  const generations = renderFew(turns.map(({ generation }) => String(generation)));
  return [isAuxiliary ? `${arms} (auxiliary)` : arms, seeds, generations, lineage];
}

const mostNames = 4;

function renderFew(names: readonly string[]): string {
  const all = [...new Set(names)];
  const shown = all.slice(0, mostNames).join(", ");
  return all.length > mostNames ? `${shown} and ${all.length - mostNames} more` : shown;
}
