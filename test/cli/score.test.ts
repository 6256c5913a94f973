import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Environment } from "../../src/cli/environment.ts";
import { createScoreCommand } from "../../src/cli/score.ts";
import { CancelledError, DatasetError, UsageError } from "../../src/errors.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const predictions = '{"id":"a","prediction":"the cat sat"}\n{"id":"b","prediction":"a dog ran off"}\n';
const references = '{"id":"b","references":["a dog ran","dogs"]}\n{"id":"a","reference":"the cat sat"}\n';

/** A folder with both files in it, and the verb run there. */
function createDesk(context: TestContext) {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "p.jsonl"), predictions);
  writeFileSync(join(folder, "r.jsonl"), references);
  const score = async (...args: readonly string[]): Promise<string> =>
    (await speak(createScoreCommand, args, { cwd: folder })).out;
  return { folder, score };
}

test("prints a table of means with intervals", async (context) => {
  const { score } = createDesk(context);
  const lines = (await score("p.jsonl", "r.jsonl", "--metrics", "rouge1,rougeLsum")).split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    "metric     precision  recall       F   F low  F high",
    "rouge1        0.8750  1.0000  0.9286  0.8571  1.0000",
    "rougeLsum     0.8750  1.0000  0.9286  0.8571  1.0000",
  ]);
  assert.match(lines[4] ?? "", /^2 pairs matched by id; .*percentile bootstrap, 1000 resamples, seed 0/);
});

test("prints JSON under its stable names, and rows in input order", async (context) => {
  const { folder, score } = createDesk(context);
  const result = JSON.parse(await score("p.jsonl", "r.jsonl", "--json", "--rows", "rows.jsonl", "--seed", "7"));
  assert.deepEqual(Object.keys(result), ["pairs", "metrics", "interval", "matchedBy"]);
  assert.deepEqual(Object.keys(result.metrics), ["rouge1", "rouge2", "rougeL"]);
  assert.deepEqual(Object.keys(result.metrics.rouge1), ["precision", "recall", "fmeasure", "low", "high"]);
  assert.deepEqual(result.interval, { kind: "percentile bootstrap", level: 0.95, resamples: 1000, seed: 7 });
  assert.deepEqual([result.pairs, result.matchedBy], [2, "id"]);
  assert.equal(
    readFileSync(join(folder, "rows.jsonl"), "utf8"),
    '{"id":"a","rouge1":[1,1,1],"rouge2":[1,1,1],"rougeL":[1,1,1]}\n' +
      '{"id":"b","rouge1":[0.75,1,0.8571428571428571],"rouge2":[0.6666666666666666,1,0.8],"rougeL":[0.75,1,0.8571428571428571]}\n',
  );
  assert.deepEqual(readdirSync(folder).sort(), ["p.jsonl", "r.jsonl", "rows.jsonl"]);
});

test("stems on request", async (context) => {
  const { folder, score } = createDesk(context);
  writeFileSync(join(folder, "s.jsonl"), '{"prediction":"dogs running"}\n');
  writeFileSync(join(folder, "t.jsonl"), '{"reference":"dog runs"}\n');
  const read = async (...flags: string[]): Promise<number> =>
    JSON.parse(await score("s.jsonl", "t.jsonl", "--json", ...flags)).metrics.rouge2.fmeasure;
  assert.deepEqual([await read(), await read("--stem")], [0, 1]);
});

test("refuses what it cannot take, and leaves nothing behind", async (context) => {
  const { folder, score } = createDesk(context);
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "bad.jsonl"), '{"id":"a","prediction":"x"}\n{"id":"b"}\n');
  writeFileSync(join(folder, "rows.jsonl"), "what stood there");
  const refusals: readonly (readonly [args: string, kind: typeof UsageError | typeof DatasetError, message: string])[] =
    [
      ["p.jsonl missing.jsonl", DatasetError, "missing.jsonl: there is no such file"],
      ["folder r.jsonl", DatasetError, "folder: is a folder, not a file"],
      ["/dev/null r.jsonl", DatasetError, "/dev/null: is a device, not a file"],
      ["bad.jsonl r.jsonl --rows rows.jsonl", DatasetError, 'bad.jsonl:2: has no "prediction", only "id"'],
      ["p.jsonl r.jsonl --metrics rouge1,bleu", UsageError, '--metrics: unknown metric "bleu"'],
      ["p.jsonl r.jsonl --metrics=", UsageError, '--metrics: unknown metric ""'],
      ["p.jsonl r.jsonl --seed 1.5", UsageError, '--seed: "1.5" is not a whole number from 0 to 9007199254740991'],
      ["p.jsonl r.jsonl --workers 0", UsageError, '--workers: "0" is not a whole number from 1 to 64'],
      ["p.jsonl r.jsonl --rows ./p.jsonl", UsageError, "--rows ./p.jsonl: is one of the files to score"],
      ["p.jsonl r.jsonl --rows folder", UsageError, "folder: is a folder"],
      ["p.jsonl r.jsonl --rows no/rows.jsonl", UsageError, "no/rows.jsonl: cannot be written (ENOENT)"],
    ];
  for (const [args, kind, message] of refusals) {
    await assert.rejects(score(...args.split(" ")), (error) => {
      assert.ok(error instanceof kind, String(error));
      assert.equal(error.message, message);
      assert.equal(error.exitCode, 2);
      return true;
    });
  }
  assert.equal(refusals.length, 11);
  assert.equal(readFileSync(join(folder, "rows.jsonl"), "utf8"), "what stood there");
  assert.deepEqual(readdirSync(folder).sort(), ["bad.jsonl", "folder", "p.jsonl", "r.jsonl", "rows.jsonl"]);
});

test("rows go to a name of 255 bytes, and through no link that waits beside it", async (context) => {
  const { folder, score } = createDesk(context);
  writeFileSync(join(folder, "precious"), "as it was");
  symlinkSync("precious", join(folder, "rows.jsonl.tmp"));
  for (const name of ["rows.jsonl", "n".repeat(255)]) {
    await score("p.jsonl", "r.jsonl", "--rows", name);
    assert.equal(readFileSync(join(folder, name), "utf8").split("\n").length, 3);
  }
  assert.equal(readFileSync(join(folder, "precious"), "utf8"), "as it was");
});

test("an interrupt says so and leaves nothing behind", async (context) => {
  const { folder } = createDesk(context);
  const reason = new CancelledError(undefined, "SIGTERM");
  const create = (environment: Environment) =>
    createScoreCommand({ ...environment, signal: AbortSignal.abort(reason) });
  await assert.rejects(speak(create, ["p.jsonl", "r.jsonl", "--rows", "rows.jsonl"], { cwd: folder }), (error) => {
    assert.ok(error instanceof CancelledError);
    assert.deepEqual([error.exitCode, error.message], [143, "interrupted, nothing was written"]);
    return true;
  });
  assert.deepEqual(readdirSync(folder).sort(), ["p.jsonl", "r.jsonl"]);
});

test("from the shell: exit code 2, one line, a hint and no stack for bad input; no temporary file stays", async (context) => {
  const { folder } = createDesk(context);
  const temporary = createTemporaryFolder(context);
  writeFileSync(join(folder, "bad.jsonl"), `${predictions}oops\n`);
  const options = { cwd: folder, env: { TMPDIR: temporary } };
  const { code, stdout, stderr } = await runRefeed(["score", "bad.jsonl", "r.jsonl"], options);
  assert.deepEqual([code, stdout], [2, ""]);
  const lines = stderr.split("\n");
  assert.equal(lines[0], "bad.jsonl:3:1: not valid JSON: oops is not a JSON value");
  assert.match(lines[1] ?? "", /^ {2}write one object a line/);
  assert.equal(lines.length, 3);
  const good = await runRefeed(["score", "p.jsonl", "r.jsonl", "--json"], options);
  assert.deepEqual([good.code, good.stderr, JSON.parse(good.stdout).pairs], [0, "", 2]);
  assert.deepEqual(readdirSync(temporary), []);
});
