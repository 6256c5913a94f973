// A run over a hosted sampler that buys draw by draw is stopped in the middle of a prompt, and goes on with what is missing.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import type { Candidate } from "../../../src/domain/rows.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createHostedSampler } from "../../../src/providers/control/sampler.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import type { CreateSampleRequest, Outcome } from "../../../src/providers/exchange.ts";
import { createLanguageArm, createScriptedSystem, openLanguageFolder } from "../../helpers/language-run.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

test("a draw that is committed is not bought again, whatever its prompt still misses", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const bought: string[] = [];
  const attempt = async (mostCalls: number): Promise<void> => {
    const folder = await openLanguageFolder(directory);
    const createRequest: CreateSampleRequest = ({ prompt, draws, attempt: key }) => ({
      ...{ key, rowCount: 1, mostUsd: 0, mostTokens: 8 },
      async send({ url }): Promise<Outcome<readonly Candidate[]>> {
        if (bought.length >= mostCalls) return { kind: "unpaid", reason: "the account is empty", next: "fill it" };
        bought.push(`${prompt.id}#${draws[0]}`);
        await setTimeout(1);
        const place = { promptId: prompt.id, draw: draws[0] as number, attempt: key };
        const text = { completion: "a story", finish: "stop" as const, reason: null };
        const terms = { logProbability: -1, tokenCount: 2, tokenLogProbabilities: null };
        const usage = { url, promptTokens: 3, completionTokens: 2, usd: 0 };
        return { kind: "answered", answer: [{ ...place, ...text, ...terms }], usage };
      },
    });
    const limits = { concurrency: 4, requests: null, tokens: null, waitMs: 1000, tries: 2 };
    const time = createTime(systemClock);
    const random = createRandom(Uint32Array.of(1));
    const controller = createController({ name: "teacher", targets: [{ url: "http://one" }], limits, time, random });
    const sampler = createHostedSampler({ version: 1, controller, createRequest, draws: "single" });
    const system = createScriptedSystem(folder.shelf, { sampler });
    const signal = new AbortController().signal;
    const execute = createDurableExecutor({
      records: folder.records,
      signal,
      onEvent: () => undefined,
      perform: ({ key, description, inputs }) =>
        system.perform(description, inputs, {
          ...{ key, signal, clock: systemClock, progress: { report: () => undefined } },
          ledger: folder.createLedger(key),
        }),
    });
    const decoding = { temperature: 1, topP: null, topK: null, maxTokens: 16, stop: [] };
    const arm = createLanguageArm("hosted", { sample: { ...decoding, candidates: 3 }, metrics: [] }, 1);
    try {
      await runTrials([{ arm, seed: 0 }], system, execute, { concurrency: 1, onFailure: () => undefined });
    } finally {
      await folder.close();
    }
  };

  // 24 prompts of 3 draws: 31 calls end within a prompt.
  await assert.rejects(attempt(31), /the account is empty/);
  assert.equal(bought.length, 31);
  await attempt(Number.POSITIVE_INFINITY);
  assert.equal(bought.length, 72);
  assert.equal(new Set(bought).size, 72);
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const states = connection.prepare("SELECT state, count(*) AS count FROM attempt GROUP BY state").all();
  connection.close();
  // The two models were trained by an attempt each.
  assert.deepEqual(states, [{ state: "done", count: 74 }]);
});
