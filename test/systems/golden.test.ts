// Outputs are frozen: a stage that puts out something else under the same key must raise its `version`, or runs made
// before and after would be mixed. REFEED_GOLDEN=write renews the file once that is done.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { computeParts } from "../../src/corpora/parts.ts";
import type { Policy } from "../../src/domain/corpus.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import { simulateTrial } from "../../src/loop/memory.ts";
import { runTrials } from "../../src/loop/trials.ts";
import { createGaussianSystem } from "../../src/systems/gaussian/system.ts";
import { createLanguageArm, createScriptedSystem, openLanguageFolder } from "../helpers/language-run.ts";
import { idleContext } from "../helpers/memory-records.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

const file = new URL("../golden/stages.json", import.meta.url).pathname;

/** Output digests by stage key, of everything a small experiment asks for. */
async function runLanguage(directory: string): Promise<Record<string, string>> {
  const folder = await openLanguageFolder(directory);
  const system = createScriptedSystem(folder.shelf);
  const signal = new AbortController().signal;
  const execute = createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: () => undefined,
    perform: ({ key, description, inputs }) =>
      system.perform(description, inputs, {
        ...idleContext,
        key,
        signal,
        clock: systemClock,
        ledger: folder.createLedger(key),
      }),
  });
  const keep = { best: null, threshold: null, keep: 0.25 };
  const arms = [
    createLanguageArm("replace"),
    createLanguageArm("previous", { start: "previous" }),
    createLanguageArm("doubling", { corpus: { kind: "accumulate-doubling" } }),
    createLanguageArm("subsample", { corpus: { kind: "accumulate-subsample", budget: null, replacement: true } }),
    createLanguageArm("mix", { corpus: { kind: "mix", share: 0.25 } }),
    createLanguageArm("best", { verifier: "self", selection: { best: 1, threshold: -2, keep: 0.5 } }),
    ...["oracle", "weak", "self", "random"].map((verifier) =>
      createLanguageArm(verifier, { verifier, selection: keep }),
    ),
  ];
  await runTrials(
    arms.map((arm) => ({ arm, seed: 3 })),
    system,
    execute,
    { concurrency: 4, onFailure: () => undefined },
  );
  await folder.close();
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const rows = connection
    .prepare<[], { name: string; output: string }>(
      "SELECT kind || ' ' || version || ' ' || key AS name, output_sha256 AS output FROM stage ORDER BY kind, key",
    )
    .all();
  connection.close();
  return Object.fromEntries(rows.map(({ name, output }) => [name, output]));
}

async function runGaussian(): Promise<Record<string, string>> {
  const system = createGaussianSystem({ computeParts });
  const policies: readonly Policy[] = [{ kind: "replace" }, { kind: "accumulate" }, { kind: "mix", share: 0.1 }];
  const digests: Record<string, string> = {};
  for (const corpus of policies) {
    for (const draws of ["statistics", "rows"] as const) {
      const settings = {
        dimensions: 2,
        samples: 20,
        covariance: "mle",
        draws,
        corpus,
        metrics: ["traceRatio", "meanError"],
      } as const;
      const trial = { arm: { id: "a", generations: 5, settings }, seed: 7 };
      const measured = await simulateTrial(trial, system, idleContext);
      // Nine digits: the last bits of a logarithm are the engine's own.
      const text = JSON.stringify(measured, (_, value) =>
        typeof value === "number" ? Number(value.toPrecision(9)) : value,
      );
      digests[`gaussian ${system.version} ${corpus.kind} ${draws}`] = computeDigest(text);
    }
  }
  return digests;
}

test("every stage puts out what it did when its version was set", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const outputs = { ...(await runLanguage(directory)), ...(await runGaussian()) };
  if (process.env.REFEED_GOLDEN === "write") writeFileSync(file, `${JSON.stringify(outputs, null, 1)}\n`);
  const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  const kinds = new Set(Object.keys(golden).map((name) => name.split(" ")[0]));
  assert.deepEqual([...kinds].sort(), ["assemble", "evaluate", "gaussian", "sample", "select", "train", "verify"]);
  assert.ok(Object.keys(golden).length > 150, `${Object.keys(golden).length} stages`);
  assert.deepEqual(outputs, golden);
});
