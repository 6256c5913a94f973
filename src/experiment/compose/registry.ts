// Which system a name stands for. Imports are lazy: an experiment loads what it runs and nothing else.

import type { Experiment } from "../experiment.ts";
import type { RunRecordSource } from "../prepare.ts";
import type { ComposedSystem, Lent } from "./composed.ts";

export type ComposeSystem = (source: RunRecordSource, lent: Lent | null) => Promise<ComposedSystem>;

export const systemByKind: Readonly<Record<Experiment["system"], ComposeSystem>> = {
  language: async (source, lent) => (await import("./language.ts")).composeLanguage(source, lent),
  gaussian: async () => (await import("./gaussian.ts")).composeGaussian(),
};
