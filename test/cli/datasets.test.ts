// refeed datasets: what it prints, what it writes and what it refuses.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createDatasetsCommand } from "../../src/cli/datasets.ts";
import type { Environment } from "../../src/cli/environment.ts";
import { openDataset } from "../../src/datasets/registry.ts";
import { DatasetError, RefeedError, UsageError } from "../../src/errors.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

function prepare(context: TestContext) {
  const cwd = createTemporaryFolder(context);
  const run = async (...args: readonly string[]): Promise<string> => {
    let text = "";
    const write = (part: string): void => {
      text += part;
    };
    const output = { write, columns: 72, color: false };
    const environment: Environment = {
      stdout: output,
      stderr: output,
      cwd,
      variables: {},
      clock: systemClock,
      signal: new AbortController().signal,
      command: "npx refeed",
      invocation: "refeed",
      pid: 4711,
      exit: () => assert.fail("no exit code of its own"),
    };
    const command = createDatasetsCommand(environment);
    for (const part of [command, ...command.commands]) {
      part.exitOverride().configureOutput({ writeOut: output.write, writeErr: output.write });
    }
    await command.parseAsync(args, { from: "user" });
    return text;
  };
  const tell = async (...args: readonly string[]): Promise<string> => {
    const error = await run(...args).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof RefeedError, String(error));
    assert.ok(error instanceof UsageError || error instanceof DatasetError);
    return error.next === undefined ? error.message : `${error.message} | ${error.next}`;
  };
  return { cwd, run, tell };
}

test("list names the packaged datasets, as a table and as JSON", async (context) => {
  const { run } = prepare(context);
  assert.equal(
    await run("list"),
    "name      train  test  licence     what\n" +
      "newswire   4000  1500  Apache-2.0  short news with one-sentence summaries\n",
  );
  const lines = (await run("list", "--json")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { name: string }).name),
    ["newswire"],
  );
});

test("show prints counts, lengths, digests and rows", async (context) => {
  const { run } = prepare(context);
  const text = await run("show", "newswire", "--split", "test", "--rows", "1");
  const { digest, splits } = await openDataset(
    { name: "newswire" },
    { folder: ".", signal: new AbortController().signal },
  );
  const [title, empty, head, table, gap, ...row] = text.trimEnd().split("\n");
  assert.equal(title, `newswire  sha256 ${digest}`);
  assert.equal(empty, "");
  assert.match(head!, /^split +rows +article words +median +max +summary words +median +max +sha256$/);
  assert.match(
    table!,
    new RegExp(`^test +1500 +49\\.\\d +5\\d +64 +9\\.\\d +10 +14 +${splits.test.digest.slice(0, 12)}$`),
  );
  assert.equal(gap, "");
  assert.deepEqual(row, [
    "test-0",
    "  article  junora motors bought axitek motors for 90 million in bremstow",
    '           on friday . it took 12 weeks to sign the deal . " it is like',
    '           the day junolon institute discovered a giant shipwreck , "',
    "           said a barber . lumicore motors closed a plant where 20",
    "           people worked in osterby back in the winter .",
    "  summary  junora motors takes axitek motors in bremstow on friday",
  ]);
});

test("show --json carries the rows and the statistics", async (context) => {
  const { run } = prepare(context);
  const shown = JSON.parse(await run("show", "newswire", "--rows", "2", "--json")) as {
    splits: Record<"train" | "test", { count: number; lengths: { article: { max: number } }; rows: { id: string }[] }>;
  };
  assert.deepEqual([shown.splits.train.count, shown.splits.test.count], [4000, 1500]);
  assert.deepEqual(
    shown.splits.train.rows.map(({ id }) => id),
    ["train-0", "train-1"],
  );
  assert.equal(shown.splits.test.lengths.article.max, 64);
});

test("show reads a file with other field names, tells its notes, and shows control characters as text", async (context) => {
  const { cwd, run } = prepare(context);
  const rows = Array.from({ length: 40 }, (_, index) => ({
    text: `\u001b[2J${index}\nb ${"long ".repeat(20)}`,
    summary: "\u202es",
  }));
  writeFileSync(join(cwd, "news.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const text = await run("show", "news.jsonl", "--article", "text", "--rows", "1");
  assert.match(text, /^note: has no ids: the number of its line is the id of a row$/m);
  assert.match(text, /^ {2}article {2}␛\[2J0\n {11}b long long/m);
  assert.match(text, /^ {2}summary {2}⟨U\+202E⟩s$/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is tested
  assert.doesNotMatch(text, /[\u001b\u202e]/);
  for (const line of text.split("\n")) assert.ok(line.length <= 90, line);
});

test("make writes rows that show reads back, and keeps a file that is there", async (context) => {
  const { cwd, run, tell } = prepare(context);
  const made = await run("make", "newswire", "--out", "n.jsonl", "--train", "30", "--test", "10");
  const { splits } = await openDataset(
    { name: "newswire", train: 30, test: 10 },
    { folder: cwd, signal: new AbortController().signal },
  );
  assert.equal(
    made,
    `n.jsonl: 30 train rows, sha256 ${splits.train.digest}\nn.jsonl: 10 test rows, sha256 ${splits.test.digest}\n`,
  );
  const rows = readFileSync(join(cwd, "n.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { split: string });
  assert.deepEqual(
    rows.map(({ split }) => split),
    [...Array(30).fill("train"), ...Array(10).fill("test")],
  );
  const shown = JSON.parse(await run("show", "./n.jsonl", "--json", "--rows", "0")) as {
    notes: string[];
    splits: Record<"train" | "test", { count: number; digest: string }>;
  };
  assert.equal(shown.notes[0], 'is split as its field "split" says');
  assert.deepEqual(
    (["train", "test"] as const).map((split) => [shown.splits[split].count, shown.splits[split].digest]),
    [
      [30, splits.train.digest],
      [10, splits.test.digest],
    ],
  );
  assert.equal(
    await tell("make", "newswire", "--out", "n.jsonl"),
    "n.jsonl: there is a file already | take another name, or say --force to write over it",
  );
  await run("make", "newswire", "--out", "n.jsonl", "--train", "5", "--test", "0", "--seed", "9", "--force");
  const other = readFileSync(join(cwd, "n.jsonl"), "utf8").trimEnd().split("\n");
  assert.equal(other.length, 5);
  assert.notEqual(
    (JSON.parse(other[0]!) as { article: string }).article,
    (rows[0] as unknown as { article: string }).article,
  );
});

test("names, files and counts that cannot be taken are refused", async (context) => {
  const { cwd, tell } = prepare(context);
  writeFileSync(join(cwd, "d.jsonl"), '{"dialogue": "a b", "summary": "a"}\n');
  assert.equal(
    await tell("show", "d.jsonl"),
    'd.jsonl:1:1 (byte 0): has no field "article" for the article; it has "dialogue", "summary" | ' +
      "name the field that holds it: --article <field>",
  );
  assert.equal(
    await tell("show", "newswir"),
    'there is no dataset "newswir" | take newswire, or give a file as ./newswir',
  );
  assert.equal(await tell("make", "x", "--out", "y"), 'there is no dataset "x" | take newswire, or give a file as ./x');
  assert.equal(
    await tell("show", "absent.jsonl"),
    `absent.jsonl: there is no such file | it was looked for at ${cwd}/absent.jsonl`,
  );
  assert.equal(await tell("show", "newswire", "--article", "x"), "newswire has no other fields than its own");
  assert.equal(await tell("show", "newswire", "--rows", "-1"), '"-1" is not a whole number from 0 to 999999999');
});
