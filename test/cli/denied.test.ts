// Runs that belong to somebody else: what is told of one that may not be looked at, and that one that is shared as the manual
// says is read, and never written.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRunCommand } from "../../src/cli/run.ts";
import { speak } from "../helpers/environment.ts";
import { createTemporaryFolder, type Ending } from "../helpers/temporary-folder.ts";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;
const share =
  /^ {2}ask its owner to share it: chmod go\+x on every folder above it \(runs\/ as well\), chmod -R go\+rX on/m;

/** A run, and a process to which nothing belongs; without root only its owner may be asked, whom modes bar alike. */
async function make(context: TestContext) {
  const restore = (): void => void spawnSync("chmod", ["-R", "u+rwX", cwd]);
  // Modes first: the folder is removed as they are.
  const ending: Ending = {
    after: (remove) =>
      context.after(() => {
        restore();
        remove();
      }),
  };
  const cwd = createTemporaryFolder(ending);
  chmodSync(cwd, 0o755);
  writeFileSync(
    join(cwd, "g.yaml"),
    "name: g\nsystem: { kind: gaussian, dimensions: 1, samples: 10 }\ngenerations: 1\nseeds: [0]\n",
  );
  assert.equal((await speak(createRunCommand, ["g.yaml", "--quiet"], { cwd })).code, 0);
  const isRoot = process.getuid?.() === 0;
  const runs = join(cwd, "runs");
  const speakThere = (...args: readonly string[]) => {
    const identity = isRoot ? { uid: 65534, gid: 65534 } : {};
    const { status, stdout, stderr } = spawnSync(process.execPath, [refeed, ...args], {
      cwd,
      encoding: "utf8",
      ...identity,
    });
    return { code: status, stdout, stderr };
  };
  return { cwd, runs, isRoot, speakThere };
}

test("a run that may not be looked at is told as that, with what to ask for, by every verb", async (context) => {
  const { runs, isRoot, speakThere } = await make(context);
  if (!isRoot) chmodSync(runs, 0);
  for (const args of [["status", "g"], ["status", "runs/g"], ["why", "g"], ["compare", "g"], ["status"], ["list"]]) {
    const { code, stdout, stderr } = speakThere(...args);
    assert.deepEqual([code, stdout], [5, ""], args.join(" "));
    assert.match(stderr, /^\/.*runs(\/g)?: permission denied \(EACCES\)$/m);
    assert.match(stderr, share);
  }
  // One that is barred hides no other, and is told where it is named.
  chmodSync(runs, 0o755);
  mkdirSync(join(runs, "other"), { mode: isRoot ? 0o700 : 0 });
  if (!isRoot) chmodSync(join(runs, "g"), 0);
  const { code, stdout } = speakThere("list");
  assert.equal(code, 0);
  assert.match(stdout, /^runs\/g +g +denied/m);
  assert.match(speakThere("status", "g").stderr, /runs\/g: permission denied \(EACCES\)/);
  assert.match(speakThere("status").stderr, /permission denied \(EACCES\)/);
});

test("a run that is shared as the manual says is read; a report of it is told how to be had", async (context) => {
  const { cwd, runs, isRoot, speakThere } = await make(context);
  const mode = (change: string, ...paths: readonly string[]): void => {
    assert.equal(spawnSync("chmod", [change, ...paths], { cwd }).status, 0);
  };
  if (isRoot) mode("go+x", "runs");
  if (isRoot) assert.equal(spawnSync("chmod", ["-R", "go+rX", "runs/g"], { cwd }).status, 0);
  else mode("a-w", "runs/g", "runs/g/report");
  for (const verb of ["status", "compare"]) assert.equal(speakThere(verb, "g").code, 0, verb);
  const { code, stderr } = speakThere("report", "g");
  assert.equal(code, 5);
  assert.match(
    stderr,
    /cannot be written \(EACCES\)\n {2}check its permissions, or copy the run's folder to where you may/,
  );
  assert.doesNotMatch(stderr, /--run/);
  assert.ok(runs.startsWith(cwd));
});
