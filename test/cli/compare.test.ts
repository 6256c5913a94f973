import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createCompareCommand } from "../../src/cli/compare.ts";
import { UsageError } from "../../src/errors.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speakVerb } from "../helpers/verb.ts";

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 3
arms:
  - { corpus: [replace, accumulate] }
seeds: [0, 1, 2, 3]
`;
const cwd = mkdtempSync(join(tmpdir(), "refeed-compare-"));

before(async () => {
  writeFileSync(join(cwd, "small.yaml"), experiment);
  for (const args of [[], ["--run", "runs/twin", "--set", "seeds=[0, 1, 2]"]]) {
    const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet", ...args], { cwd });
    assert.equal(code, 0, stderr);
  }
});

after(() => rmSync(cwd, { recursive: true }));

const speak = (...args: string[]): Promise<string> => speakVerb(createCompareCommand, cwd, args);

test("compare prints a table a metric, by the run's name or its folder", async () => {
  const text = await speak("small");
  assert.match(
    text,
    /^Trace ratio \(1 is real data; below 1 spread is lost\); intervals over seeds\narm +generation +mean /,
  );
  assert.match(text, /^accumulate +3 +\S+ +\S+ to \S+ +4 .*(better|worse|unclear)$/m);
  assert.match(text, /^Squared error of the mean /m);
  for (const name of [join(cwd, "runs/small"), "runs/small"]) assert.equal(await speak(name), text);
});

test("compare --json is one line that holds every pair", async () => {
  const text = await speak("small", "--json", "--metric", "all", "--generation", "2");
  assert.equal(text.indexOf("\n"), text.length - 1);
  const { runs, generation, metrics } = JSON.parse(text) as {
    runs: string[];
    generation: number;
    metrics: { metric: string; arms: { generation: number }[]; pairs: object[] }[];
  };
  assert.deepEqual([runs, generation], [["small"], 2]);
  assert.deepEqual(metrics.map(({ metric }) => metric).slice(0, 2), ["traceRatio", "meanError"]);
  for (const { arms, pairs } of metrics) {
    assert.deepEqual(
      arms.map((arm) => arm.generation),
      [2, 2],
    );
    assert.equal(pairs.length, 1);
  }
});

test("two runs stand side by side and are paired by the seeds both have", async () => {
  const text = await speak("small", "twin", "--metric", "traceRatio", "--against", "small/replace");
  assert.match(text, /^small\/accumulate +3 /m);
  assert.match(text, /^twin\/replace +3 .* 0 +0 to 0 +unclear$/m);
  assert.equal(await speak("runs/small", "runs/twin", "--metric", "traceRatio", "--against", "small/replace"), text);
  const two = await speak("--metric", "traceRatio,meanError", "small", "--json");
  assert.equal(two, await speak("--metric", "traceRatio", "--metric", "meanError", "small", "--json"));
  assert.equal((await speak("small", "runs/small")).includes("small/"), false);
});

test("what cannot be compared is refused with where and what next", async () => {
  const refuse = async (args: readonly string[], kind: typeof UsageError, message: RegExp) => {
    await assert.rejects(speak(...args), (error: unknown) => {
      assert.ok(error instanceof kind, String(error));
      assert.match(`${error.message}; ${error.next}`, message);
      return true;
    });
  };
  await refuse(
    ["small", "--generation", "-1"],
    UsageError,
    /^--generation: not a generation: -1; give a whole number from 0$/,
  );
  await refuse(["small", "--generation", "two"], UsageError, /not a generation: two/);
  await refuse(["small", "--generation", "7"], UsageError, /^small: nothing has been measured at generation 7;/);
  await refuse(["small", "--metric", "rouge1"], UsageError, /^no metric rouge1; choose among traceRatio, meanError/);
  await refuse(["small", "--against", "full"], UsageError, /^no arm full; choose among replace, accumulate$/);
  await refuse(["nowhere"], UsageError, /nowhere/);
});
