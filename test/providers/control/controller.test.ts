// When requests go out, in virtual time: windows, pauses, rates, dead servers, and what ends it all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readAll } from "../../../src/contracts/case.ts";
import { BudgetError, CancelledError, ProviderError } from "../../../src/errors.ts";
import { askAll } from "../../../src/providers/control/ask-all.ts";
import { answered, createVirtualEndpoint, type Reply, type Sent } from "../../helpers/virtual-endpoint.ts";

const busy = (retryAfterMs: number | null): Reply => ({ kind: "busy", reason: "429: slow down", retryAfterMs });
const unreachable: Reply = { kind: "unreachable", reason: "nobody listens", latencyMs: 1 };
const denied: Reply = { kind: "denied", reason: "no such model", next: "name another" };
const lost: Reply = { kind: "lost", reason: "the connection was reset" };

test("every request is intended once, sent once and answered once, and never more than the limit at a time", async () => {
  const endpoint = createVirtualEndpoint({ limits: { concurrency: 64 }, answer: (sent) => answered(sent) });
  const asked = await endpoint.time.run(readAll(endpoint.askMany(800)));
  assert.equal(new Set(asked.map(({ item }) => item)).size, 800);
  assert.deepEqual([endpoint.count("intend"), endpoint.sent.length, endpoint.count("account")], [800, 800, 800]);
  assert.equal(Math.max(...endpoint.sent.map(({ together }) => together)), 64);
  assert.equal(endpoint.controller.state().window, 64);
});

test("the window doubles until it is full, and a million more are not pulled ahead of it", async () => {
  const endpoint = createVirtualEndpoint({ limits: { concurrency: 512 }, answer: (sent) => answered(sent) });
  let mostAhead = 0;
  const { controller, context, createRequest } = endpoint;
  let [pulled, done] = [0, 0];
  async function* pull(): AsyncGenerator<string> {
    for (; pulled < 2400; pulled++) {
      mostAhead = Math.max(mostAhead, pulled - done);
      yield String(pulled);
    }
  }
  const drain = async (): Promise<void> => {
    for await (const _ of askAll(pull(), { controller, context, createRequest })) done += 1;
  };
  await endpoint.time.run(drain());
  const first = endpoint.sent.find(({ together }) => together === 512);
  assert.ok(first && first.atMs < 600, `full after ${first?.atMs} ms`);
  assert.ok(mostAhead <= 512 + 2 + 128 + 1, `${mostAhead} ahead`);
});

test("a server that turns requests away is asked by half as many, and by one more a round after that", async () => {
  const most = 20;
  const endpoint = createVirtualEndpoint({
    limits: { concurrency: 256, waitMs: 3_600_000 },
    answer: (sent) => (sent.together > most ? { ...busy(null), latencyMs: 5 } : answered(sent)),
  });
  await endpoint.time.run(readAll(endpoint.askMany(6000)));
  const late = endpoint.sent.slice(3000);
  const turnedAway = late.filter(({ together }) => together > most).length;
  assert.ok(turnedAway < 0.03 * late.length, `${turnedAway} of ${late.length} were turned away`);
  const rate = (1000 * (late.length - turnedAway)) / (late.at(-1)!.atMs - late[0]!.atMs);
  assert.ok(rate > 0.6 * (most / 0.051), `${rate} a second`);
  assert.equal(endpoint.count("retryable"), endpoint.sent.length - 6000);
});

test("a server that only makes requests wait is not given ever more of them", async () => {
  // Eight places: whoever comes beyond them waits for one.
  const slots = 8;
  const freeAt = new Array<number>(slots).fill(0);
  const endpoint = createVirtualEndpoint({
    limits: { concurrency: 512 },
    answer(sent) {
      const slot = freeAt.indexOf(Math.min(...freeAt));
      const endMs = Math.max(sent.atMs, freeAt[slot] as number) + 50;
      freeAt[slot] = endMs;
      return answered(sent, { latencyMs: endMs - sent.atMs });
    },
  });
  await endpoint.time.run(readAll(endpoint.askMany(6000)));
  const late = endpoint.sent.slice(3000);
  const most = Math.max(...late.map(({ together }) => together));
  assert.ok(most < 8 * slots, `${most} at a time`);
  // And it is kept busy: the slots allow 160 a second.
  const seconds = (late.at(-1)!.atMs - late[0]!.atMs) / 1000;
  assert.ok(late.length / seconds > 150, `${late.length / seconds} a second`);
});

test("Retry-After is kept in full by all requests to that server, others are asked meanwhile", async () => {
  const untilByUrl = new Map<string, number>();
  let early = 0;
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    answer(sent) {
      if (sent.atMs < (untilByUrl.get(sent.url) ?? 0)) early += 1;
      if (sent.url === "one" && sent.key === "40" && sent.count === 1) {
        untilByUrl.set("one", sent.atMs + 5 + 90_000);
        return { ...busy(90_000), latencyMs: 5 };
      }
      return answered(sent);
    },
  });
  // What was on its way when the answer came is not early: it had gone.
  const asked = await endpoint.time.run(readAll(endpoint.askMany(400)));
  assert.equal(asked.length, 400);
  const [from, until] = [untilByUrl.get("one")! - 90_000, untilByUrl.get("one")!];
  assert.deepEqual(
    endpoint.sent.filter(({ url, atMs }) => url === "one" && atMs > from && atMs < until),
    [],
  );
  assert.ok(early <= 16);
  assert.ok(endpoint.sent.filter(({ url }) => url === "two").length > 200);
  // It was not waited for: the other server did the rest.
  assert.ok(endpoint.time.monotonic() < 60_000);
});

test("a request for one server waits for that server, however open the other is", async () => {
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    answer: (sent) => (sent.count === 1 ? { ...busy(90_000), latencyMs: 5 } : answered(sent)),
  });
  const request = { ...endpoint.createRequest("probe"), url: "two" };
  await endpoint.time.run(endpoint.controller.ask(request, endpoint.context));
  assert.deepEqual(
    endpoint.sent.map(({ url }) => url),
    ["two", "two"],
  );
  assert.ok(endpoint.sent[1]!.atMs - endpoint.sent[0]!.atMs >= 90_000);
  // The other one has not been spoken of.
  assert.equal(endpoint.controller.state().pausedMs, 0);
});

test("a server that turns away and asks for no time at all is given some", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { waitMs: 60_000, concurrency: 4 },
    answer: () => ({ ...busy(0), latencyMs: 1 }),
  });
  await assert.rejects(endpoint.time.run(readAll(endpoint.askMany(4))), ProviderError);
  assert.ok(endpoint.sent.length < 200, `${endpoint.sent.length} sendings in a minute`);
});

test("more patience than is allowed is not waited for, and burns nothing", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { waitMs: 60_000, concurrency: 4 },
    answer: (sent) => (sent.key >= "3" ? busy(7_200_000) : answered(sent)),
  });
  const came: string[] = [];
  const ask = async (): Promise<void> => {
    for await (const { item } of endpoint.askMany(50)) came.push(item);
  };
  await assert.rejects(endpoint.time.run(ask()), (error: ProviderError) => {
    assert.ok(error instanceof ProviderError);
    assert.equal(error.exitCode, 3);
    assert.match(
      error.message,
      /^endpoint teacher, one: 429: slow down: it asks to be left alone for 7200 s, and limits.waitMs is 60 s$/,
    );
    assert.match(error.next!, /resume/);
    return true;
  });
  assert.deepEqual(came.sort(), ["0", "1", "2"]);
  assert.deepEqual([endpoint.count("failed"), endpoint.count("unknown")], [0, 0]);
  assert.equal(endpoint.count("intend"), endpoint.count("account") + endpoint.count("retryable"));
  assert.ok(endpoint.time.monotonic() < 1000);
});

test("a server that is away for an hour is waited for, at next to no cost, and nothing fails", async () => {
  const hour = 3_600_000;
  const endpoint = createVirtualEndpoint({
    limits: { waitMs: 2 * hour, concurrency: 64 },
    answer: (sent) => (sent.atMs > 200 && sent.atMs < hour ? unreachable : answered(sent)),
  });
  const states: (string | null)[] = [];
  endpoint.time.schedule(hour / 2, () => {
    const { pausedMs, reason } = endpoint.controller.state();
    if (pausedMs > 0) states.push(reason);
  });
  await endpoint.time.run(readAll(endpoint.askMany(1000)));
  assert.deepEqual([endpoint.count("failed"), endpoint.count("unknown")], [0, 0]);
  assert.deepEqual(states, ["nobody listens"]);
  // One request at a time finds out, twice a minute on the average.
  const meanwhile = endpoint.sent.filter(({ atMs }) => atMs > 1000 && atMs < hour).length;
  assert.ok(meanwhile > 20 && meanwhile < 400, `${meanwhile} in an hour`);
  assert.ok(endpoint.time.monotonic() < hour + 60_000, "it goes on soon after");
});

test("a server that stays away ends the work with what it was waited for", async () => {
  const endpoint = createVirtualEndpoint({ limits: { waitMs: 300_000 }, answer: () => unreachable });
  await assert.rejects(
    endpoint.time.run(readAll(endpoint.askMany(50))),
    /nobody listens: waited for \d+ s, and limits.waitMs is 300 s/,
  );
  assert.equal(endpoint.count("failed"), 0);
  assert.equal(endpoint.count("intend"), endpoint.count("retryable"));
  const endMs = endpoint.time.monotonic();
  assert.ok(endMs > 240_000 && endMs <= 300_000, `${endMs} ms`);
});

test("of several servers that all stay away each is told", async () => {
  const urls = ["one", "two"];
  const endpoint = createVirtualEndpoint({ urls, limits: { waitMs: 300_000 }, answer: () => unreachable });
  await assert.rejects(
    endpoint.time.run(readAll(endpoint.askMany(50))),
    /^ProviderError: endpoint \w+: one: nobody listens; two: nobody listens: waited for \d+ s, and limits\.waitMs is 300 s$/,
  );
});

test("a dead server is drained, the other takes over all its places, and it is asked again when it is back", async () => {
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    limits: { concurrency: 40 },
    answer: (sent) =>
      sent.url === "one" && sent.atMs > 2000 && sent.atMs < 30_000 ? unreachable : answered(sent, { latencyMs: 500 }),
  });
  await endpoint.time.run(readAll(endpoint.askMany(4500)));
  const between = (url: string, from: number, to: number): readonly Sent[] =>
    endpoint.sent.filter((sent) => sent.url === url && sent.atMs >= from && sent.atMs < to);
  assert.ok(between("one", 4000, 30_000).length < 30);
  assert.ok(Math.max(...between("two", 20_000, 30_000).map(({ together }) => together)) >= 38);
  const [one, two] = [between("one", 50_000, 55_000).length, between("two", 50_000, 55_000).length];
  assert.ok(one > 0.7 * two, `${one} and ${two}`);
});

test("who stands in the line of a server that is silent goes to another as soon as that has room", async () => {
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    limits: { concurrency: 2 },
    answer: (sent) => (sent.url === "one" ? { ...lost, latencyMs: 60_000 } : answered(sent)),
  });
  await endpoint.time.run(readAll(endpoint.askMany(40)));
  // What the silent one lost is asked of the other, and no more.
  assert.deepEqual(
    endpoint.sent.filter(({ url }) => url === "one").map(({ key }) => key),
    ["0"],
  );
  const first = new Map(endpoint.sent.map(({ key, atMs }) => [key, atMs]).reverse() as [string, number][]);
  // Some of them had been waiting for the silent one.
  assert.deepEqual([first.size, Math.max(...first.values()) < 5000], [40, true]);
});

test("a server that was paused is asked as soon as it may be, though all who wait stand in the line of a slow one", async () => {
  let turnedAway = 0;
  const endpoint = createVirtualEndpoint({
    urls: ["one", "two"],
    limits: { concurrency: 4 },
    answer: (sent) => {
      if (sent.url === "one") return answered(sent, { latencyMs: 60_000 });
      return turnedAway++ < 2 ? busy(1000) : answered(sent);
    },
  });
  await endpoint.time.run(readAll(endpoint.askMany(40)));
  const two = endpoint.sent.filter(({ url }) => url === "two").map(({ atMs }) => atMs);
  // The two that were turned away, the two that its window is as large as by then, and whoever comes after those.
  assert.ok(two[2]! > 1000 && two[4]! < 1200 && two.at(-1)! < 60_000, `${two}`);
});

test("one that is turned away time and again by a server that answers others waits for seconds each time", async () => {
  const turnAway = (more: object) => {
    const endpoint = createVirtualEndpoint({
      limits: { concurrency: 4, waitMs: 500_000 },
      answer: (sent) =>
        sent.key === "3" && sent.count <= 16 ? { ...busy(null), ...more } : answered(sent, { latencyMs: 500 }),
    });
    const read = () => endpoint.sent.filter(({ key }) => key === "3");
    return { read, work: endpoint.time.run(readAll(endpoint.askMany(2000))) };
  };
  const unlucky = turnAway({});
  await unlucky.work;
  const gaps = unlucky.read().map(({ atMs }, index, all) => atMs - (all[index - 1]?.atMs ?? atMs));
  // 500 ms doubled three times, what the sending itself takes, and its turn.
  assert.deepEqual([gaps.length, Math.max(...gaps) < 6000, Math.max(...gaps) > 2000], [17, true, true]);
  // What may be the request's own fault is sent ever more rarely, and the run stops in the end.
  const poisonous = turnAway({ mayMeanNever: true });
  await poisonous.work.catch(() => undefined);
  const [begin, end] = [poisonous.read()[5], poisonous.read().at(-1)] as [Sent, Sent];
  assert.ok((end.atMs - begin.atMs) / (poisonous.read().length - 6) > 10_000);
});

test("a request that is refused the money or the right ends all, after what is on its way", async () => {
  for (const kind of ["denied", "unpaid"] as const) {
    const endpoint = createVirtualEndpoint({
      answer: (sent) =>
        sent.atMs < 500 ? answered(sent) : { kind, reason: "no credit is left", next: "add credit, then resume" },
    });
    await assert.rejects(endpoint.time.run(readAll(endpoint.askMany(1000))), (error: ProviderError) => {
      assert.deepEqual(
        [error.exitCode, error.where, error.next],
        [3, "endpoint teacher, one", "add credit, then resume"],
      );
      return true;
    });
    const after = endpoint.sent.filter(({ atMs }) => atMs >= 500).length;
    assert.ok(after <= 16, `${after} were sent`);
    // None is left open, and none is given up for good where it was not billed.
    const open =
      endpoint.count("intend") - endpoint.count("account") - endpoint.count("failed") - endpoint.count("retryable");
    assert.equal(open, 0);
    await assert.rejects(
      endpoint.controller.ask(endpoint.createRequest("later"), endpoint.context),
      /no credit is left/,
    );
  }
});

test("a budget that is reached stops what is not sent and hands over what is", async () => {
  let intents = 0;
  const endpoint = createVirtualEndpoint({
    answer: (sent) => answered(sent),
    onIntend() {
      if (++intents > 100) throw new BudgetError("the budget of $1 is reached");
    },
  });
  const came: string[] = [];
  const ask = async (): Promise<void> => {
    for await (const { item } of endpoint.askMany(1000)) came.push(item);
  };
  await assert.rejects(endpoint.time.run(ask()), BudgetError);
  assert.deepEqual([came.length, endpoint.sent.length, endpoint.count("account")], [100, 100, 100]);
});

test("a budget that is full of reservations is waited for while answers give some back, and is no end of the run", async () => {
  // Each may cost 10 and costs 1: a hundred fit into 109 one after another, and no more than ten at a time.
  let [spent, held, mostSpent] = [0, 0, 0];
  const endpoint = createVirtualEndpoint({
    limits: { concurrency: 64 },
    answer(sent) {
      // Its rows are committed a little later, and only then is the rest free.
      endpoint.time.schedule(80, () => {
        held -= 1;
        spent -= 9;
      });
      return answered(sent);
    },
    onIntend() {
      if (spent + 10 > 109) throw new BudgetError("the budget is reached", { isFull: held > 0 });
      held += 1;
      spent += 10;
      mostSpent = Math.max(mostSpent, spent);
    },
  });
  const asked = await endpoint.time.run(readAll(endpoint.askMany(100)));
  await endpoint.time.run(endpoint.time.sleep(100));
  assert.deepEqual([asked.length, spent, mostSpent <= 109], [100, 100, true]);
  await assert.rejects(endpoint.time.run(readAll(endpoint.askMany(1))), BudgetError);
});

test("what a request holds of the budget while its server rests is waited for, and its turn is not kept from it", async () => {
  let [tries, isOver] = [0, false];
  const endpoint = createVirtualEndpoint({
    limits: { concurrency: 2 },
    answer(sent) {
      if (sent.key === "2") isOver = true;
      // The third is intended by then, and not sent.
      if (sent.key === "1" && sent.count === 1) {
        return { kind: "busy", reason: "429", retryAfterMs: 5000, latencyMs: 10.5 };
      }
      return answered(sent, { latencyMs: 10 });
    },
    onIntend({ key }) {
      if (key === "1" && ++tries > 1 && !isOver) throw new BudgetError("the third may use the rest", { isFull: true });
    },
  });
  const asked = await endpoint.time.run(readAll(endpoint.askMany(3)));
  assert.deepEqual([asked.length, tries], [3, 3]);
  assert.deepEqual(endpoint.sent.map(({ key }) => key).slice(0, 3), ["0", "1", "2"]);
});

test("told to stop, it sends nothing more and hands over what is on its way", async () => {
  const endpoint = createVirtualEndpoint({ answer: (sent) => answered(sent, { latencyMs: 200 }) });
  endpoint.time.schedule(1100, () => endpoint.abort(new CancelledError()));
  const came: string[] = [];
  const ask = async (): Promise<void> => {
    for await (const { item } of endpoint.askMany(1000)) came.push(item);
  };
  await assert.rejects(endpoint.time.run(ask()), CancelledError);
  assert.equal(endpoint.sent.filter(({ atMs }) => atMs > 1100).length, 0);
  assert.equal(came.length, endpoint.sent.length);
  assert.ok(came.length > 16);
  assert.equal(endpoint.count("intend"), endpoint.count("account") + endpoint.count("retryable"));
});

test("a source that fails ends the asking, after what is on its way", async () => {
  const endpoint = createVirtualEndpoint({ answer: (sent) => answered(sent) });
  const { controller, context, createRequest } = endpoint;
  async function* keys(): AsyncGenerator<string> {
    yield* ["0", "1", "2"];
    await endpoint.time.sleep(20);
    throw new Error("the rows cannot be read");
  }
  const came: string[] = [];
  const ask = async (): Promise<void> => {
    for await (const { item } of askAll(keys(), { controller, context, createRequest })) came.push(item);
  };
  await assert.rejects(endpoint.time.run(ask()), /the rows cannot be read/);
  assert.deepEqual([endpoint.sent.length, came], [3, ["0", "1", "2"]]);
});

test("a source that cannot be closed hides nothing that went wrong before, and is told where nothing did", async () => {
  const endpoint = createVirtualEndpoint({ answer: (sent) => (sent.key === "1" ? denied : answered(sent)) });
  const { controller, context, createRequest } = endpoint;
  async function* keys(from: number): AsyncGenerator<string> {
    try {
      for (let key = from; ; key++) yield String(key);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a source that fails at its end
      throw new Error("the file cannot be closed");
    }
  }
  const ask = async (from: number): Promise<void> => {
    for await (const _ of askAll(keys(from), { controller, context, createRequest })) if (from > 1) break;
  };
  await assert.rejects(endpoint.time.run(ask(5)), /the file cannot be closed/);
  await assert.rejects(endpoint.time.run(ask(0)), /no such model/);
});

test("a lost answer is asked for again, counted as possibly paid twice, and given up after so many sendings", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { tries: 3 },
    answer: (sent) => (sent.key === "7" || (Number(sent.key) % 10 === 3 && sent.count === 1) ? lost : answered(sent)),
  });
  const asked: string[] = [];
  const ask = async (): Promise<void> => {
    for await (const { item } of endpoint.askMany(60)) asked.push(item);
  };
  await assert.rejects(
    endpoint.time.run(ask()),
    /request 7 had no whole answer in 3 sendings: the connection was reset/,
  );
  assert.equal(endpoint.sent.filter(({ key }) => key === "7").length, 3);
  assert.equal(endpoint.count("unknown"), endpoint.sent.length - asked.length);
  assert.ok(asked.includes("3"));
});

test("a pause of our own is nothing that a server asked for", async () => {
  const limits = { waitMs: 100 };
  const ask = (reply: Reply) => {
    const endpoint = createVirtualEndpoint({ limits, answer: () => reply });
    return endpoint.time.run(readAll(endpoint.askMany(1)));
  };
  await assert.rejects(ask({ kind: "unreachable", reason: "nobody" }), /nobody: waited for \S+ s, and limits\.waitMs/);
  const busy = { kind: "busy", reason: "429", retryAfterMs: 3000 } as const;
  await assert.rejects(ask(busy), /429: it asks to be left alone for 3 s, and limits\.waitMs/);
});

test("what a gateway turned away is sent again, and counted as possibly paid twice", async () => {
  const busy = (sent: Sent) => ({ kind: "busy", reason: sent.key, retryAfterMs: 10 }) as const;
  const endpoint = createVirtualEndpoint({
    answer: (sent) =>
      sent.count > 1 || sent.key === "0"
        ? answered(sent)
        : { ...busy(sent), ...(sent.key === "1" && { mayBeBilled: true }) },
  });
  await endpoint.time.run(readAll(endpoint.askMany(3)));
  assert.deepEqual([endpoint.count("unknown"), endpoint.count("retryable"), endpoint.sent.length], [1, 1, 5]);
});

test("where a quarter of all answers is lost the endpoint is slowed down, and no row is lost", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { tries: 20, concurrency: 32 },
    answer: (sent, random) => (random.uniform() < 0.25 ? lost : answered(sent)),
  });
  const asked = await endpoint.time.run(readAll(endpoint.askMany(3000)));
  assert.equal(new Set(asked.map(({ item }) => item)).size, 3000);
  assert.equal(endpoint.count("unknown"), endpoint.sent.length - 3000);
  // Faultless it takes five seconds.
  assert.ok(endpoint.time.monotonic() > 10_000);
});

test("within any minute no more requests and tokens go out than the limits say", async () => {
  for (const limits of [{ requests: 90 }, { requests: 1 }, { requests: 3000 }, { tokens: 6000 }]) {
    const mostTokens = 100;
    const endpoint = createVirtualEndpoint({
      limits: { ...limits, concurrency: 64 },
      mostTokens,
      answer: (sent) => answered(sent, { tokens: 94 }),
    });
    const count = "requests" in limits && limits.requests === 1 ? 4 : 400;
    await endpoint.time.run(readAll(endpoint.askMany(count)));
    const most = "requests" in limits ? limits.requests : limits.tokens / mostTokens;
    const times = endpoint.sent.map(({ atMs }) => atMs);
    const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
    assert.ok(busiest <= most + ("tokens" in limits ? 1 : 0), `${busiest} in a minute of ${most}`);
    // Nor much less: what is allowed is used.
    const minutes = times.at(-1)! / 60_000;
    if (count > most) assert.ok(count / minutes > 0.9 * most, `${count / minutes} a minute of ${most}`);
  }
});

test("tokens that were reserved and not used are given back", async () => {
  const endpoint = createVirtualEndpoint({
    limits: { tokens: 60_000, concurrency: 64 },
    mostTokens: 1000,
    answer: (sent) => answered(sent, { tokens: 94 }),
  });
  await endpoint.time.run(readAll(endpoint.askMany(600)));
  // By what was reserved it would take ten minutes, by what was used one.
  assert.ok(endpoint.time.monotonic() < 150_000, `${endpoint.time.monotonic()} ms`);
});
