// What verifiers are made of beside their settings: the text of a judge's question, and the files of a command that lie
// below the experiment's folder. A run keeps the one whole and of the others their digests, which enter its keys.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { computeStreamDigest } from "../keys/digest.ts";
import { createJudgeTemplate } from "../systems/language/template.ts";
import type { LanguageExperiment, VerifierSettings } from "./experiment.ts";
import { type PromptText, readPromptFile } from "./prompt-file.ts";

export interface VerifierMaterial {
  /** Of a judge. */
  readonly prompt: PromptText | null;
  /** Of a command: arguments that are files, as they are written. */
  readonly files: readonly CommandFile[];
}

export interface CommandFile {
  readonly name: string;
  readonly sha256: string;
}

/** By the verifier's name; those that are made of nothing else are left out. */
export async function readVerifierFiles({
  language,
  folder,
}: LanguageExperiment): Promise<Readonly<Record<string, VerifierMaterial>>> {
  const read = async (name: string, settings: VerifierSettings): Promise<[string, VerifierMaterial][]> => {
    if (settings.kind === "command")
      return [[name, { prompt: null, files: await readCommandFiles(settings.command, folder) }]];
    if (settings.kind !== "judge") return [];
    const prompt = await readPromptFile(settings.prompt, folder);
    createJudgeTemplate(prompt.text, prompt.name, { mode: settings.mode, hasReference: settings.reference });
    return [[name, { prompt, files: [] }]];
  };
  const entries = await Promise.all(Object.entries(language.verifiers).map(([name, settings]) => read(name, settings)));
  return Object.fromEntries(entries.flat());
}

/** The name of a program without a slash is looked up elsewhere and is no file of the experiment's. */
export async function readCommandFiles(argv: readonly string[], folder: string): Promise<readonly CommandFile[]> {
  const names = argv.filter((text, index) => text !== "" && (index > 0 || text.includes("/")));
  const files: CommandFile[] = [];
  for (const name of new Set(names)) {
    const path = resolve(folder, name);
    const within = relative(folder, path);
    if (within === "" || within.startsWith("..") || isAbsolute(within) || !(await isPlainFile(path))) continue;
    files.push({ name, sha256: await computeStreamDigest(createReadStream(path)) });
  }
  return files;
}

/** Most arguments name nothing; whatever cannot be looked at is no file to us. */
async function isPlainFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
