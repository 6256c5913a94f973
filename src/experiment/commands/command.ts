// The command verifier of an experiment: a program of the user's, what it may see of the environment, and the files that it
// is made of. What it lacks is found out when it is to start, and, by whoever asks, before.

import type { Description } from "../../domain/stage.ts";
import { ConfigError, LauncherError, type Problem, VerifierError } from "../../errors.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { type FoundProgram, findProgram } from "../../launchers/find-program.ts";
import { createRunner } from "../../launchers/runner.ts";
import type { NamedVerifier } from "../../systems/language/settings.ts";
import { createCommandVerifier } from "../../verifiers/command.ts";
import type { ReaderParts } from "../compose/readers.ts";
import type { CommandSettings } from "../experiment.ts";
import { type CommandFile, readCommandFiles, type VerifierMaterial } from "../verifier-files.ts";

/** Bytes of one answer of a program. */
const lineBytes = 1 << 20;

export function createCommand(name: string, settings: CommandSettings, parts: ReaderParts): NamedVerifier {
  const { kind, command, version, reference, window, programs, idleMs } = settings;
  const { hosting, folder } = parts;
  const files = parts.materials[name]?.files ?? [];
  const declared = { name, settings, folder, ...(hosting?.readSecret && { readVariable: hosting.readSecret }) };
  const verifier = createCommandVerifier({
    runner: createRunner(),
    async prepare() {
      await checkFiles(declared, files);
      const environment = readEnvironment(declared);
      return { argv: command as [string, ...string[]], folder, environment, idleMs, lineBytes };
    },
    files: files.map((file) => file.name),
    render: parts.render,
    hasReference: reference,
    window,
    programCount: programs,
  });
  return {
    ...{ verifier, auxiliary: null, isSeeded: false },
    parameters: { kind, command, version, reference, files } as unknown as Json,
  };
}

/** The verifiers of an experiment as they are composed and made, by their names. */
export interface NamedParts {
  readonly verifiers: Readonly<Record<string, NamedVerifier>>;
  readonly materials: Readonly<Record<string, VerifierMaterial>>;
}

/** The command that a stage starts: the first of those with its very parameters, as the stage itself finds it. */
export function findStarted({ kind, parameters }: Description, { verifiers }: NamedParts): string | undefined {
  const { verifier } = parameters as { readonly verifier?: { readonly kind?: string } };
  if (kind !== "verify" || verifier?.kind !== "command") return undefined;
  const wanted = renderCanonical(verifier);
  return Object.keys(verifiers).find((name) => renderCanonical(verifiers[name]?.parameters) === wanted);
}

/** A command where it is to run. */
export interface DeclaredCommand {
  readonly name: string;
  readonly settings: Pick<CommandSettings, "command" | "env">;
  /** What its paths are relative to, and what it runs in. */
  readonly folder: string;
  /** The value of an environment variable; without it there is none. */
  readonly readVariable?: (name: string) => string | undefined;
}

/** The variables it is to see and that are not set. */
export function listMissing({ name, settings, readVariable }: DeclaredCommand): readonly Problem[] {
  return settings.env
    .filter((variable) => readVariable?.(variable) === undefined)
    .map((variable) => ({
      where: `verifiers.${name}.env`,
      what: `the environment variable ${variable} is not set`,
      next: `export ${variable} and start again`,
    }));
}

/** Where its program is, as it would be started. */
export function findCommand(declared: DeclaredCommand): Promise<FoundProgram> {
  const { settings, folder } = declared;
  return findProgram({ argv: settings.command as [string, ...string[]], folder, environment: listVisible(declared) });
}

/** Throws what would be thrown once it is to start: that its program cannot, or is not what was recorded. */
export async function checkCommand(declared: DeclaredCommand, files: readonly CommandFile[]): Promise<void> {
  const found = await findCommand(declared);
  if (found.kind === "lacking") {
    const { what, next } = found;
    throw new LauncherError(what, { where: placeOf(declared), next: `${next}, and start again` });
  }
  await checkFiles(declared, files);
}

/** Where its program stands in the experiment file. */
export const placeOf = ({ name }: DeclaredCommand): string => `verifiers.${name}.command[0]`;

/** What a program may need to find its way; keys are none of it. */
const ordinary = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"];

function listVisible({ settings, readVariable }: DeclaredCommand): Record<string, string> {
  const values = [...ordinary, ...settings.env].map((variable) => [variable, readVariable?.(variable)] as const);
  return Object.fromEntries(values.flatMap(([variable, value]) => (value === undefined ? [] : [[variable, value]])));
}

function readEnvironment(declared: DeclaredCommand): Record<string, string> {
  const missing = listMissing(declared);
  if (missing.length > 0) throw new ConfigError(missing);
  return listVisible(declared);
}

/** A run that goes on by its record must not be scored by another program than it records. */
async function checkFiles({ name, settings, folder }: DeclaredCommand, files: readonly CommandFile[]): Promise<void> {
  const found = new Map((await readCommandFiles(settings.command, folder)).map((file) => [file.name, file.sha256]));
  const changed = files.find((file) => found.get(file.name) !== file.sha256);
  if (changed === undefined) return;
  const isThere = found.has(changed.name);
  throw new VerifierError(
    `${changed.name} ${isThere ? "is another file than" : "is not there as"} when the run was recorded`,
    {
      where: `verifiers.${name}.command`,
      next: isThere
        ? "put it back and resume, or run the experiment again: it is another verifier then, and scores anew"
        : "put it back and resume",
    },
  );
}
