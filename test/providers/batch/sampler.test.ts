import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { createStream } from "../../../src/contracts/case.ts";
import { createSamplerSuite } from "../../../src/contracts/sampler-suite.ts";
import type { SampleRequest } from "../../../src/domain/ports.ts";
import type { Candidate } from "../../../src/domain/rows.ts";
import { BudgetError } from "../../../src/errors.ts";
import { launchName } from "../../../src/providers/batch/service.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { plainDialect } from "../../../src/providers/openai/body.ts";
import { createProvider } from "../../../src/providers/provider.ts";
import { answer, type BatchHabits, type BatchServer, type Line, startBatchServer } from "../../helpers/batch-server.ts";
import { close, createDisk, createDurableContext, type Disk } from "../../helpers/durable-ledger.ts";
import { createEndpoint, quickLimits } from "../../helpers/endpoint.ts";
import { sendJson } from "../../helpers/loopback.ts";

const key = "sk-canary-0123456789abcdef";
const model = { lineage: "f".repeat(64), file: "", digest: "" };
const prompts = Array.from({ length: 6 }, (_, at) => ({ id: `p${at}`, text: `a b c d e f number ${at} of them` }));
const request: SampleRequest = {
  ...{ model, draws: 2, temperature: 1, topP: null, topK: null, maxTokens: 50, seed: "s", promptCount: 6 },
};
const startSeconds = 1_700_000_100;

interface Process {
  /** Samples what the disk does not have yet, as a run that goes on does. */
  run(): Promise<readonly Candidate[]>;
  readonly disk: Disk;
}

interface ProcessOptions {
  readonly disk?: Disk;
  readonly rows?: Candidate[];
  readonly change?: Partial<EndpointSettings>;
  readonly step?: () => Promise<void>;
  readonly signal?: AbortSignal;
  readonly mostRows?: number;
  readonly settleMs?: number;
  /** Of the model that the endpoint was found to serve. */
  readonly fingerprint?: string;
  /** Called before each intent of a row; what it throws refuses it. */
  readonly onIntend?: (key: string) => void;
}

/** One process of a run: rows that came are on the disk with their attempt closed, as the store has it. */
function open(context: TestContext, server: BatchServer, options: ProcessOptions = {}): Process {
  const { disk = createDisk(), rows = [], change = {}, step = async () => undefined, mostRows = 100 } = options;
  const { fingerprint, onIntend = () => undefined } = options;
  const now = () => 1000 * startSeconds + performance.now();
  const endpoint = createEndpoint({ urls: [`${server.url}/v1`], mode: "batch", draws: "n", ...change });
  const provider = createProvider(endpoint, {
    secret: key,
    clock: { now, monotonic: () => performance.now() },
    batch: { pauseMs: 1, settleMs: options.settleMs ?? 20, mostRows },
    ...(fingerprint && { enter: async () => ({ mostDraws: 2 ** 31, dialect: plainDialect, fingerprint }) }),
  });
  context.after(() => provider.close());
  const signal = options.signal ?? new AbortController().signal;
  return {
    disk,
    async run() {
      const { ledger, ...rest } = createDurableContext(disk, { signal, now, step });
      const intend: typeof ledger.intend = async (attempt) => {
        if (attempt.rowCount > 0) onIntend(attempt.key);
        await ledger.intend(attempt);
      };
      const durable = { ...rest, ledger: { ...ledger, intend } };
      const done = new Set(rows.map(({ promptId }) => promptId));
      const missing = prompts.filter(({ id }) => !done.has(id));
      const parts = new Map<string, Candidate[]>();
      for await (const candidate of provider.sampler.sample(createStream(missing), request, durable)) {
        const part = [...(parts.get(candidate.attempt) ?? []), candidate];
        parts.set(candidate.attempt, part);
        if (part.length < request.draws) continue;
        await step();
        close(disk, candidate.attempt);
        rows.push(...part);
      }
      return rows;
    },
  };
}

const places = (rows: readonly Candidate[]): string[] => rows.map(({ promptId, draw }) => `${promptId}#${draw}`).sort();
const all = prompts.flatMap(({ id }) => [`${id}#0`, `${id}#1`]);
const handedIn = ({ batches }: BatchServer): number[] => batches.map(({ lines }) => lines.length);
const cut: NonNullable<BatchHabits["created"]> = (_, response) => {
  response.destroy();
  return true;
};

test("the contract of a sampler holds", async (context) => {
  const server = await startBatchServer(context, { looks: 0 });
  const endpoint = createEndpoint({ urls: [`${server.url}/v1`], mode: "batch", draws: "single" });
  const clock = { now: () => 1000 * startSeconds, monotonic: () => performance.now() };
  const provider = createProvider(endpoint, { secret: key, clock, batch: { pauseMs: 1, settleMs: 1 } });
  context.after(() => provider.close());
  const suite = createSamplerSuite({ sampler: provider.sampler, model, prompts, maxTokens: 50, isSeeded: true });
  // Plans and batches are attempts of their own, which bring no rows; the next test looks at the intents of rows.
  const cases = suite.filter(({ name }) => !name.startsWith("nothing is begun"));
  assert.equal(cases.length, suite.length - 1);
  for (const { name, run } of cases) await context.test(name, run);
});

test("a row is paid for at the price of a batch", async (context) => {
  const pay = async (change: Partial<EndpointSettings>): Promise<number> => {
    const server = await startBatchServer(context);
    const { run, disk } = open(context, server, { change });
    await run();
    return [...disk.usages.values()].reduce((sum, { usd }) => sum + usd, 0);
  };
  const [whole, half] = [
    { input: 0, output: 4, request: 0 },
    { input: 0, output: 2, request: 0 },
  ];
  const live = await pay({ price: whole });
  assert.ok(live > 0);
  assert.equal(await pay({ price: whole, batchPrice: half }), live / 2);
});

test("rows are handed in as chats, once, with every intent before them, and come back in any order", async (context) => {
  const reverse: BatchHabits["fate"] = (lines) => ({ status: "completed", output: lines.map(answer).reverse() });
  const server = await startBatchServer(context, { fate: reverse });
  const { run, disk } = open(context, server, { mostRows: 4, change: { system: "be brief", isStreamed: true } });
  assert.deepEqual(places(await run()), all);
  assert.deepEqual(handedIn(server).sort(), [2, 4]);
  for (const { lines, metadata } of server.batches) {
    assert.match(metadata[launchName] ?? "", /^[0-9a-f]{64}$/);
    for (const line of lines) {
      assert.deepEqual([line.method, line.url], ["POST", "/v1/chat/completions"]);
      assert.equal(line.body.stream, undefined);
      assert.equal(line.body.n, 2);
    }
  }
  assert.equal(new Set(server.batches.flatMap(({ lines }) => lines.map((line) => line.custom_id))).size, 6);
  assert.deepEqual(disk.repeats, []);
  assert.ok([...disk.attempts.values()].every(({ state }) => state === "done"));
  assert.equal(disk.usages.size, 6);
  for (const { headers } of server.received) assert.equal(headers.authorization, `Bearer ${key}`);
  const creates = server.received.filter(({ method, path }) => method === "POST" && path === "/v1/batches");
  assert.equal(creates.length, 2);
});

test("what a full budget has no room for is handed in when others have given back, and a budget that is spent ends it", async (context) => {
  const server = await startBatchServer(context, {});
  let [looks, isSpent] = [0, false];
  const taken = new Set<string>();
  const onIntend = (key: string): void => {
    if (isSpent) throw new BudgetError("the budget is reached");
    const held = [...taken].filter((name) => disk.attempts.get(name)?.state !== "done");
    // Two requests fit, and at first another endpoint holds all of it.
    if (++looks <= 12 || held.length >= 2) throw new BudgetError("the budget is reached", { isFull: true });
    taken.add(key);
  };
  const { run, disk } = open(context, server, { onIntend });
  assert.deepEqual(places(await run()), all);
  assert.deepEqual([handedIn(server), disk.repeats], [[2, 2, 2], []]);
  // Nothing was handed in while nothing fitted, and no plan was written for it.
  assert.equal([...disk.answers.keys()].filter((name) => name.endsWith("plan")).length, 3);
  isSpent = true;
  await assert.rejects(open(context, server, { onIntend }).run(), BudgetError);
  assert.equal(server.batches.length, 3);
});

/** A server that has whoever asks it told to stop at the first look at the first batch. */
async function startStopping(context: TestContext) {
  const stop = new AbortController();
  const server = await startBatchServer(context, {
    looks: 3,
    before({ method, path }) {
      if (method === "GET" && path === "/v1/batches/batch_0") stop.abort(new Error("told to stop"));
      return false;
    },
  });
  return { server, signal: stop.signal };
}

test("rows that a full budget kept out of a batch are handed in as new ones by whoever goes on", async (context) => {
  const { server, signal } = await startStopping(context);
  let room = 2;
  const onIntend = (): void => {
    if (--room < 0) throw new BudgetError("the budget is reached", { isFull: true });
  };
  const change = { limits: { ...quickLimits, tries: 1 } };
  const { run, disk } = open(context, server, { change, onIntend, signal });
  await assert.rejects(run(), /told to stop/);
  const known = new Set(disk.attempts.keys());
  assert.deepEqual(places(await open(context, server, { disk, change }).run()), all);
  assert.deepEqual([handedIn(server), disk.repeats], [[2, 4], []]);
  // Nothing of them was under way: each is intended to be sent, and counted so.
  const late = [...disk.attempts].filter(([name, { intent }]) => !known.has(name) && intent.rowCount > 0);
  assert.deepEqual([late.length, disk.announced], [4, [...known].filter((name) => name.startsWith("p"))]);
});

test("expired, cancelled, failed and missing rows alone are handed in again, doubled and foreign ones count once", async (context) => {
  const undone = ({ custom_id }: Line, code: string) => ({
    custom_id,
    response: null,
    error: { code, message: "not in time" },
  });
  const fates: BatchHabits["fate"][] = [
    // Half of it expired, in the error file.
    (lines) => ({
      status: "expired",
      output: lines.slice(0, 2).map(answer),
      errors: lines.slice(2).map((line) => undone(line, "batch_expired")),
    }),
    // One comes, one comes without a finish, two are not in any file; a stranger and a double are.
    (lines) => ({
      status: "completed",
      output: [
        answer(lines[0]!),
        answer(lines[0]!),
        { ...(answer(lines[1]!) as object), custom_id: "refeed-of-somebody-else" },
        {
          custom_id: lines[1]!.custom_id,
          response: { status_code: 200, body: { choices: [{ index: 0, message: { content: "x" } }] } },
        },
      ],
    }),
    // Cancelled half way; a line failed as vLLM writes it, and the last line is torn.
    (lines) => ({
      status: "cancelled",
      outputText: `${JSON.stringify(answer(lines[0]!))}\n${JSON.stringify({ custom_id: lines[1]!.custom_id, response: { status_code: 404, body: null }, error: "out of memory" })}\n{"custom_id": "${lines[2]!.custom_id}", "resp`,
    }),
    // Nothing came at all, and there is no file.
    () => ({ status: "expired" }),
    (lines) => ({
      status: "completed",
      output: [],
      errors: lines.map((line) => ({
        custom_id: line.custom_id,
        response: { status_code: 500, body: { error: { message: "sorry" } } },
        error: null,
      })),
    }),
  ];
  const server = await startBatchServer(context, {
    fate: (lines, number) =>
      (fates[number] ?? ((rows: readonly Line[]) => ({ status: "completed", output: rows.map(answer) })))(
        lines,
        number,
      ),
  });
  const { run, disk } = open(context, server, { change: { limits: { ...quickLimits, tries: 6 } } });
  assert.deepEqual(places(await run()), all);
  assert.deepEqual(handedIn(server), [6, 4, 3, 2, 2, 2]);
  // The one that was answered without its finish may have been paid twice, and what a batch that was worked through has nowhere.
  assert.equal(disk.repeats.length, 3, disk.repeats.join());
  for (const name of disk.repeats) assert.match(name, /^p/);
});

test("rows that never come are told after so many batches, and a resume hands them in again", async (context) => {
  let isWell = false;
  const server = await startBatchServer(context, {
    fate: (lines) => (isWell ? { status: "completed", output: lines.map(answer) } : { status: "expired" }),
  });
  const first = open(context, server);
  await assert.rejects(first.run(), /6 rows came back from none of 3 batches: batch batch_2 has expired/);
  isWell = true;
  assert.deepEqual(places(await open(context, server, { disk: first.disk }).run()), all);
  assert.deepEqual(handedIn(server), [6, 6, 6, 6]);
});

test("a refused row is a row, a denied one ends the run with what the others brought", async (context) => {
  const reject = ({ custom_id }: Line, status_code: number, code: string) => ({
    custom_id,
    response: { status_code, body: { error: { message: "words", code } } },
    error: null,
  });
  const start = (code: string) =>
    startBatchServer(context, {
      fate: ([first, ...others]) => ({
        status: "completed",
        output: others.map(answer),
        errors: [reject(first!, 400, code)],
      }),
    });
  const rows = await open(context, await start("context_length_exceeded")).run();
  assert.deepEqual(places(rows), all);
  assert.deepEqual(
    rows.filter(({ finish }) => finish === "refused").map(({ promptId }) => promptId),
    ["p0", "p0"],
  );
  const kept: Candidate[] = [];
  await assert.rejects(open(context, await start("model_not_found"), { rows: kept }).run(), /model_not_found/);
  assert.equal(kept.length, 10);
});

test("a batch that is turned away as a whole says why", async (context) => {
  const reasons = [{ code: "invalid_json_line", message: "line 3 is no JSON" }];
  const server = await startBatchServer(context, { fate: () => ({ status: "failed", reasons }) });
  await assert.rejects(open(context, server).run(), /turned away: invalid_json_line: line 3 is no JSON/);
});

test("a queue that is full is handed to again", async (context) => {
  const reasons = [{ code: "token_limit_exceeded", message: "Enqueued token limit reached" }];
  const server = await startBatchServer(context, {
    fate: (lines, number) =>
      number === 0 ? { status: "failed", reasons } : { status: "completed", output: lines.map(answer) },
  });
  const { run, disk } = open(context, server);
  assert.deepEqual(places(await run()), all);
  assert.deepEqual(disk.repeats, []);
});

test("an unknown state is neither the end nor waited for without one", async (context) => {
  const server = await startBatchServer(context, {
    fate: (lines) => ({ status: "PARTIALLY_SUCCEEDED", output: lines.map(answer) }),
  });
  const change = { limits: { ...quickLimits, waitMs: 60 } };
  const { run, disk } = open(context, server, { change });
  await assert.rejects(run(), /batch_0 is in state "PARTIALLY_SUCCEEDED", which is unknown/);
  // Once the vendor has made up its mind a resume fetches it.
  Object.assign(server.batches[0]!.fate, { status: "completed" });
  assert.deepEqual(places(await open(context, server, { disk }).run()), all);
  assert.deepEqual([handedIn(server), disk.repeats], [[6], []]);
});

test("a create whose reply is lost is looked for before it is sent again", async (context) => {
  const first = (reply: (response: ServerResponse) => void) => (number: number, response: ServerResponse) => {
    if (number === 0) reply(response);
    return number === 0;
  };
  const lose = {
    "the reply was lost": first((response) => void response.destroy()),
    "an error came after it": first((response) => sendJson(response, { error: "sorry" }, 500)),
    "it says conflict": first((response) => sendJson(response, { error: "conflict" }, 409)),
    "the reply is no JSON": first((response) => void response.end("<html>")),
  };
  for (const [name, created] of Object.entries(lose)) {
    const server = await startBatchServer(context, { created });
    assert.deepEqual(places(await open(context, server).run()), all, name);
    assert.deepEqual(handedIn(server), [6], name);
  }
});

test("a create that certainly was not taken is sent again in time, one that is denied is not", async (context) => {
  let count = 0;
  const answers: readonly (readonly [number, unknown, Record<string, string>])[] = [
    [429, { error: { code: "rate_limit_exceeded" } }, { "retry-after-ms": "5" }],
    [503, { error: "overloaded" }, {}],
  ];
  const server = await startBatchServer(context, {
    before({ method, path }, response) {
      const next = method === "POST" && path === "/v1/batches" ? answers[count++] : undefined;
      if (next !== undefined) sendJson(response, next[1], next[0], next[2]);
      return next !== undefined;
    },
  });
  assert.deepEqual(places(await open(context, server).run()), all);
  assert.deepEqual([handedIn(server), count], [[6], 3]);
  const poor = await startBatchServer(context, {
    before({ path }, response) {
      const isCreate = path === "/v1/batches";
      if (isCreate) sendJson(response, { error: { message: "no money", code: "billing_hard_limit_reached" } }, 400);
      return isCreate;
    },
  });
  const { run } = open(context, poor);
  await assert.rejects(run(), /no money/);
});

test("a list that lags is waited for; one that never shows the batch ends in a question", async (context) => {
  let looks = 0;
  const lagging = await startBatchServer(context, {
    created: cut,
    isListed: () => ++looks > 4,
  });
  assert.deepEqual(places(await open(context, lagging, { settleMs: 500 }).run()), all);
  assert.deepEqual(handedIn(lagging), [6]);
  const blind = await startBatchServer(context, {
    created: cut,
    isListed: () => false,
  });
  await assert.rejects(open(context, blind).run(), /nobody knows whether batch [0-9a-f]{64} was created/);
  assert.deepEqual(handedIn(blind), [6, 6]);
});

test("the same launch twice in the list is shown and not chosen between", async (context) => {
  let isShown = false;
  const server = await startBatchServer(context, {
    created: cut,
    isListed: () => isShown,
  });
  const first = open(context, server);
  await assert.rejects(first.run(), /nobody knows/);
  isShown = true;
  await assert.rejects(open(context, server, { disk: first.disk }).run(), /handed in twice, as batch_1 and batch_0/);
});

test("told to stop, it stops at once, and whoever goes on fetches what was handed in", async (context) => {
  const { server, signal } = await startStopping(context);
  const { run, disk } = open(context, server, { signal });
  await assert.rejects(run(), /told to stop/);
  assert.deepEqual(places(await open(context, server, { disk }).run()), all);
  assert.deepEqual([handedIn(server), disk.repeats], [[6], []]);
});

test("a batch that another model answered is left where it is, by a stage that begins anew", async (context) => {
  const server = await startBatchServer(context);
  await open(context, server, { fingerprint: "former" }).run();
  // No record tells of it, as after a crash before one was written: the same model's batch is found and fetched.
  await open(context, server, { fingerprint: "former" }).run();
  assert.deepEqual(handedIn(server), [6]);
  assert.deepEqual(places(await open(context, server, { fingerprint: "present" }).run()), all);
  assert.deepEqual(handedIn(server), [6, 6]);
});

test("settings that no batch can serve are told before anything is sent", async (context) => {
  const server = await startBatchServer(context);
  for (const change of [
    { ask: "completions" as const },
    { urls: [server.url, "http://127.0.0.1:1"] },
    { provider: "huggingface" as const },
  ]) {
    await assert.rejects(open(context, server, { change }).run(), /batch/);
  }
  assert.equal(server.received.length, 0);
});

test("a process that dies between any two steps costs nothing: the next one goes on, no batch twice, no row lost", async (context) => {
  let deaths = 0;
  for (let fatal = 1; ; fatal++) {
    let [steps, isDead, isOver] = [0, false, false];
    /** The step at which the process dies: it never goes on. */
    const tick = (): boolean => {
      steps += 1;
      isDead ||= steps >= fatal;
      return isDead;
    };
    const server = await startBatchServer(context, {
      fate: (lines, number) => ({
        status: number === 0 ? "expired" : "completed",
        output: lines.slice(0, number === 0 ? 2 : 6).map(answer),
      }),
      // Before a request is worked on, and, for the one that makes a batch, after it as well.
      before: (_, response) => tick() && cut(0, response),
      created: (_, response) => tick() && cut(0, response),
    });
    const [disk, rows] = [createDisk(), [] as Candidate[]];
    const dead = new Promise<void>(() => undefined);
    const stop = new AbortController();
    const first = open(context, server, {
      disk,
      rows,
      signal: stop.signal,
      mostRows: 3,
      step: () => (isOver || tick() ? dead : Promise.resolve()),
    });
    const over = first.run().then(
      () => true,
      () => false,
    );
    while (!isDead && !(await Promise.race([over, new Promise<null>((resolve) => setTimeout(resolve, 1, null))])));
    stop.abort(new Error("dead"));
    if (!isDead) {
      context.diagnostic(`${deaths} steps`);
      assert.ok(deaths > 30, `only ${deaths} steps`);
      assert.deepEqual(places(rows), all);
      break;
    }
    deaths += 1;
    // The second process, for whom everything works again; the first never writes again.
    [isOver, isDead, steps] = [true, false, Number.NEGATIVE_INFINITY];
    assert.deepEqual(places(await open(context, server, { disk, rows }).run()), all, `killed at step ${fatal}`);
    const launches = server.batches.map(({ metadata }) => metadata[launchName]);
    assert.equal(new Set(launches).size, launches.length, `killed at step ${fatal}: handed in twice`);
    // A create that may have arrived is counted when it is sent again, though the list shows that it has not; no row is.
    assert.equal(new Set(disk.repeats).size, disk.repeats.length);
    assert.ok(
      disk.repeats.every((name) => name.startsWith("batch ")),
      disk.repeats.join(),
    );
    const paid = server.batches.flatMap(({ fate }) => (fate.output ?? []).map((row) => (row as Line).custom_id));
    assert.equal(new Set(paid).size, paid.length, `killed at step ${fatal}: a row was paid twice`);
  }
});
