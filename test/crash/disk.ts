// R5 and R6: which calls of a run a disk refuses, and what it says. How a run is told and judged: faults.ts. Real file
// systems that are too small: mounts.ts.

import { type FaultsResult, runFaults } from "./faults.ts";
import type { LaboratoryOptions } from "./laboratory.ts";

const written = ["write", "pwrite64", "openat", "mkdir", "rename", "ftruncate", "fsync", "fdatasync", "unlink"];

/** R5: no space is left, at every call that may need some. */
export function runDiskFull(options: LaboratoryOptions): Promise<FaultsResult> {
  return runFaults(options, { errors: ["ENOSPC"], calls: written, told: /disk full|free some space|the free space/ });
}

/** R5: a quota is used up; the file system was made read-only, as ext4 does once it has met an error. */
export function runDiskBarred(options: LaboratoryOptions): Promise<FaultsResult> {
  const told = /disk full|free some space|the free space|cannot be written/;
  return runFaults(options, { errors: ["EDQUOT", "EROFS"], calls: written, told });
}

/** R6: the disk fails, in writing, syncing and reading. What the look through the database cannot read it calls damage. */
export function runDiskBroken(options: LaboratoryOptions): Promise<FaultsResult> {
  const calls = ["fsync", "fdatasync", "write", "pwrite64", "read", "pread64"];
  return runFaults(options, { errors: ["EIO"], calls, told: /the disk|is damaged/ });
}
