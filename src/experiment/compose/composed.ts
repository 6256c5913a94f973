// What joining the parts of one system brings: the system itself, what to say of it, and what it holds open.

import type { Context } from "../../domain/context.ts";
import type { StageRequest } from "../../domain/records.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { System } from "../../domain/system.ts";
import type { RecordHeader } from "../../store/record.ts";
import type { Hosting } from "../hosted/hosting.ts";
import type { CheckLint } from "./lint-check.ts";

/** What a run lends its system; a plan lends nothing. */
export interface Lent {
  readonly shelf: Shelf;
  /** The run's folder. */
  readonly directory: string;
  readonly hosting: Hosting;
}

/**
 * Looks for whatever these stages need of this machine, keys and programs; asks and starts nothing. Throws for what is not
 * there.
 */
export type CheckNeeds = (stages: readonly StageRequest[]) => Promise<void>;

/** `open` are the stages still to be run, in the order of the plan; what they need is looked for once more. */
export type ProveEndpoints = (
  open: readonly StageRequest[],
  createContext: (stage: string) => Context,
) => Promise<void>;

/** What a registered system brings: itself, and what it holds open. */
export interface ComposedSystem {
  readonly system: System;
  readonly facts: RecordHeader["facts"];
  readonly verifiers?: RecordHeader["verifiers"];
  /** Looks at the stages that turns ask for, where there is something to look at. */
  readonly checkLint?: CheckLint;
  usage(): { readonly busyMs: number; readonly workerCount: number };
  /** Called for stages of which nothing is there, before they are recorded; left out where none needs anything. */
  readonly checkNeeds?: CheckNeeds;
  /** Proves whoever the open stages ask outside, before any of them begins; left out where nothing is asked there. */
  readonly proveEndpoints?: ProveEndpoints;
  /** What is waited for outside just now; left out where nothing is asked there. */
  readWaits?(): readonly string[];
  close(): Promise<void>;
}
