// R5 through the real command line, on real file systems too small for the run: in bytes, in inodes, by a limit or a
// quota, read-only. The run ends with exit code 5 and one line of what and where; given space, it ends like the one that
// always had some. Mounting takes root or a user namespace; without either this fails, it is never left out.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, createShuffled } from "../../src/math/random.ts";
import { type RunDump, readDump } from "./dump.ts";
import { judgeEnd } from "./faults.ts";
import type { LaboratoryOptions, LaboratoryResult } from "./laboratory.ts";
import { findDifferences, lineByName } from "./line.ts";
import { type Outcome, startRefeed } from "./processes.ts";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;

type Experiment = "gaussian" | "newswire";

const argumentsByExperiment: Readonly<Record<Experiment, readonly string[]>> = {
  gaussian: lineByName.gaussian,
  newswire: ["newswire", "dataset.train=160", "dataset.test=40", "seeds=[0]", "generations=3"],
};

interface Case {
  readonly name: string;
  readonly experiment: Experiment;
  /** Of the tmpfs that the run lies on, while it is short of something. */
  readonly options: string;
  /** Shell, in front of the command. */
  readonly prefix?: string;
  /** Shell, between a run that was stopped by a limit and the one that is judged. */
  readonly between?: string;
  readonly told: RegExp;
}

const full = /^[^\n]*\/run[^\n]*: disk full/;

export const cases: readonly Case[] = [
  { name: "64 KB", experiment: "gaussian", options: "size=64k", told: full },
  { name: "256 KB", experiment: "gaussian", options: "size=256k", told: full },
  { name: "1 MB", experiment: "gaussian", options: "size=1m", told: full },
  { name: "4 inodes", experiment: "gaussian", options: "size=64m,nr_inodes=4", told: full },
  { name: "12 inodes", experiment: "gaussian", options: "size=64m,nr_inodes=12", told: full },
  {
    name: "a limit of 100 KB a file",
    experiment: "gaussian",
    options: "size=64m",
    prefix: "prlimit --fsize=102400",
    told: /ulimit -f/,
  },
  {
    name: "a quota used up",
    experiment: "gaussian",
    options: "size=64m",
    prefix:
      "strace -f -qq -o /dev/null -P $MOUNT/run/state.db-wal -e trace=pwrite64 -e inject=pwrite64:error=EDQUOT:when=60+",
    told: /quota/,
  },
  {
    name: "read-only, half way",
    experiment: "gaussian",
    options: "size=64m",
    prefix: "prlimit --fsize=204800",
    between:
      "mount -o remount,ro $MOUNT; run > $OUT/stdout 2> $OUT/stderr; echo $? > $OUT/code; mount -o remount,rw $MOUNT",
    told: /cannot be written/,
  },
  { name: "256 KB", experiment: "newswire", options: "size=256k", told: full },
  { name: "8 MB", experiment: "newswire", options: "size=8m", told: full },
];

/** `count` is of cases. */
export async function runMounts({ folder, seed, count }: LaboratoryOptions): Promise<LaboratoryResult> {
  await assertMounting();
  const ofGaussian = cases.filter(({ experiment }) => experiment === "gaussian");
  const sample = createShuffled(ofGaussian, createRandom(computeSeed("mounts", seed)));
  const chosen = count === undefined ? cases : sample.slice(0, count);
  const expected = new Map<Experiment, RunDump>();
  const violations: string[] = [];
  for (const [index, each] of chosen.entries()) {
    const { experiment } = each;
    const whole = join(folder, `whole-${experiment}`);
    if (!expected.has(experiment)) {
      const { code, stderr } = await startRefeed(createArguments(experiment, whole));
      if (code !== 0) throw new Error(`the uninterrupted run failed: ${stderr}`);
      expected.set(experiment, readDump(whole));
    }
    const out = join(folder, `case-${index}`);
    mkdirSync(out);
    const found = await judgeCase(each, out, expected.get(experiment) as RunDump);
    violations.push(...found.map((violation) => `${experiment}, ${each.name}: ${violation}`));
  }
  return { runs: chosen.length, kills: 0, faults: chosen.length, violations };
}

async function judgeCase({ experiment, options, prefix = "", between, told }: Case, out: string, expected: RunDump) {
  const script = `
    mount -t tmpfs -o ${options} tmpfs "$MOUNT"
    args=("$@")
    run() { $1 node "$REFEED" "\${args[@]}" --quiet; }
    code=0; run "${prefix}" > "$OUT/stdout" 2> "$OUT/stderr" || code=$?; echo $code > "$OUT/code"
    set +e; ${between ?? ":"}; set -e
    mount -o remount,size=256m,nr_inodes=10000 "$MOUNT"
    code=0; run "" > "$OUT/last-stdout" 2> "$OUT/last-stderr" || code=$?; echo $code > "$OUT/last-code"
    cp -a "$MOUNT/run" "$OUT/run"`;
  const mount = join(out, "mount");
  mkdirSync(mount);
  await shell(script, { OUT: out, MOUNT: mount }, createArguments(experiment, join(mount, "run")));
  const read = (name: string): string => readFileSync(join(out, name), "utf8");
  const ended = { code: Number(read("code")), signal: null, stdout: read("stdout"), stderr: read("stderr"), wallMs: 0 };
  const found = [...judgeEnd(ended, { told })];
  if (ended.code === 0) found.push("it fitted: the file system is too large to show anything");
  if (read("last-code") !== "0\n")
    return [...found, `with space it ended with ${read("last-code")}: ${read("last-stderr")}`];
  return [...found, ...findDifferences(join(out, "run"), expected)];
}

function createArguments(experiment: Experiment, run: string): readonly string[] {
  const [name = "", ...sets] = argumentsByExperiment[experiment];
  return ["run", name, ...sets.flatMap((set) => ["--set", set]), "--run", run];
}

async function assertMounting(): Promise<void> {
  await shell("mount -t tmpfs -o size=64k tmpfs /mnt", {}).catch((error: Error) => {
    throw new Error(
      `the laboratory must mount: run it as root or where user namespaces are allowed (${error.message})`,
    );
  });
}

/** A run that hangs on a full disk is killed with all that it started. */
const patienceMs = 300_000;

/** Runs a script where it may mount what nobody else sees. */
async function shell(script: string, variables: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const path = `${join(process.execPath, "..")}:${process.env.PATH ?? ""}`;
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: path, REFEED: refeed, ...variables };
  const child = spawn("unshare", ["-rm", "bash", "-e", "-c", script, "bash", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  process.once("exit", end);
  const timer = setTimeout(end, patienceMs);
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += data));
  const [code, signal] = (await once(child, "close")) as [Outcome["code"], Outcome["signal"]];
  clearTimeout(timer);
  process.off("exit", end);
  if (code !== 0) throw new Error(`the script ended with ${code ?? signal}: ${stderr}`);
}
