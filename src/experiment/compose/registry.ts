// Which system a name stands for. Imports are lazy: an experiment loads what it runs and nothing else.

import type { Shelf } from "../../domain/shelf.ts";
import type { Experiment } from "../experiment.ts";
import type { RunRecordSource } from "../prepare.ts";
import type { ComposedSystem } from "./composed.ts";

export type ComposeSystem = (source: RunRecordSource, shelf: Shelf | null) => Promise<ComposedSystem>;

export const systemByKind: Readonly<Record<Experiment["system"], ComposeSystem>> = {
  language: async (source, shelf) => (await import("./language.ts")).composeLanguage(source, shelf),
  gaussian: async () => (await import("./gaussian.ts")).composeGaussian(),
};
