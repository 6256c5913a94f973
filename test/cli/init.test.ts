import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createCheckCommand } from "../../src/cli/check.ts";
import { createInitCommand } from "../../src/cli/init.ts";
import { UsageError } from "../../src/errors.ts";
import { speak } from "../helpers/environment.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

test("what it writes is valid as it stands, and the next step is told", async (context) => {
  const cwd = createTemporaryFolder(context);
  const { out } = await speak(createInitCommand, ["deep/My Test"], { cwd });
  assert.equal(
    out,
    "wrote deep/My Test/experiment.yaml and deep/My Test/data.jsonl\nnext: npx refeed run 'deep/My Test/experiment.yaml'\n",
  );
  const rows = readFileSync(join(cwd, "deep/My Test/data.jsonl"), "utf8").trim().split("\n");
  assert.equal(rows.length, 400);
  const checked = await speak(createCheckCommand, ["deep/My Test/experiment.yaml", "--json"], { cwd });
  assert.match(
    checked.error,
    /^dataset: articles have \d+ words at the median and \d+ at most, summaries \d+ and \d+\n$/,
  );
  const { ok, name, arms } = JSON.parse(checked.out);
  assert.deepEqual([ok, name, arms.length], [true, "my-experiment", 4]);
});

test("the folder names the experiment, and here is a folder as well", async (context) => {
  const cwd = join(createTemporaryFolder(context), "trial-1");
  mkdirSync(cwd);
  const { out } = await speak(createInitCommand, [], { cwd });
  assert.match(out, /^wrote experiment\.yaml and data\.jsonl\n/);
  assert.match(readFileSync(join(cwd, "experiment.yaml"), "utf8"), /^name: trial-1$/m);
});

test("nothing is overwritten, and nothing is written beside it", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "data.jsonl"), "mine\n");
  await assert.rejects(speak(createInitCommand, ["."], { cwd }), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, ".: data.jsonl would be overwritten; nothing was written");
    assert.equal(error.next, "name another folder");
    return true;
  });
  assert.deepEqual(readdirSync(cwd), ["data.jsonl"]);
  assert.equal(readFileSync(join(cwd, "data.jsonl"), "utf8"), "mine\n");
});

test("a folder that cannot be is told in one line", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "file"), "");
  await assert.rejects(speak(createInitCommand, ["file/inner"], { cwd }), {
    message: "file/inner: cannot be written to (ENOTDIR)",
    next: "check the path and its permissions, or name another folder",
  });
});
