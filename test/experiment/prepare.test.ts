import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError } from "../../src/errors.ts";
import { prepareExperiment } from "../../src/experiment/prepare.ts";
import { readExperiment } from "../../src/experiment/read.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const { signal } = new AbortController();

test("arms are held against the rows of a file once it is read", async (context) => {
  const cwd = createTemporaryFolder(context);
  const rows = Array.from({ length: 40 }, (_, index) => `{"article": "a ${index}", "summary": "b ${index}"}\n`);
  writeFileSync(join(cwd, "rows.jsonl"), rows.join(""));
  const arms = "arms: { corpus: [replace, { policy: mix, share: 90% }] }\n";
  writeFileSync(join(cwd, "mine.yaml"), `dataset: { file: rows.jsonl, train: 20 }\nreal: 10%\n${arms}`);
  const experiment = await readExperiment("mine.yaml", { cwd });
  await assert.rejects(prepareExperiment(experiment, signal), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.problems, [
      {
        where: "mine.yaml",
        what: "arm mix: corpus.share: a share of 0.9 of 20 rows is 18 real rows, but there are 2",
        next: "lower the share, keep fewer candidates or train generation 0 on more real data",
      },
    ]);
    return true;
  });
  const met = await readExperiment("mine.yaml", { cwd, sets: ["real=90%"] });
  assert.equal((await prepareExperiment(met, signal)).materials?.dataset.train.rowCount, 20);
});

test("what is wrong with the dataset and with the prompt is told at once", async (context) => {
  const cwd = createTemporaryFolder(context);
  const row = (index: number): string => `{"article": "a ${index}", "summary": "b ${index}"}\n`;
  writeFileSync(join(cwd, "rows.jsonl"), Array.from({ length: 40 }, (_, index) => row(index)).join(""));
  writeFileSync(join(cwd, "mine.jinja"), "{{ article }} {{ author }}");
  const cases = [
    ["dataset: { file: none.jsonl }\nprompt: ./none.jinja\n", [/^none\.jsonl: /, /^\.\/none\.jinja: /]],
    ["dataset: { file: none.jsonl }\nprompt: ./mine.jinja\n", [/^none\.jsonl: /, /unknown variable author/]],
    [
      "dataset: { file: rows.jsonl, train: 20 }\nreal: 10%\ncorpus: { policy: mix, share: 90% }\nprompt: ./none.jinja\n",
      [/arm mix: corpus\.share/, /none\.jinja/],
    ],
  ] as const;
  for (const [text, expected] of cases) {
    writeFileSync(join(cwd, "mine.yaml"), text);
    await assert.rejects(prepareExperiment(await readExperiment("mine.yaml", { cwd }), signal), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.equal(error.problems.length, expected.length);
      for (const [index, { where, what }] of error.problems.entries())
        assert.match(`${where}: ${what}`, expected[index]!);
      return true;
    });
  }
});
