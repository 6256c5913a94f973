// R29: the laboratory is put to products with a bug in them, and must see each one; and to the product as it is, run in
// pieces as small as those of the bugs, and must see nothing.
// REFEED_BUGS sets how many bugs are planted: a number, or all; REFEED_CRASH_SEED which ones. REFEED_BUG_NAMED plants
// those alone whose name holds its value.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { computeKey } from "../../src/keys/digest.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { bugs } from "./bugs/all.ts";
import type { Bug } from "./bugs/plant.ts";
import { type LaboratoryResult, laboratorySeed, readCount } from "./laboratory.ts";
import { assertStrace } from "./syscalls.ts";

const source = (name: string): string => new URL(name, import.meta.url).href;

/** Runs made before the laboratory counts as blind to a bug. */
const mostRuns = 60;

type Trial = Pick<Bug, "experiment"> & Partial<Bug> & { readonly count: number };

async function runTrial(folder: string, { name = "", experiment, only, count }: Trial): Promise<LaboratoryResult> {
  mkdirSync(folder);
  const options = { count, isBrief: true, ...(only ? { only: only.source } : {}) };
  const script = new URL("bugs/trial.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, experiment, folder, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      NODE_OPTIONS: `--import ${source("bugs/hook.ts")}`,
      // A changed source is never read from the cache of the others.
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      REFEED_BUG: name,
      REFEED_GRAIN: "fine",
    },
  });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = await once(child, "close");
  process.off("exit", end);
  assert.equal(code, 0, stderr);
  rmSync(folder, { recursive: true, force: true });
  return JSON.parse(stdout) as LaboratoryResult;
}

test("R29: the laboratory sees a bug that is planted", async (context) => {
  assertStrace();
  const folder = createTemporaryFolder(context);
  const count = readCount("REFEED_BUGS", 6) ?? bugs.length;
  const only = process.env.REFEED_BUG_NAMED;
  // By their names, so that a new bug leaves the others of the sample as they are.
  const place = ({ name }: Bug): string => computeKey(["bugs", laboratorySeed, name]);
  const mixed = bugs.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
  const chosen = only ? bugs.filter(({ name }) => name.includes(only)) : mixed.slice(0, count);
  const unseen: string[] = [];
  for (const [index, bug] of chosen.entries()) {
    const begin = performance.now();
    const { runs, violations } = await runTrial(join(folder, `bug-${index}`), { count: mostRuns, ...bug });
    const seen = violations.find((violation) => bug.says.test(violation));
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    context.diagnostic(
      `${bug.name}: ${bug.experiment}, ${runs} runs, ${seconds} s: ${seen ?? `not seen ${violations}`}`,
    );
    if (seen === undefined) unseen.push(bug.name);
  }
  context.diagnostic(`R29: ${chosen.length} bugs planted, ${chosen.length - unseen.length} seen`);
  assert.deepEqual(unseen, []);
});

test("nothing is seen where no bug is planted", async (context) => {
  const folder = createTemporaryFolder(context);
  for (const experiment of ["points", "plain", "alterations", "constraints", "hosted"] as const) {
    const { runs, violations } = await runTrial(join(folder, experiment), { experiment, count: 8 });
    context.diagnostic(`${experiment}: ${runs} runs`);
    assert.deepEqual(violations, []);
  }
});
