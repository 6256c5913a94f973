// A run that serves its models to itself gives what it gives in process: the same stages, the same metrics, byte for byte.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { speakLine } from "../../helpers/host.ts";
import { createHosted } from "../../helpers/small-hosted.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

test("through its own server a run writes the metrics it writes in process", async (context) => {
  const cwd = createTemporaryFolder(context);
  const run = async (name: string, endpoint: string | null): Promise<Buffer> => {
    writeFileSync(join(cwd, `${name}.yaml`), createHosted({ endpoint }));
    const { code, stderr } = await speakLine(["run", `${name}.yaml`, "--run", name, "--quiet"], { cwd });
    assert.equal(code, 0, stderr);
    return readFileSync(join(cwd, name, "report/metrics.csv"));
  };
  const local = await run("local", null);
  assert.ok(local.length > 300);
  assert.deepEqual(await run("hosted", "serve"), local);
  const spent = async (name: string) =>
    (
      JSON.parse((await speakLine(["status", name, "--json"], { cwd })).stdout) as {
        spent: { requests: number; usd: number };
      }
    ).spent;
  assert.equal((await spent("local")).requests, 0);
  const { requests, usd } = await spent("hosted");
  // Two generations' answers to the test rows, the prompts twice, and what is scored: all of it was asked.
  assert.ok(requests > 100 && usd === 0, `${requests} requests`);
  // The way an answer takes is in no key: what the one has done the other need not do again.
  const again = await speakLine(["run", "local.yaml", "--run", "hosted"], { cwd });
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /is finished: all \d+ stages are done, nothing to run/);
});

test("a plan counts what proves the models as well: just as many requests leave as it says", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "counted.yaml"), createHosted({ endpoint: "serve", train: 16 }));
  // Every prompt is a request and every candidate is kept: nothing is left to chance.
  const sets = ["sample.candidates=1", "arms={verifier: none}", "dataset.test=4"].flatMap((set) => ["--set", set]);
  const ask = async (verb: string): Promise<readonly Told[]> => {
    const { code, stdout, stderr } = await speakLine([verb, "counted.yaml", "--json", ...sets], { cwd });
    assert.equal(code, 0, stderr);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Told);
  };
  const planned = (await ask("plan")).reduce((sum, { calls = 0 }) => sum + calls, 0);
  const last = (await ask("run")).findLast(({ event, spent }) => event === "stage-finished" && spent !== undefined);
  assert.equal(last?.spent?.requests, planned);
  const status = JSON.parse((await speakLine(["status", "--json"], { cwd })).stdout) as Told;
  assert.deepEqual([status.spent, status.reserved], [last?.spent, last?.reserved]);
  assert.deepEqual(status.reserved, { usd: 0, requests: 0, tokens: 0 });
});

interface Told {
  readonly event?: string;
  readonly calls?: number;
  readonly spent?: { readonly requests: number };
  readonly reserved?: unknown;
}
