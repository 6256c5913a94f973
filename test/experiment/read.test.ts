import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../../src/errors.ts";
import type { LanguageExperiment } from "../../src/experiment/experiment.ts";
import { listPackaged, readExperiment } from "../../src/experiment/read.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

async function tellFault(argument: string, cwd: string): Promise<string> {
  try {
    await readExperiment(argument, { cwd });
    return "read";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ where, what, next }) => `${where}: ${what}${next ? `; ${next}` : ""}`).join("\n");
  }
}

test("a path is relative to the folder given, and paths in the file to the file", async (context) => {
  const cwd = createTemporaryFolder(context);
  mkdirSync(join(cwd, "inner"));
  writeFileSync(join(cwd, "inner", "mine.yaml"), "\ufeffdataset: { name: newswire }\r\nseeds: [4]\r\n");
  const experiment = await readExperiment("inner/mine.yaml", { cwd, sets: ["generations=1"] });
  assert.deepEqual(
    [experiment.name, experiment.file, experiment.folder, experiment.seeds, experiment.arms[0]?.generations],
    ["mine", "inner/mine.yaml", join(cwd, "inner"), [4], 1],
  );
  const outside = await readExperiment(join(cwd, "inner", "mine.yaml"), { cwd: join(cwd, "inner", "deeper") });
  assert.equal(outside.file, join(cwd, "inner", "mine.yaml"));
});

test("what is no text or no file is refused in one line", async (context) => {
  const cwd = createTemporaryFolder(context);
  const write = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(cwd, name), bytes);
  write("latin1.yaml", Buffer.from("name: caf\xe9\n", "latin1"));
  write("utf16.yaml", Buffer.from("\ufeffname: x\n", "utf16le"));
  write("utf16be.yaml", Buffer.from("\ufeffname: x\n", "utf16le").swap16());
  write("large.yaml", "#".repeat(1_000_001));
  write("empty.yaml", "");
  mkdirSync(join(cwd, "folder.yaml"));
  symlinkSync(join(cwd, "nowhere"), join(cwd, "dangling.yaml"));
  symlinkSync("loop.yaml", join(cwd, "loop.yaml"));
  execFileSync("mkfifo", [join(cwd, "pipe.yaml")]);
  const cases: Readonly<Record<string, string>> = {
    "latin1.yaml": "latin1.yaml:1:10: not UTF-8: byte 0xE9; save it as UTF-8",
    "utf16.yaml": "utf16.yaml: is UTF-16; save it as UTF-8",
    "utf16be.yaml": "utf16be.yaml: is UTF-16; save it as UTF-8",
    "large.yaml": "large.yaml: is larger than 1 MB: no experiment is",
    "empty.yaml": "empty.yaml:1:1: the file is empty",
    "folder.yaml": "folder.yaml: is a folder; name the file in it",
    "dangling.yaml": "dangling.yaml: there is no such file",
    "loop.yaml": "loop.yaml: is a link that leads nowhere",
    "pipe.yaml": "pipe.yaml: is no regular file",
    "/dev/zero": "/dev/zero: is no regular file",
    "missing.yaml": "missing.yaml: there is no such file",
    "empty.yaml/x.yaml": "empty.yaml/x.yaml: there is no such file",
  };
  for (const [name, told] of Object.entries(cases)) assert.equal(await tellFault(name, cwd), told);
  assert.equal(
    await tellFault(`${"n".repeat(300)}.yaml`, cwd),
    `${"n".repeat(300)}.yaml: is too long a name for a file`,
  );
});

test("a name is that of a packaged experiment, and the nearest one is told", async (context) => {
  const cwd = createTemporaryFolder(context);
  assert.equal((await readExperiment("newswire", { cwd })).name, "newswire");
  const unknown = "no experiment of this name comes with the package, and a file ends in .yaml";
  assert.equal(await tellFault("newswir", cwd), `newswir: ${unknown}; did you mean newswire?`);
  assert.equal(
    await tellFault("mnist", cwd),
    `mnist: ${unknown}; there are gaussian, newswire, newswire-collapse, newswire-greedy, newswire-hosted, newswire-selection`,
  );
  writeFileSync(join(cwd, "mine.yaml"), "dataset: { name: newswire }\n");
  assert.equal(await tellFault("mine", cwd), `mine: ${unknown}; did you mean mine.yaml?`);
});

test("every packaged experiment is valid, and so is its tiny scale", async () => {
  const names = await listPackaged();
  assert.equal(names.length, 6);
  for (const name of names) {
    const experiment = await readExperiment(name, { cwd: "/" });
    assert.equal(experiment.name, name);
    const tiny = await readExperiment(name, { cwd: "/", sets: ["scale=tiny"] });
    assert.equal(tiny.arms.length, experiment.arms.length);
  }
});

test("packaged templates use the article and nothing else", () => {
  const read = (name: string): string => readFileSync(new URL(`../../prompts/${name}.jinja`, import.meta.url), "utf8");
  assert.equal(read("article"), "{{ article }}\n");
  assert.equal(read("summary"), "Article: {{ article }}. A summary of the article:\n");
});

test("paths that --set gives are those of the command, paths in the file those of the file", async (context) => {
  const cwd = createTemporaryFolder(context);
  mkdirSync(join(cwd, "inner"));
  writeFileSync(join(cwd, "inner", "mine.yaml"), "dataset: { file: rows.jsonl }\nprompt: ./mine.jinja\n");
  const read = async (argument: string, ...sets: readonly string[]) => {
    const { language } = (await readExperiment(argument, { cwd, sets })) as LanguageExperiment;
    return [language.dataset.kind === "file" && language.dataset.file, language.prompt];
  };
  assert.deepEqual(await read("inner/mine.yaml"), ["rows.jsonl", "./mine.jinja"]);
  assert.deepEqual(await read("inner/mine.yaml", "dataset.file=x.jsonl"), [join(cwd, "x.jsonl"), "./mine.jinja"]);
  assert.deepEqual(await read("newswire", "dataset={file: x.jsonl}", "prompt=./x/y.jinja"), [
    join(cwd, "x.jsonl"),
    join(cwd, "x/y.jinja"),
  ]);
  assert.deepEqual(await read("newswire", "dataset={file: /x.jsonl}", "prompt=summary"), ["/x.jsonl", "summary"]);
});
