// R1: a run is killed on entering each of its system calls that can lose something, and gone on with.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, createShuffled } from "../../src/math/random.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, start } from "./processes.ts";
import { findUnsaved } from "./saved.ts";
import { describePoint, listPoints, startKilled } from "./syscalls.ts";

export interface PointsResult extends LaboratoryResult {
  readonly pointCount: number;
  /** Points that runs passed without being killed. */
  readonly missed: readonly string[];
  /** Points that were there when they were listed and in no run since: another order of calls has fewer of them. */
  readonly absent: readonly string[];
}

/** The order of a few calls depends on the clock, so the last points of a file are not there in every run. */
const mostTries = 6;

export async function runPoints(options: LaboratoryOptions): Promise<PointsResult> {
  const { folder, seed, only = /./, isBrief = false } = options;
  const { expected } = await createBaseline(folder);
  const listed = await listPoints(createPlace(folder, "traced"), options.start ?? {});
  const points = listed.filter((point) => only.test(describePoint(point)));
  const shuffled = createShuffled(points, createRandom(computeSeed("points", seed)));
  const chosen = shuffled.slice(0, options.count ?? points.length);
  const violations: string[] = [];
  const missed: string[] = [];
  const absent: string[] = [];
  let [runs, kills] = [0, 0];
  await runAll(chosen, async (point, index) => {
    if (isBrief && violations.length > 0) return;
    runs += 1;
    const name = describePoint(point);
    let wasThere = false;
    for (let tries = 1; ; tries++) {
      const place = createPlace(folder, `point-${index}-${tries}`);
      const killed = await startKilled(place, point, options.start ?? {});
      const wasKilled = killed.signal === "SIGKILL";
      if (wasKilled) kills += 1;
      wasThere ||= killed.isThere;
      violations.push(...findUnsaved(place, killed.stdout).map((violation) => `${name}: ${violation}`));
      const resumed = await start(place, options.start ?? {});
      if (resumed.code !== 0) violations.push(`${name}: the resume ended with ${resumed.code}: ${resumed.stderr}`);
      else violations.push(...findViolations(place, expected).map((violation) => `${name}: ${violation}`));
      rmSync(join(place.run, ".."), { recursive: true });
      if (wasKilled) return;
      if (tries === mostTries) return void (wasThere ? missed : absent).push(name);
    }
  });
  return { runs, kills, faults: 0, violations, pointCount: points.length, missed, absent };
}
