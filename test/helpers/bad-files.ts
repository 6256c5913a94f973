// Inputs that are too large for a repository, or no files at all: made in a folder for the tests of bad input.

import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Ending } from "./temporary-folder.ts";

const train = '{"split": "train", "article": "A lift fell.", "summary": "Lift falls."}\n';
const test = '{"split": "test", "article": "A dam broke.", "summary": "Dam breaks."}\n';
const depth = 100_000;

export const longName = `${"n".repeat(249)}.jsonl`;

/** Files by name, each made only once. */
const contents: Readonly<Record<string, () => string | Buffer>> = {
  "deep-text.jsonl": () => `${train}{"split": "test", "summary": "s", "article": ${nest(true)}}\n`,
  "deep-open.jsonl": () => `${train}{"article": ${nest(false)}\n`,
  "deep-other.jsonl": () => `${train.slice(0, -2)}, "x": ${nest(true)}}\n${test}`,
  "tiny-lines.jsonl": () => "{}\n".repeat(1_000_000),
  // Joined from members that are packed once: 200 MB of spaces, and as much of good rows.
  "bomb.jsonl.gz": () => Buffer.concat(Array(100).fill(gzipSync(Buffer.alloc(2_000_000, " ")))),
  "bomb-rows.jsonl.gz": () => Buffer.concat(Array(100).fill(gzipSync(train.repeat(27_000)))),
  [longName]: () => train + test,
  "large.yaml": () => `name: ${"x".repeat(1_000_001)}\n`,
  "large.jinja": () => `{{ article }}${"x".repeat(1_000_001)}\n`,
  "deep.yaml": () => `a: ${"[".repeat(depth)}\n`,
};

function nest(isClosed: boolean): string {
  return "[".repeat(depth) + (isClosed ? "]".repeat(depth) : "");
}

export async function makeBadFiles(folder: string, context: Ending): Promise<void> {
  for (const [name, create] of Object.entries(contents)) writeFileSync(join(folder, name), create());
  writeLongLine(join(folder, "long-line.jsonl"));
  mkdirSync(join(folder, "folder.jsonl"));
  mkdirSync(join(folder, "folder.yaml"));
  for (const name of ["pipe.jsonl", "pipe.yaml", "pipe.jinja"]) execFileSync("mkfifo", [join(folder, name)]);
  symlinkSync("nowhere.jsonl", join(folder, "dangling.jsonl"));
  symlinkSync("circle.jsonl", join(folder, "circle.jsonl"));
  symlinkSync("no-final-newline.jsonl", join(folder, "link.jsonl"));
  symlinkSync("/dev/zero", join(folder, "zero.jsonl"));
  symlinkSync("/dev/zero", join(folder, "zero.jinja"));
  const server = createServer();
  await new Promise<void>((done) => server.listen(join(folder, "socket.jsonl"), done));
  context.after(() => server.close());
}

/** A good row, then one of 200 MB. */
function writeLongLine(path: string): void {
  const file = openSync(path, "w");
  const part = Buffer.alloc(2_000_000, "x");
  writeSync(file, `${train}{"article": "`);
  for (let written = 0; written < 200_000_000; written += part.length) writeSync(file, part);
  writeSync(file, `"}\n${test}`);
  closeSync(file);
}
