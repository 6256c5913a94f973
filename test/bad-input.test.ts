// The corpus of bad input, through the whole command line. Every file of fixtures/bad-input/told is a transcript: commands,
// what each prints word for word, and its exit code. What is accepted although it is odd has its transcript too.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { longName, makeBadFiles } from "./helpers/bad-files.ts";
import { runRefeed } from "./helpers/command-line.ts";
import { speakLine } from "./helpers/host.ts";
import { createTemporaryFolder } from "./helpers/temporary-folder.ts";

const fixtures = new URL("fixtures/bad-input/", import.meta.url).pathname;
const configs = new URL("fixtures/config/", import.meta.url).pathname;
const transcripts = readdirSync(join(fixtures, "told")).sort();

/** Where all of it lies, read by every test and written by none. */
const folder = createTemporaryFolder({ after });
for (const name of readdirSync(fixtures)) {
  if (name !== "told") cpSync(join(fixtures, name), join(folder, name));
}
await makeBadFiles(folder, { after });

interface Entry {
  readonly args: readonly string[];
  readonly told: string;
}

function readTranscript(name: string): Entry[] {
  const parts = readFileSync(join(fixtures, "told", name), "utf8")
    .split(/^\$ refeed /m)
    .slice(1);
  return parts.map((part) => {
    const end = part.indexOf("\n");
    const words = part.slice(0, end).match(/'[^']*'|\S+/g) ?? [];
    const args = words.map((word) => word.replace(/^'|'$/g, "").replace("<long-name>", longName));
    return { args, told: part.slice(end + 1) };
  });
}

/** Everything in the folder: a command that leaves, changes or takes something is seen. */
function listFiles(): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const { size, mtimeMs } = lstatSync(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

async function speak(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await speakLine(args, { cwd: folder });
  assert.doesNotMatch(stderr, /^\s+at |internal error/m);
  return `${stdout}${stderr}exit ${code}\n`.replaceAll(folder, "<folder>").replaceAll(longName, "<long-name>");
}

test("there is a corpus", () => {
  const entries = transcripts.flatMap(readTranscript);
  const refused = entries.filter(({ told }) => told.endsWith("exit 2\n"));
  const accepted = entries.filter(({ told }) => told.endsWith("exit 0\n"));
  assert.deepEqual([transcripts.length, refused.length, accepted.length], [106, 138, 19]);
  const used = new Set(entries.flatMap(({ args }) => args.map((arg) => arg.replace(/^.*=(\.\/)?/, ""))));
  const unused = readdirSync(fixtures).filter((name) => !["told", "README.md"].includes(name) && !used.has(name));
  assert.deepEqual(unused, []);
});

for (const name of transcripts) {
  test(`as told in ${name}`, async () => {
    const files = listFiles();
    for (const { args, told } of readTranscript(name)) assert.equal(await speak(args), told, args.join(" "));
    assert.deepEqual(listFiles(), files);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
}

test("a run refuses a dataset with the words of datasets show, and leaves no run", async () => {
  const files = listFiles();
  let count = 0;
  for (const { args, told } of transcripts.flatMap(readTranscript)) {
    const [verb, , name] = args;
    if (verb !== "datasets" || !told.endsWith("exit 2\n") || args.length > 5 || name === undefined) continue;
    const expected = told
      .replace(/--(article|summary) <field>/, "fields: {$1: ...}")
      .replace(/--article (\S+\d\S+) --summary (\S+)/, "fields: {article: $1, summary: $2}");
    // YAML reads the name: quoted, it is the same name.
    assert.equal(await speak(["run", "rows.yaml", "--set", `dataset.file=${JSON.stringify(name)}`]), expected);
    count += 1;
  }
  assert.ok(count > 70, `${count} datasets`);
  assert.deepEqual(listFiles(), files);
});

test("every bad experiment is refused by check with its own text", async (context) => {
  const desk = createTemporaryFolder(context);
  cpSync(configs, desk, { recursive: true });
  const names = readdirSync(configs).filter((name) => name.endsWith(".yaml"));
  for (const name of names) {
    const { code, stdout, stderr } = await speakLine(["check", name], { cwd: desk });
    const told = readFileSync(join(configs, name.replace(".yaml", ".txt")), "utf8");
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: told }, name);
  }
  assert.equal(names.length, 47);
  assert.equal(readdirSync(desk).length, 94);
});

test("a shell is told the same", async () => {
  const files = listFiles();
  for (const name of ["latin-1.txt", "pipe.txt", "chat-image.txt"]) {
    const [entry] = readTranscript(name);
    const { code, stdout, stderr } = await runRefeed(entry!.args, { cwd: folder });
    assert.equal(`${stdout}${stderr}exit ${code}\n`, entry!.told);
  }
  assert.deepEqual(listFiles(), files);
});

test("without permission, told from a process that has none", (context) => {
  const desk = createTemporaryFolder(context);
  chmodSync(desk, 0o755);
  for (const name of ["rows.jsonl", "rows.yaml"]) {
    writeFileSync(join(desk, name), readFileSync(join(fixtures, name)));
    chmodSync(join(desk, name), 0);
  }
  const refeed = new URL("../bin/refeed.js", import.meta.url).pathname;
  // Nothing is forbidden to root: the child is somebody else.
  const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const speakThere = (...args: readonly string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [refeed, ...args], {
      cwd: desk,
      encoding: "utf8",
      ...identity,
    });
    return [status, stderr];
  };
  assert.deepEqual(speakThere("datasets", "show", "rows.jsonl"), [
    2,
    "rows.jsonl: cannot be read: permission denied\n  allow it, for example: chmod u+r\n",
  ]);
  assert.deepEqual(speakThere("check", "rows.yaml"), [2, "rows.yaml: may not be read\n"]);
});

test("a file that grows while it is read, and one that is written anew", async (context) => {
  const desk = createTemporaryFolder(context);
  const row = '{"article": "a b", "summary": "a"}\n';
  for (const [name, change] of [
    ["growing.jsonl", (path: string) => appendFileSync(path, row)],
    [
      "rewritten.jsonl", // In place: cut first, the file may be seen with nothing in it.
      (path: string) => writeFileSync(path, row.repeat(10_000), { flag: "r+" }),
    ],
  ] as const) {
    const path = join(desk, name);
    writeFileSync(path, row.repeat(10_000));
    let isOver = false;
    let changeCount = 0;
    const keepChanging = (): void => {
      if (isOver) return;
      change(path);
      // The clock of a file system may stand still for some milliseconds.
      utimesSync(path, 0, ++changeCount);
      setImmediate(keepChanging);
    };
    keepChanging();
    const { code, stdout, stderr } = await speakLine(["datasets", "show", name], { cwd: desk });
    isOver = true;
    assert.deepEqual([code, stdout], [2, ""]);
    const [line, next] = stderr.split("\n");
    assert.match(line!, /^(growing|rewritten)\.jsonl: changed( from [\d,]+ to [\d,]+ bytes)? while it was being read$/);
    assert.equal(next, "  wait until nothing writes to it, then start again");
  }
});
