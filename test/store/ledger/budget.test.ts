// What is spent and reserved against the budget, answers that are no rows, and a run of an older version.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { Amount, Budget } from "../../../src/domain/context.ts";
import { BudgetError, StoreError } from "../../../src/errors.ts";
import { readKnownRun } from "../../../src/store/known-stages.ts";
import { openRunFolder, type RunFolder } from "../../../src/store/run-folder.ts";
import { migrations } from "../../../src/store/schema.ts";
import { readStatus } from "../../../src/store/status.ts";
import fc from "../../helpers/properties.ts";
import { createStageRequest } from "../../helpers/stage-request.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const request = createStageRequest("verify");

async function open(directory: string, budget: Partial<Budget> = {}): Promise<RunFolder> {
  const folder = await openRunFolder(directory, {
    clock: systemClock,
    holder: { pid: process.pid },
    budget,
    gatherMs: 0,
  });
  await folder.records.begin(request);
  return folder;
}

const none = { usd: 0, requests: 0, tokens: 0 };
const asked = { rowCount: 0, isOutside: true, costUsd: 0.5, tokenCount: 100 };
const usage = { url: "http://127.0.0.1:1/v1", promptTokens: 30, completionTokens: 5, usd: 0.2 };

test("what a request may cost is reserved; answered, it counts at what it cost; the cap is never passed", async (context) => {
  const folder = await open(join(createTemporaryFolder(context), "run"), { usd: 1 });
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "a", ...asked });
  await ledger.intend({ key: "b", ...asked });
  assert.deepEqual(folder.readSpending(), {
    spent: none,
    reserved: { usd: 1, requests: 2, tokens: 200 },
    possiblyPaid: none,
  });
  await assert.rejects(ledger.intend({ key: "c", ...asked }), (error) => {
    assert.ok(error instanceof BudgetError);
    assert.equal(error.exitCode, 4);
    assert.match(
      error.message,
      /^budget.usd: the budget of \$1 is reached: \$0 spent, \$1 reserved for requests under way; the next request may take \$0.5$/,
    );
    assert.equal(error.isFull, true);
    assert.match(error.next ?? "", /--max-cost/);
    return true;
  });
  ledger.account("a", usage);
  await ledger.record("a", { text: "yes" });
  await ledger.settle("b", { state: "retryable", reason: "busy" });
  const spent = { usd: 0.2, requests: 2, tokens: 35 };
  assert.deepEqual(folder.readSpending(), { spent, reserved: none, possiblyPaid: none });
  await ledger.intend({ key: "c", ...asked });
  // Nobody will ever know what became of it; what nobody holds will be given back by nobody.
  await ledger.settle("c", { state: "unknown", reason: "the connection was reset" });
  const lost = { usd: 0.5, requests: 1, tokens: 100 };
  assert.deepEqual(folder.readSpending(), { spent, reserved: none, possiblyPaid: lost });
  await assert.rejects(ledger.intend({ key: "c", ...asked }), (error) => {
    assert.ok(error instanceof BudgetError);
    assert.match(error.message, /reached: \$0.2 spent, \$0.5 possibly paid; the next request may take \$0.5$/);
    assert.equal(error.isFull, false);
    return true;
  });
  await folder.close();
});

test("requests and tokens have caps of their own, and work inside the process counts for none", async (context) => {
  const root = createTemporaryFolder(context);
  const [few, short] = [
    await open(join(root, "few"), { requests: 1 }),
    await open(join(root, "short"), { tokens: 150 }),
  ];
  for (const [folder, unit] of [
    [few, "requests"],
    [short, "tokens"],
  ] as const) {
    const ledger = folder.createLedger(request.key);
    await ledger.intend({ key: "a", ...asked });
    await assert.rejects(ledger.intend({ key: "b", ...asked }), new RegExp(`budget.${unit}: the budget of `));
    await ledger.intend({ key: "own", rowCount: 1, isOutside: false });
    assert.equal(folder.readSpending().reserved.requests, 1);
    await folder.close();
  }
});

test("what a server does not count stays counted as it was reserved, so that no cap is passed by silence", async (context) => {
  const folder = await open(join(createTemporaryFolder(context), "run"), { tokens: 250 });
  const ledger = folder.createLedger(request.key);
  const silences = [
    { promptTokens: null, completionTokens: null },
    { promptTokens: null, completionTokens: 5 },
  ];
  for (const [index, counted] of silences.entries()) {
    const key = String(index);
    await ledger.intend({ key, ...asked });
    ledger.account(key, { ...usage, ...counted });
    await ledger.record(key, "yes");
  }
  assert.equal(folder.readSpending().spent.tokens, 200);
  assert.equal(folder.readSpending().reserved.tokens, 0);
  await assert.rejects(ledger.intend({ key: "2", ...asked }), BudgetError);
  await folder.close();
});

test("what never left is no request of the budget", async (context) => {
  const folder = await open(join(createTemporaryFolder(context), "run"), { requests: 1 });
  const ledger = folder.createLedger(request.key);
  for (let count = 0; count < 3; count++) {
    await ledger.intend({ key: "a", ...asked });
    await ledger.settle("a", { state: "retryable", reason: "nobody listens there", isUnsent: true });
  }
  assert.deepEqual(folder.readSpending(), { spent: none, reserved: none, possiblyPaid: none });
  await ledger.intend({ key: "a", ...asked });
  await ledger.settle("a", { state: "retryable", reason: "429" });
  await assert.rejects(ledger.intend({ key: "a", ...asked }), BudgetError);
  await folder.close();
});

test("what is announced again because it is under way is no further request", async (context) => {
  const folder = await open(join(createTemporaryFolder(context), "run"), { requests: 2 });
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "a", ...asked });
  for (let count = 0; count < 3; count++) {
    await ledger.settle("a", { state: "retryable", reason: "its batch was found again" });
    await ledger.intend({ key: "a", ...asked, isOutside: false });
  }
  assert.deepEqual(folder.readSpending(), {
    spent: none,
    reserved: { usd: 0.5, requests: 1, tokens: 100 },
    possiblyPaid: none,
  });
  await ledger.intend({ key: "b", ...asked });
  await folder.close();
});

test("a budget is full only as long as requests are under way, however their dollars add up", async (context) => {
  const folder = await open(join(createTemporaryFolder(context), "run"), { usd: 2e9 });
  const ledger = folder.createLedger(request.key);
  folder.readSpending();
  // In binary 1e9 + 0.1 - 1e9 - 0.1 is not 0.
  for (const [key, costUsd] of [
    ["a", 1e9],
    ["b", 0.1],
  ] as const)
    await ledger.intend({ key, ...asked, costUsd });
  for (const key of ["a", "b"]) await ledger.settle(key, { state: "retryable", reason: "busy" });
  const tooMuch = ledger.intend({ key: "c", ...asked, costUsd: 3e9 });
  await assert.rejects(tooMuch, (error) => error instanceof BudgetError && !error.isFull);
  await folder.close();
});

test("what was only announced and is sent after all is a request of the budget, once", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory, { requests: 1 });
  await folder.writeRun({ name: "run", source: "", resolved: {} });
  const ledger = folder.createLedger(request.key);
  folder.readSpending();
  await ledger.intend({ key: "a", ...asked, isOutside: false });
  await ledger.settle("a", { state: "retryable", reason: "it came back from no batch" });
  assert.deepEqual(folder.readSpending().reserved, none);
  await ledger.intend({ key: "a", ...asked });
  const spending = { spent: none, reserved: { usd: 0.5, requests: 1, tokens: 100 }, possiblyPaid: none };
  assert.deepEqual(folder.readSpending(), spending);
  assert.deepEqual(readStatus(directory).reserved, spending.reserved);
  await assert.rejects(ledger.intend({ key: "b", ...asked }), BudgetError);
  await folder.close();
});

test("spent, reserved and possibly paid are the sums of the attempts whatever happens to them, and status says the same", async (context) => {
  const root = createTemporaryFolder(context);
  let count = 0;
  const step = fc.tuple(
    fc.constantFrom("intend", "announce", "settle", "unsent", "lose", "answer", "fault", "model", "anew"),
    fc.integer({ min: 0, max: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const directory = join(root, String(count++));
      const folder = await open(directory);
      await folder.writeRun({ name: "run", source: "", resolved: {} });
      const ledger = folder.createLedger(request.key);
      let anewCount = 0;
      const begun = new Set<string>();
      const unsent = new Set<string>();
      // From here on they are kept, not summed.
      folder.readSpending();
      folder.readAnswered();
      for (const [what, index] of steps) {
        // A row of an older run, and a proof.
        const key = ["attempt 0", "attempt 1", "probe/row", "probe/teacher/models"][index] as string;
        const intent = { ...asked, key, rowCount: index === 3 ? 0 : 1 };
        if (what === "fault") {
          // A write at fault takes the transaction of its company back, which is then done again without it.
          const [intended, wrong] = [ledger.intend(intent), ledger.record("never intended", 1)];
          await assert.rejects(wrong, StoreError);
          await intended;
          begun.add(key);
        } else if (what === "model") {
          // Whatever its stage had begun has brought what it was for.
          const draft = await folder.shelf.createDraft(request.key);
          writeFileSync(draft, String(index));
          await folder.shelf.writeModel(request.key, draft);
        } else if (what === "announce" && !unsent.has(key)) {
          // Of one that was never sent it is no request yet.
          await ledger.intend({ ...intent, isOutside: false });
          begun.add(key);
        } else if (what === "intend" || what === "announce" || !begun.has(key)) {
          await ledger.intend(intent);
          begun.add(key);
          unsent.delete(key);
        } else if (what === "answer") {
          ledger.account(key, usage);
          await ledger.record(key, index);
        } else if (what === "anew") {
          const inputs = [{ key: "i".repeat(64), kind: "sample", value: null, digest: String(anewCount++) } as const];
          await folder.records.begin({ ...request, inputs });
        } else {
          const state = what === "lose" ? "unknown" : "retryable";
          await ledger.settle(key, { state, reason: what, ...(what === "unsent" && { isUnsent: true }) });
          // What never left cannot be under way, and nobody announces it.
          if (what === "unsent") {
            begun.delete(key);
            unsent.add(key);
          }
        }
      }
      const { spent, reserved, possiblyPaid } = folder.readSpending();
      const answered = folder.readAnswered().get(request.key)?.calls ?? 0;
      const status = readStatus(directory);
      assert.deepEqual([status.spent, status.reserved, status.possiblyPaid], [spent, reserved, possiblyPaid]);
      await folder.close();
      assert.equal(readKnownRun(directory).stages.find(({ key }) => key === request.key)?.answered, answered);
      assert.deepEqual(folder.readSpending(), { spent, reserved, possiblyPaid });
      // What its process had under way nobody will see an answer of.
      const after = readStatus(directory);
      assert.deepEqual([after.spent, after.reserved], [spent, none]);
      for (const { unanswered, possiblyPaidTwice, possiblyPaid: unseen } of [status, after]) {
        assert.equal(unanswered + possiblyPaidTwice, unseen.requests);
      }
      const unseen = add(reserved, possiblyPaid);
      assert.deepEqual(after.possiblyPaid, unseen);
      const again = await open(directory);
      assert.deepEqual(again.readSpending(), { spent, reserved: none, possiblyPaid: unseen });
      await again.close();
      const connection = new Database(join(directory, "state.db"), { readonly: true });
      const summed = connection
        .prepare<[], Record<"usd" | "requests" | "tokens", number>>(
          `SELECT coalesce(sum(cost_usd), 0) AS usd, coalesce(sum(try_count), 0) AS requests,
             coalesce(sum(token_count + try_token_count), 0) AS tokens FROM attempt WHERE is_outside = 1`,
        )
        .get()!;
      connection.close();
      const { usd, ...counted } = add(spent, unseen);
      assert.deepEqual(counted, { requests: summed.requests, tokens: summed.tokens });
      assert.ok(Math.abs(usd - summed.usd) < 1e-9);
      for (const amount of [spent, reserved, possiblyPaid]) {
        assert.ok(Math.min(...Object.values(amount)) >= 0, JSON.stringify({ spent, reserved, possiblyPaid }));
      }
    }),
    // A fault has everything summed anew, and hides what went wrong before it: one sequence has none.
    {
      numRuns: 12,
      examples: [
        [["intend", "model", "announce", "answer", "intend", "model", "lose"].map((what) => [what, 0])],
        [["intend", "model", "answer", "answer"].map((what) => [what, 0])],
        [["intend", "anew", "intend", "lose", "anew", "intend", "answer"].map((what) => [what, 0])],
      ],
    },
  );
});

const add = (one: Amount, other: Amount): Amount => ({
  usd: Math.round((one.usd + other.usd) * 1e9) / 1e9,
  requests: one.requests + other.requests,
  tokens: one.tokens + other.tokens,
});

test("an answer is recalled by another process, is refused where it is damaged, and goes with the inputs it was for", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const first = await open(directory);
  const ledger = first.createLedger(request.key);
  for (const key of ["a", "b"]) {
    await ledger.intend({ key, ...asked });
    await ledger.record(key, { text: `answer ${key}`, terms: [-0.1, -1.23456789012345] });
  }
  assert.equal(ledger.recall("c"), undefined);
  await first.close();
  const connection = new Database(join(directory, "state.db"));
  connection.exec("UPDATE answer SET value = replace(value, 'answer b', 'other b')");
  connection.close();
  const second = await open(directory);
  const again = second.createLedger(request.key);
  assert.deepEqual(again.recall("a"), { text: "answer a", terms: [-0.1, -1.23456789012345] });
  assert.throws(
    () => again.recall("b"),
    (error) => error instanceof StoreError && /is damaged/.test(error.message),
  );
  const input = { key: "i".repeat(64), kind: "sample", value: null, digest: "another" } as const;
  await second.records.begin({ ...request, inputs: [input] });
  assert.equal(again.recall("a"), undefined);
  assert.equal(second.readSpending().spent.requests, 2);
  await second.close();
});

test("a run of every older version is copied, brought up to date and counted", async (context) => {
  const root = createTemporaryFolder(context);
  for (let version = 1; version < migrations.length; version++) {
    const directory = join(root, `v${version}`);
    mkdirSync(directory, { mode: 0o700 });
    const file = join(directory, "state.db");
    const old = new Database(file);
    for (const migration of migrations.slice(0, version)) old.exec(migration);
    old.exec(`
      INSERT INTO run VALUES (1, 'old', 0, 'interrupted', NULL, '{}', '');
      INSERT INTO stage (id, key, kind, version, parameters, inputs, state) VALUES (1, '${request.key}', 'verify', 1, 'null', '[]', 'running');
      INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_usd, cost_usd, token_count, intended_ms)
        VALUES (1, 'a', 1, 'sent', 1, 0.5, 0.75, 7, 0);
    `);
    old.pragma(`user_version = ${version}`);
    old.close();
    const folder = await open(directory, { usd: 1 });
    // What its process had sent was never answered: a try of 0.5 may have been paid.
    assert.deepEqual(folder.readSpending(), {
      spent: { usd: 0.25, requests: 0, tokens: 7 },
      reserved: none,
      possiblyPaid: { usd: 0.5, requests: 1, tokens: 0 },
    });
    await assert.rejects(folder.createLedger(request.key).intend({ key: "b", ...asked }), BudgetError);
    await folder.close();
    assert.ok(existsSync(`${file}.v${version}`));
    const copy = new Database(`${file}.v${version}`, { readonly: true });
    assert.equal(copy.pragma("user_version", { simple: true }), version);
    copy.close();
  }
});
