// Where a program is, looked for as the launcher's execvp(3) would: by its path from the folder it runs in, or along the
// PATH it would see. It starts nothing and knows no experiment.

import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Program } from "../domain/hosted.ts";
import { renderVisibleLine } from "../text/visible.ts";

export type FoundProgram =
  | { readonly kind: "found"; readonly path: string }
  /** What it lacks, and what to do about it. */
  | Lack;

interface Lack {
  readonly kind: "lacking";
  readonly what: string;
  readonly next: string;
}

/** Where PATH is not set at all. */
const defaultPath = "/bin:/usr/bin";

export async function findProgram({
  argv: [name],
  folder,
  environment,
}: Pick<Program, "argv" | "folder" | "environment">): Promise<FoundProgram> {
  const shown = renderVisibleLine(name);
  // A program is started in it, and without it no path leads anywhere.
  if (!(await isFolder(folder))) {
    const what = `${shown} is to run in ${renderVisibleLine(folder)}, which is no folder`;
    return { kind: "lacking", what, next: "put the experiment's folder back where it was, or run its file anew" };
  }
  if (name.includes("/")) return look(resolve(folder, name), folder);
  const places = (environment.PATH ?? defaultPath).split(":");
  let denied: Lack | undefined;
  for (const place of name === "" ? [] : places) {
    const found = await look(resolve(folder, place, name), folder);
    if (found.kind === "found") return found;
    // Of what is no use there, the first that is there tells more than that there is none elsewhere.
    if (!found.isAbsent) denied ??= found;
  }
  const what = `${shown === "" ? "an empty name" : shown} is in no folder of its PATH`;
  return (
    denied ?? {
      kind: "lacking",
      what,
      next: "install it, or give its path (./name in the experiment's folder)",
    }
  );
}

type Looked = Extract<FoundProgram, { readonly kind: "found" }> | (Lack & { readonly isAbsent: boolean });

/** One place. What its file holds decides only where it names who is to read it. */
async function look(path: string, folder: string): Promise<Looked> {
  const shown = renderVisibleLine(path);
  const lack = (what: string, next: string, isAbsent = false): Looked => ({ kind: "lacking", what, next, isAbsent });
  const found = await stat(path).catch((): null => null);
  if (found === null) return lack(`${shown} is not there`, "put it there, or name another program", true);
  if (!found.isFile()) return lack(`${shown} is no file`, "name a program");
  if (!(await mayRun(path))) {
    return lack(`${shown} may not be run`, `allow it with chmod +x, or name the program that reads it before it`);
  }
  const interpreter = await readInterpreter(path);
  if (interpreter === null || (await mayRun(resolve(folder, interpreter)))) return { kind: "found", path };
  const what = `${shown} is to be read by ${renderVisibleLine(interpreter)}, which is not there or may not be run`;
  return lack(what, "mend its first line, or install what it names");
}

const mayRun = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** What the first line of a script names; null where it names nobody, or may be run and not be read. */
async function readInterpreter(path: string): Promise<string | null> {
  const file = await open(path).catch((): null => null);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostLine), 0, mostLine, 0);
    const [, interpreter] = /^#![ \t]*([^ \t\n]+)/.exec(buffer.toString("utf8", 0, bytesRead)) ?? [];
    return interpreter ?? null;
  } finally {
    await file.close();
  }
}

/** Bytes of a first line that systems read. */
const mostLine = 256;
