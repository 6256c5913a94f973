// A child process in a group of its own: how it is started, how the group is killed, how its command is shown.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Program } from "../domain/hosted.ts";
import { LauncherError } from "../errors.ts";
import { renderCommand } from "../text/input/shown-command.ts";

export type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** Resolves once it runs. The arguments reach it byte for byte; what could not is refused here. */
export async function startProcess({ argv, folder, environment }: Program): Promise<Process> {
  const where = `command ${renderCommand(argv)}`;
  for (const text of [...argv, ...Object.values(environment)]) {
    if (text.includes("\0"))
      throw new LauncherError("an argument holds a NUL, which no program can be handed", { where });
    if (!text.isWellFormed()) throw new LauncherError("an argument holds half a character", { where });
  }
  if (argv[0] === "") throw new LauncherError("the name of the program is empty", { where });
  try {
    const [file, ...rest] = argv;
    const child = spawn(file, rest, {
      cwd: folder,
      env: { ...environment },
      stdio: ["pipe", "pipe", "pipe"],
      shell: false,
      // A group of its own: whatever it starts is killed with it, and a Ctrl-C is not for it.
      detached: true,
      windowsHide: true,
    });
    await once(child, "spawn");
    return child;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const what = `cannot be started: ${sentenceByCode[code] ?? code}`;
    const next = code === "ENOENT" ? "check its name, its PATH and the first line of a script" : undefined;
    throw new LauncherError(what, { where, next, cause: error });
  }
}

const sentenceByCode: Readonly<Record<string, string>> = {
  ENOENT: "there is no such program",
  EACCES: "it may not be run",
  ENOEXEC: "it is no program",
  E2BIG: "its arguments are too long",
  ENOTDIR: "a part of its path is no folder",
  EAGAIN: "there are too many processes",
  EMFILE: "too many files are open",
};

/** Kills the process and all of its group that are left; a group that is gone is no fault. */
export function killGroup({ pid }: Process): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EPERM: all that is left belongs to somebody else, as after sudo.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

/** The same where it may have ended: then its group went with it, and its number may be another's by now. */
export function stopProcess(child: Process): void {
  if (child.exitCode === null && child.signalCode === null) killGroup(child);
}
