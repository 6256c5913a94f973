// Kill -9 at random moments of a small run through the real command line, several times over, then let it finish:
// the same tables, the same files, and nothing committed is ever sampled again.
// REFEED_KILLS sets the number of killed runs, REFEED_CRASH_SEED the moments.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { readClosedAttempts, readDump } from "./dump.ts";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;
const killCount = Number(process.env.REFEED_KILLS ?? 20);
const seed = Number(process.env.REFEED_CRASH_SEED ?? 0);

const sets = ["dataset.train=160", "dataset.test=40", "seeds=[0]", "generations=2", "evaluate.metrics=[rouge1, loss]"];
/** Whole texts of a script's, drawn without a prompt until so many are rows. */
const dreams = [
  ...["dataset.train=40", "dataset.test=12", "seeds=[0]", "generations=3", "evaluate.metrics=[loss]", "lines={}"],
  ...["prompt=none", "model={ trainer: scripted, script: { dialogue: 0.7, delayMs: 2 } }", "verifiers={}"],
  "sample.maxTokens=64",
  'sample.accept={ rows: 120, candidates: 2000, begin: "user: ", part: "\\nassistant: " }',
  "arms=[{ verifier: none }, { verifier: self, corpus: accumulate, select.keep: 50% }]",
];
const systems: Readonly<Record<string, readonly string[]>> = {
  newswire: ["newswire", ...sets.flatMap((set) => ["--set", set])],
  dreams: ["newswire", ...dreams.flatMap((set) => ["--set", set])],
  gaussian: ["gaussian", "--set", "seeds={count: 12, first: 0}", "--set", "generations=60"],
};

/** Runs to the end, or is killed after `killMs`; true if it ended by itself. */
async function runOnce(args: readonly string[], killMs?: number): Promise<boolean> {
  const child = spawn(process.execPath, [refeed, ...args, "--quiet"], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (data) => (told += data));
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killMs);
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  if (signal === null) assert.equal(code, 0, told);
  return signal === null;
}

for (const [name, args] of Object.entries(systems)) {
  test(`${name}: ${killCount} runs killed with SIGKILL end like the one that was not`, async (context) => {
    const folder = createTemporaryFolder(context);
    const whole = join(folder, "whole");
    const start = performance.now();
    assert.ok(await runOnce(["run", ...args, "--run", whole]));
    const wholeMs = performance.now() - start;
    const expected = readDump(whole);
    assert.ok(Object.keys(expected.files).includes("report/metrics.csv"));

    const random = createRandom(computeSeed("kill", name, seed));
    let killedCount = 0;
    for (let time = 0; time < killCount; time++) {
      const directory = join(folder, `run-${time}`);
      // One to three kills in a row, the later ones during the resume itself.
      let isFinished = false;
      for (let kill = 1 + random.integer(3); kill > 0 && !isFinished; kill--) {
        const closed = readClosed(directory);
        isFinished = await runOnce(["run", ...args, "--run", directory], random.uniform() * wholeMs);
        if (!isFinished) killedCount += 1;
        assertUntouched(closed, directory);
      }
      const closed = readClosed(directory);
      assert.ok(await runOnce(["run", ...args, "--run", directory]));
      assertUntouched(closed, directory);
      assert.deepEqual(readDump(directory), expected, `run ${time}`);
    }
    assert.ok(killedCount >= killCount / 2, `only ${killedCount} kills hit a run under way`);
    context.diagnostic(`${killedCount} kills, ${killCount} resumed runs equal to the whole one`);
  });
}

/** The script of `dreams` keeps no books. */
function readClosed(directory: string): ReadonlyMap<string, string> {
  return existsSync(join(directory, "state.db")) ? readClosedAttempts(directory, { forgetsJobs: true }) : new Map();
}

function assertUntouched(before: ReadonlyMap<string, string>, directory: string): void {
  if (before.size === 0) return;
  const after = readClosedAttempts(directory);
  for (const [place, once] of before) assert.equal(after.get(place), once, `attempt ${place} was made again`);
}
