// The library: the ports, and the one function that runs an experiment. `refeed/contracts` has the suites for ports.

export type * from "./domain/context.ts";
export type * from "./domain/corpus.ts";
export type * from "./domain/metric.ts";
export type * from "./domain/ports.ts";
export type * from "./domain/record.ts";
export type * from "./domain/rows.ts";
export type * from "./domain/selection.ts";
export type * from "./domain/stage.ts";
export type * from "./domain/system.ts";
export * from "./errors.ts";
export { type PreparedExperiment, prepareExperiment, restoreExperiment } from "./experiment/prepare.ts";
export { readExperiment } from "./experiment/read.ts";
export { type RunEvent, type RunOutcome, type RunRequest, type RunWorld, runExperiment } from "./experiment/run.ts";
export { openRecord } from "./store/record.ts";
