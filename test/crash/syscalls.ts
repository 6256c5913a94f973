// The system calls of a run by which it can lose something: each is a point where it can be killed, or told of a fault,
// by strace, which counts the calls of one kind on one path. A missing strace is a failure, never a skip.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type Place, type StartOptions, start } from "./processes.ts";

export interface Point {
  readonly call: string;
  /** Below the place's folder; null where the call has no path, as the start of a thread. */
  readonly path: string | null;
  /** Counted from 1 among the calls of this kind on this path by one thread, as strace counts them. */
  readonly ordinal: number;
}

/** Its name: `fsync run/state.db-wal 3`. */
export const describePoint = ({ call, path, ordinal }: Point): string => `${call} ${path ?? ""} ${ordinal}`;

/** Writes, syncs, names made, changed and taken away, files made, threads and processes started. */
const calls =
  "write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,renameat2,unlink,unlinkat,mkdir,mkdirat,openat,clone,clone3,fork,vfork";

export function assertStrace(): void {
  const { status, error } = spawnSync("strace", ["--version"], { stdio: "ignore" });
  if (status !== 0) throw new Error(`the laboratory needs strace: ${error?.message ?? `exit code ${status}`}`);
}

/** Runs to the end under a tracer and returns every point, in the order of the calls. */
export async function listPoints(
  place: Place,
  { traced = calls, ...options }: StartOptions & { readonly traced?: string } = {},
): Promise<readonly Point[]> {
  const log = `${place.run}.calls`;
  const prefix = ["strace", "-f", "-y", "--seccomp-bpf", "-s", "1", "-o", log, "-e", `trace=${traced}`];
  const outcome = await start(place, { ...options, prefix });
  if (outcome.code !== 0) throw new Error(`the traced run failed: ${outcome.stderr}`);
  const root = join(place.run, "..");
  const counts = new Map<string, number>();
  const points = new Map<string, Point>();
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const found = readCall(line, root);
    if (found === undefined) continue;
    const name = `${Number.parseInt(line, 10)} ${found.call} ${found.path}`;
    const ordinal = (counts.get(name) ?? 0) + 1;
    counts.set(name, ordinal);
    // The same call of another thread comes under the same name: whichever is first there is the point.
    const point = { ...found, ordinal };
    points.set(describePoint(point), points.get(describePoint(point)) ?? point);
  }
  return [...points.values()];
}

/** A call of the run on a file of its place; opening counts where it may make the file. */
function readCall(line: string, root: string): Omit<Point, "ordinal"> | undefined {
  const match = /^\d+ +(\w+)\((.*)$/.exec(line);
  if (!match) return undefined;
  const [, call = "", rest = ""] = match;
  if (/^(clone3?|v?fork)$/.test(call)) return { call, path: null };
  if (call === "openat" && !rest.includes("O_CREAT")) return undefined;
  // The first path of the place: of a descriptor its file, of a rename the old name, which strace goes by.
  const paths = [...rest.matchAll(/["<]([^">]*)[">]/g)].map(([, path = ""]) => path);
  const own = paths.filter((path) => path.startsWith(`${root}/`)).map((path) => path.slice(root.length + 1));
  const path = own[0];
  return path === undefined ? undefined : { call, path };
}

/** strace's arguments to meddle with one point: `signal=SIGKILL`, `error=ENOSPC`; `when` is 3 for the third, 3+ from there on. */
export function createInjection(
  place: Place,
  { call, path }: Point,
  { what, when, log = "/dev/null" }: { readonly what: string; readonly when: string; readonly log?: string },
): readonly string[] {
  const only = path === null ? [] : ["-P", join(place.run, "..", path)];
  const quiet = ["-qq", "-o", log];
  // With --seccomp-bpf strace 6.1 injects errors and no signals.
  const filter = what.startsWith("signal") ? [] : ["--seccomp-bpf"];
  return [
    "strace",
    "-f",
    ...filter,
    ...quiet,
    ...only,
    "-e",
    `trace=${call}`,
    "-e",
    `inject=${call}:${what}:when=${when}`,
  ];
}

/** Starts a run that is killed on entering the point; `isThere` is false where the run made fewer such calls. */
export async function startKilled(
  place: Place,
  point: Point,
  options: StartOptions = {},
): Promise<Outcome & { readonly isThere: boolean }> {
  const log = `${place.run}.hits`;
  const prefix = createInjection(place, point, { what: "signal=SIGKILL", when: String(point.ordinal), log });
  const outcome = await start(place, { ...options, prefix });
  const made = readFileSync(log, "utf8").matchAll(new RegExp(`^(\\d+) +${point.call}\\(`, "gm"));
  const calls = Map.groupBy(made, ([, thread]) => thread);
  return { ...outcome, isThere: [...calls.values()].some(({ length }) => length >= point.ordinal) };
}
