// Reads a small file of text that somebody wrote by hand: an experiment or a prompt template. What is no plain file, is
// larger than anybody writes, or is not UTF-8 is refused before anything is made of it.

import { open, stat } from "node:fs/promises";
import { ConfigError } from "../errors.ts";
import { computeCharacterCount } from "../text/input/character-count.ts";
import { computeInvalidOffset } from "../text/input/invalid-utf8.ts";
import { renderPathAdvice } from "../text/input/path-advice.ts";

/** The packaged experiments have under 2 kB each. */
const mostBytes = 1_000_000;

export interface TextFile {
  readonly path: string;
  /** The name used in problems. */
  readonly shown: string;
  /** What it should be: "experiment" or "prompt". */
  readonly kind: string;
}

/** Strictly UTF-8: bytes that are not would be replaced without a word. Throws ConfigError. */
export async function readTextFile(file: TextFile): Promise<string> {
  const bytes = await readBytes(file);
  const start = [bytes[0], bytes[1]].join();
  if (start === "255,254" || start === "254,255") throw createError(file, "is UTF-16", "save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = computeInvalidOffset(bytes);
    const lines = bytes.toString("utf8", 0, at).split("\n");
    const shown = `${file.shown}:${lines.length}:${computeCharacterCount(lines.at(-1) ?? "") + 1}`;
    throw createError(
      { ...file, shown },
      `not UTF-8: byte 0x${bytes[at]?.toString(16).toUpperCase()}`,
      "save it as UTF-8",
    );
  }
}

async function readBytes(file: TextFile): Promise<Buffer> {
  const tooLarge = (): ConfigError => createError(file, `is larger than 1 MB: no ${file.kind} is`);
  try {
    // A pipe or a device would wait or never end: it is not even opened.
    const found = await stat(file.path);
    if (found.isDirectory()) throw createError(file, "is a folder", "name the file in it");
    if (!found.isFile()) throw createError(file, "is no regular file");
    if (found.size > mostBytes) throw tooLarge();
    const handle = await open(file.path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
      if (bytesRead > mostBytes) throw tooLarge();
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const next = code === "ENOENT" ? renderPathAdvice(file.shown) : undefined;
    throw createError(file, sentenceByCode[code] ?? `cannot be read (${code})`, next);
  }
}

const sentenceByCode: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "may not be read",
  ELOOP: "is a link that leads nowhere",
  ENAMETOOLONG: "is too long a name for a file",
};

function createError({ shown }: TextFile, what: string, next?: string): ConfigError {
  return new ConfigError([{ where: shown, what, next }]);
}
