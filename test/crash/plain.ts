// Runs that nothing happens to, in other companies and at other paces, with calls that fail on the way: each ends like
// every other. What a run makes may depend neither on order nor on time.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult } from "./laboratory.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, start } from "./processes.ts";
import { findUnsaved } from "./saved.ts";
import type { PipelineSettings } from "./settings.ts";

/** Two arms and two seeds at once: stages that share nothing run beside each other. */
const shared: Partial<PipelineSettings> = { arms: 2, seeds: [0, 1] };

const companies: Readonly<Record<string, Partial<PipelineSettings>>> = {
  "one call at a time": { width: 1 },
  "all calls at once": { width: 64, gatherMs: 5 },
  "calls that take a while": { width: 3, delayMs: 4 },
  "calls turned away and lost": { calls: { busy: 0.2, lost: 0.2, rejected: 0 } },
};

export async function runPlain(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, isBrief = false } = options;
  const { expected } = await createBaseline(folder, shared);
  const violations: string[] = [];
  let runs = 0;
  for (const [name, change] of Object.entries(companies)) {
    if (isBrief && violations.length > 0) break;
    const place = createPlace(folder, `plain-${runs++}`);
    const outcome = await start(place, { ...options.start, settings: { ...shared, ...change } });
    if (outcome.code !== 0) violations.push(`${name}: ended with ${outcome.code}: ${outcome.stderr}`);
    else {
      const found = [...findUnsaved(place, outcome.stdout), ...findViolations(place, expected)];
      violations.push(...found.map((violation) => `${name}: ${violation}`));
    }
    rmSync(join(place.run, ".."), { recursive: true });
  }
  return { runs, kills: 0, faults: 0, violations };
}
