// The command line: finds the verb, loads that verb alone, and turns whatever comes out into one exit code.
// The only place that reads the process; everything below is handed an Environment.

import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { exitCodeByError, RefeedError } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { readCause, renderError } from "./failure.ts";
import { createOutputs } from "./output.ts";
import { watchSignals } from "./signals.ts";

interface Verb {
  readonly summary: string;
  readonly load: () => Promise<(environment: Environment) => Command>;
}

const verbs: Readonly<Record<string, Verb>> = {
  run: {
    summary: "start a run of an experiment, or go on with it",
    load: async () => (await import("./run.ts")).createRunCommand,
  },
  resume: {
    summary: "go on with a run from its own record",
    load: async () => (await import("./resume.ts")).createResumeCommand,
  },
  plan: {
    summary: "show every stage an experiment asks for, and what can be reused",
    load: async () => (await import("./plan.ts")).createPlanCommand,
  },
  status: {
    summary: "show where every arm of a run stands",
    load: async () => (await import("./status.ts")).createStatusCommand,
  },
  list: { summary: "list runs", load: async () => (await import("./list.ts")).createListCommand },
  compare: {
    summary: "compare the arms of one or several runs",
    load: async () => (await import("./compare.ts")).createCompareCommand,
  },
  report: {
    summary: "write the report of a run: HTML, figures, CSV",
    load: async () => (await import("./report.ts")).createReportCommand,
  },
  why: {
    summary: "show where a training example comes from, with all its ancestors",
    load: async () => (await import("./why.ts")).createWhyCommand,
  },
  score: {
    summary: "ROUGE of a predictions file against a references file",
    load: async () => (await import("./score.ts")).createScoreCommand,
  },
  serve: {
    summary: "serve a run's models behind an OpenAI-compatible address",
    load: async () => (await import("./serve.ts")).createServeCommand,
  },
  doctor: {
    summary: "look at what refeed stands on and through a run, and tell the way out",
    load: async () => (await import("./doctor.ts")).createDoctorCommand,
  },
  datasets: {
    summary: "list, show, make and pull datasets",
    load: async () => (await import("./datasets.ts")).createDatasetsCommand,
  },
  check: { summary: "validate an experiment file", load: async () => (await import("./check.ts")).createCheckCommand },
  schema: {
    summary: "print the JSON Schema of experiment files",
    load: async () => (await import("./schema.ts")).createSchemaCommand,
  },
  init: {
    summary: "make a small experiment of your own to start from",
    load: async () => (await import("./init.ts")).createInitCommand,
  },
  base: {
    summary: "train the embedded base model anew",
    load: async () => (await import("./base.ts")).createBaseCommand,
  },
};

/** Runs one command line to its end and returns the exit code; never throws. */
export async function runCommandLine(host: NodeJS.Process): Promise<number> {
  const stop = new AbortController();
  let code = 0;
  const args = readArguments(host.argv.slice(2));
  const outputs = createOutputs(host, printsJson(args));
  const exit = (exitCode: number): void => {
    code = exitCode;
  };
  const environment = createEnvironment(host, { ...outputs, signal: stop.signal, exit });
  const say = savesState(args) ? (text: string): void => environment.stderr.write(text) : null;
  const release = watchSignals(host, { stop, say, monotonic: environment.clock.monotonic });
  try {
    const program = await createProgram(args[0], environment);
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return await fail(error, environment);
  } finally {
    release();
  }
}

/** `help <verb>` is `<verb> --help`: only a verb that is asked for is loaded, and only a loaded one has its options. */
function readArguments(args: readonly string[]): readonly string[] {
  const [first, verb, ...rest] = args;
  return first === "help" && verb !== undefined && verb in verbs ? [verb, ...rest, "--help"] : args;
}

/** The verbs that drain when they are asked to stop. */
function savesState([verb]: readonly string[]): boolean {
  return verb === "run" || verb === "resume";
}

async function createProgram(name: string | undefined, environment: Environment): Promise<Command> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const program = configure(new Command("refeed"), environment)
    .description("Runs the loop in which models are trained on what models wrote, and shows when it collapses.")
    .version(version)
    .showSuggestionAfterError();
  for (const [verb, { summary, load }] of Object.entries(verbs)) {
    if (verb === name) program.addCommand(configure((await load())(environment), environment).summary(summary));
    else program.command(verb).summary(summary).description(summary);
  }
  return program;
}

/** Makes a command and its subcommands throw instead of exiting, and write where the environment says. */
function configure(command: Command, environment: Environment): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => environment.stdout.write(text),
    writeErr: (text) => environment.stderr.write(text),
  });
  for (const child of command.commands) configure(child, environment);
  return command;
}

async function fail(error: unknown, environment: Environment): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodeByError.usage;
  const cause = await readCause(error, environment.signal);
  environment.stderr.write(renderError(cause));
  return cause instanceof RefeedError ? cause.exitCode : exitCodeByError.internal;
}

/** Standard output is then read by programs, to whom every value must come as it is. */
function printsJson(args: readonly string[]): boolean {
  return args.includes("--json") || args[0] === "schema";
}

function createEnvironment(
  host: NodeJS.Process,
  given: Pick<Environment, "stdout" | "stderr" | "signal" | "exit">,
): Environment {
  return {
    ...given,
    cwd: host.cwd(),
    variables: host.env,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    command: host.env.npm_lifecycle_event ? "npm run -s refeed --" : "npx refeed",
    invocation: ["refeed", ...host.argv.slice(2)].join(" "),
    pid: host.pid,
  };
}
