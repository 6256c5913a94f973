// Tells, field by field, how an experiment differs from the one a run was made by.

import { ConfigError, type Problem } from "../errors.ts";
import type { RunFolder } from "../store/run-folder.ts";
import { computePreparedDifference, type PreparedExperiment, type RunRecordSource } from "./prepare.ts";

/** The refusal to go on with a run some of whose finished stages this experiment no longer asks for. */
export function createChangeError(folder: RunFolder, prepared: PreparedExperiment, lostCount: number): ConfigError {
  const before = folder.readResolved() as unknown as RunRecordSource;
  const differences = computePreparedDifference(before, prepared);
  const problems: Problem[] = differences.map(({ field, before: old, after }) => ({
    where: field,
    what: `was ${JSON.stringify(old)}, is ${JSON.stringify(after)}`,
  }));
  if (problems.length === 0) problems.push({ where: "refeed", what: "makes these stages in another way than it did" });
  return new ConfigError([
    {
      where: folder.directory,
      what: `${lostCount} finished stages would no longer be used, because the experiment changed`,
      next: "use another --run, or --accept-changes to go on and keep them as stale",
    },
    ...problems,
  ]);
}
