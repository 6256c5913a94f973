// What joining the parts of one system brings: the system itself, what to say of it, and what it holds open.

import type { System } from "../../domain/system.ts";
import type { RecordHeader } from "../../store/record.ts";

/** What a registered system brings: itself, and what it holds open. */
export interface ComposedSystem {
  readonly system: System;
  readonly facts: RecordHeader["facts"];
  usage(): { readonly busyMs: number; readonly workerCount: number };
  close(): Promise<void>;
}
