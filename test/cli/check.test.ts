import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createCheckCommand } from "../../src/cli/check.ts";
import { StoreError } from "../../src/errors.ts";
import { speak } from "../helpers/environment.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const good =
  "dataset: { name: newswire, train: 20, test: 4 }\nseeds: [0, 1]\narms: { corpus: [replace, accumulate] }\n";

test("a valid experiment is told in one line, and what it would touch below it", async (context) => {
  const cwd = createTemporaryFolder(context);
  const check = (...args: readonly string[]) => speak(createCheckCommand, args, { cwd });
  writeFileSync(join(cwd, "good.yaml"), good);
  const first = async (...args: readonly string[]) => {
    const { out, error, code } = await check(...args);
    const [line, ...touched] = out.split("\n");
    assert.deepEqual([error, code, touched.length], ["", 0, 5]);
    return line;
  };
  assert.equal(await first("good.yaml"), "ok: 2 arms x 2 seeds, 3 generations");
  const sets = ["--set", "lines={full: {generations: 0}}", "--set", "seeds=[7]"];
  assert.equal(await first("good.yaml", ...sets), "ok: 2 arms x 1 seed, 3 generations; lines: full");
  assert.deepEqual(JSON.parse((await check("good.yaml", "--json")).out), {
    ok: true,
    name: "good",
    system: "language",
    arms: ["replace", "accumulate"],
    lines: [],
    seeds: 2,
    generations: 3,
  });
  assert.equal(await first("gaussian", "--set", "scale=tiny"), "ok: 4 arms x 5 seeds, 9 generations");
});

test("every problem is told, and the exit code is 2", async (context) => {
  const cwd = createTemporaryFolder(context);
  const check = (...args: readonly string[]) => speak(createCheckCommand, args, { cwd });
  const keys = Array.from({ length: 30 }, (_, index) => `zz${index}: \\u001b\n`).join("");
  writeFileSync(join(cwd, "bad.yaml"), `${good}${keys}`);
  const { out, error, code } = await check("bad.yaml");
  assert.deepEqual([out, code, error.split("\n").length], ["", 2, 22]);
  assert.ok(error.endsWith("\nand 10 more problems\n"));
  const advice = "refeed schema lists every key there is";
  assert.ok(error.startsWith(`bad.yaml:4:1: unknown key zz0; ${advice}\nbad.yaml:5:1: unknown key zz1; ${advice}\n`));
  const json = await check("bad.yaml", "--json", "--set", "generatons=2");
  assert.deepEqual([json.error, json.code], ["", 2]);
  const { ok, problems } = JSON.parse(json.out);
  assert.deepEqual([ok, problems.length], [false, 31]);
  assert.deepEqual(problems[30], {
    where: "--set generatons",
    what: "unknown key generatons",
    next: "did you mean generations?",
  });
});

test("the dataset and the prompt are part of it", async (context) => {
  const cwd = createTemporaryFolder(context);
  const check = (...args: readonly string[]) => speak(createCheckCommand, args, { cwd });
  writeFileSync(join(cwd, "file.yaml"), "dataset: { file: rows.jsonl }\n");
  const missing = await check("file.yaml");
  assert.equal(missing.code, 2);
  assert.match(missing.error, /^rows\.jsonl: .+\n {2}it was looked for at .+\n$/);
  writeFileSync(join(cwd, "rows.jsonl"), '{"article": "a", "summary": "b"}\n{"article": 1}\n');
  assert.match((await check("file.yaml")).error, /^rows\.jsonl:2/);
  writeFileSync(join(cwd, "prompt.yaml"), `${good}prompt: ./mine.jinja\n`);
  assert.equal((await check("prompt.yaml")).error, "./mine.jinja: there is no such file\n");
  writeFileSync(join(cwd, "mine.jinja"), "{{ artcle }}\n");
  assert.match(
    (await check("prompt.yaml")).error,
    /^\.\/mine\.jinja: uses the unknown variable artcle; use one of: article\n/,
  );
  assert.match((await check("nosuch")).error, /^nosuch: no experiment of this name/);
});

test("what is no fault of the files is thrown on", async (context) => {
  const cwd = createTemporaryFolder(context);
  const failing = speak(createCheckCommand, ["gaussian"], {
    cwd,
    write: () => {
      throw new StoreError("disk full");
    },
  });
  await assert.rejects(failing, StoreError);
});
