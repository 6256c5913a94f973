// Everything a run does to the file system and everything it says, in order, by strace: what a disk can be replayed from.
// A call that changes files and is not known here is an error, never left out.

import { readFileSync } from "node:fs";
import { type Place, type StartOptions, start } from "./processes.ts";

/** What was done, in the order it was finished in. `begin` and `end` are lines of the log: calls of two threads overlap. */
export type Operation = { readonly begin: number; readonly end: number } & Deed;

type Deed =
  | { readonly kind: "open"; readonly handle: number; readonly path: string; readonly flags: string }
  | { readonly kind: "close"; readonly handle: number }
  /** Where there is no offset, at the handle's own. */
  | { readonly kind: "write"; readonly handle: number; readonly bytes: Buffer; readonly offset: number | null }
  | { readonly kind: "truncate"; readonly handle: number; readonly length: number }
  | { readonly kind: "sync"; readonly handle: number }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string };

const calls =
  "openat,close,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat";
const unknownCalls =
  "open,creat,writev,pwritev,pwritev2,truncate,fallocate,link,linkat,symlink,symlinkat,rmdir,copy_file_range,sendfile,dup,dup2,dup3,lseek";

/** Runs to the end under a tracer. */
export async function recordRun(place: Place, options: StartOptions = {}): Promise<readonly Operation[]> {
  const log = `${place.run}.log`;
  const trace = `trace=${calls},${unknownCalls}`;
  const prefix = ["strace", "-f", "-xx", "--seccomp-bpf", "-s", "100000000", "-o", log, "-e", trace];
  // The compiler's own cache is written in ways of its own.
  const env = { ...options.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const outcome = await start(place, { ...options, env, prefix });
  if (outcome.code !== 0) throw new Error(`the recorded run failed: ${outcome.stderr}`);
  return parseLog(readFileSync(log, "utf8"));
}

function parseLog(log: string): readonly Operation[] {
  const operations: Operation[] = [];
  const openCalls = new Map<string, { readonly text: string; readonly begin: number }>();
  for (const [end, line] of log.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith(" <unfinished ...>")) {
      openCalls.set(thread, { text: rest.slice(0, -" <unfinished ...>".length), begin: end });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const before = resumed ? openCalls.get(thread) : undefined;
    const text = `${before?.text ?? ""}${rest.slice(resumed?.[0].length ?? 0)}`;
    const deed = parseCall(text);
    if (deed) operations.push({ begin: before?.begin ?? end, end, ...deed });
  }
  return operations;
}

/** Undefined for what failed, and for lines that are no calls. */
function parseCall(text: string): Deed | undefined {
  const call = text.slice(0, text.indexOf("("));
  const split = text.lastIndexOf(" = ");
  const result = Number.parseInt(text.slice(split + 3), 10);
  if (!/^\w+$/.test(call) || split < 0 || !(result >= 0)) return undefined;
  const args = text.slice(call.length + 1, split);
  const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) => readHex(hex));
  const [first = "", second = ""] = strings.map(String);
  const handle = Number.parseInt(args, 10);
  const last = Number(/(\d+)\)\s*$/.exec(args)?.[1]);
  switch (call) {
    case "openat":
      return { kind: "open", handle: result, path: first, flags: args.slice(args.indexOf('", ') + 3) };
    case "close":
      return { kind: "close", handle };
    case "write":
    case "pwrite64": {
      const bytes = (strings[0] as Buffer).subarray(0, result);
      return { kind: "write", handle, bytes, offset: call === "write" ? null : last };
    }
    case "ftruncate":
      return { kind: "truncate", handle, length: last };
    case "fsync":
    case "fdatasync":
      return { kind: "sync", handle };
    case "rename":
    case "renameat":
    case "renameat2":
      return { kind: "rename", from: first, to: second };
    case "unlink":
    case "unlinkat":
      return { kind: "remove", path: first };
    case "mkdir":
    case "mkdirat":
      return { kind: "folder", path: first };
    default:
      throw new Error(`a run changes files by a call that cannot be replayed: ${text.slice(0, 200)}`);
  }
}

function readHex(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}
