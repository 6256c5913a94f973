// What the operating system refuses when a run is stored, as one of our errors. Knows codes alone, no path of a run.

import { StoreError } from "../errors.ts";

interface Fault {
  readonly what: string;
  readonly next: string;
}

const full: Fault = { what: "disk full", next: "free some space and resume the run; nothing committed is lost" };
const barred: Fault = {
  what: "cannot be written",
  next: "check its permissions, or name another folder with --run",
};
const crossed: Fault = {
  what: "is a file, or lies below one, where a folder is needed",
  next: "name another folder with --run",
};

const faultByCode: Readonly<Record<string, Fault>> = {
  ENOSPC: full,
  EDQUOT: full,
  EROFS: barred,
  EACCES: barred,
  EPERM: barred,
  ENOTDIR: crossed,
  EEXIST: crossed,
  ELOOP: { what: "is a symbolic link", next: "remove the link, or name another folder with --run" },
  EISDIR: { what: "is a folder where a file is needed", next: "move it away" },
  ENOENT: { what: "cannot be made, or was taken away", next: "check the path, or name another folder with --run" },
};

/** Codes that are never a defect of ours, wherever they come from. */
export const plainFaults: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

/** A StoreError for a code of the operating system; anything else passes through unchanged. */
export function toSystemFault(error: unknown, where: string): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const fault = code === undefined ? undefined : faultByCode[code];
  if (!fault) return error;
  return new StoreError(`${fault.what} (${code})`, { where, next: fault.next, cause: error });
}

/** Runs work on a path and tells a refusal of the operating system as a StoreError. */
export async function guardPath<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toSystemFault(error, where);
  }
}
