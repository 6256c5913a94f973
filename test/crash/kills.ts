// R2: kill -9 at random moments, one to five times in a row, the later ones during the resume itself.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { readClosedAttempts } from "./dump.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { countRepeats, findViolations } from "./oracle.ts";
import { createPlace, type Place, start } from "./processes.ts";
import { findUnsaved } from "./saved.ts";
import { defaultSettings, type PipelineSettings } from "./settings.ts";

/** Two arms that share a model, calls that take a while, some of them turned away or lost on the way. */
const ownSettings: Partial<PipelineSettings> = {
  arms: 2,
  delayMs: 2,
  calls: { busy: 0.1, lost: 0.1, rejected: 0 },
};

/** `count` is of kills; runs follow from it. */
export async function runKills(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, seed, count = 200, isBrief = false } = options;
  const settings = { ...ownSettings, ...options.start?.settings };
  const { expected, wallMs } = await createBaseline(folder, settings);
  const violations: string[] = [];
  let [kills, runs] = [0, 0];
  const names = Array.from({ length: 10 * count }, (_, index) => index);
  await runAll(names, async (index) => {
    if (kills >= count || (isBrief && violations.length > 0)) return;
    const random = createRandom(computeSeed("kills", seed, index));
    const place = createPlace(folder, `kill-${index}`);
    let own = 0;
    for (let left = 1 + random.integer(5); left > 0; left--) {
      const closed = readClosed(place);
      const killMs = random.uniform() * wallMs * 1.2;
      const { signal, code, stdout, stderr } = await start(place, { ...options.start, settings, killMs });
      if (signal === "SIGKILL") own += 1;
      else if (code !== 0) violations.push(`run ${index}: ended with ${code}: ${stderr}`);
      const lost = [...findUnsaved(place, stdout), ...findTouched(place, closed)];
      violations.push(...lost.map((violation) => `run ${index}: ${violation}`));
    }
    const resumed = await start(place, { ...options.start, settings });
    if (resumed.code !== 0) violations.push(`run ${index}: the resume ended with ${resumed.code}: ${resumed.stderr}`);
    else violations.push(...findViolations(place, expected).map((violation) => `run ${index}: ${violation}`));
    // What the provider lost itself is billed again without any kill.
    const most = own * defaultSettings.width + (ownSettings.calls ? 2 * 12 * 2 : 0);
    if (countRepeats(place) > most) violations.push(`run ${index}: ${countRepeats(place)} calls were paid twice`);
    kills += own;
    runs += 1;
    rmSync(join(place.run, ".."), { recursive: true });
  });
  return { runs, kills, faults: 0, violations };
}

function readClosed({ run }: Place): ReadonlyMap<string, string> {
  return existsSync(join(run, "state.db")) ? readClosedAttempts(run) : new Map();
}

/** What was closed is never made again. */
function findTouched(place: Place, before: ReadonlyMap<string, string>): string[] {
  if (before.size === 0) return [];
  const after = readClosedAttempts(place.run);
  return [...before].flatMap(([attempt, once]) =>
    after.get(attempt) === once ? [] : [`attempt ${attempt} was closed and made again`],
  );
}
