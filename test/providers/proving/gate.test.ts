// The gate: whose model a stage may ask an endpoint for. Generation 5 is never sampled from the model of generation 1, a
// changed model stops whoever goes on with a run, and an address is no identity.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import type { Model } from "../../../src/domain/ports.ts";
import type { AskedModel, EndpointRecords } from "../../../src/domain/records.ts";
import { ProviderError, StoreError } from "../../../src/errors.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import type { Evidence } from "../../../src/providers/proving/evidence.ts";
import { createEndpointGate, type GateParts } from "../../../src/providers/proving/gate.ts";
import { quickLimits } from "../../helpers/endpoint.ts";
import { createMemoryEvidence, reachEndpoint } from "../../helpers/given-endpoint.ts";
import { startGivenServer } from "../../helpers/given-server.ts";
import { sendJson, startLoopback } from "../../helpers/loopback.ts";

const teacher: Model = { lineage: "endpoint:teacher", file: "", digest: "d".repeat(64) };
const stage = () => createRecordingContext("stage");

function createGate(
  context: TestContext,
  base: string,
  { records = createMemoryEvidence(), ...rest }: Partial<GateParts> & { readonly settings?: EndpointSettings } = {},
) {
  const parts = {
    ...reachEndpoint(context, base, rest.settings ?? {}),
    digests: [teacher.digest],
    acceptsChange: false,
  };
  return createEndpointGate({ ...parts, ...rest, settings: parts.settings, records });
}

function createModel(generation: number): Model {
  const lineage = `${generation}`.repeat(64);
  return { lineage, file: "", digest: `${generation + 1}`.repeat(64) };
}

/** A server of models by lineage, as refeed serve lists them; asked for anything but its list it fails the test. */
async function startServing(context: TestContext, models: readonly Model[]) {
  return startLoopback(context, ({ path }, response) => {
    assert.equal(path, "/v1/models");
    const data = models.map(({ lineage, digest }) => ({ id: lineage, lineage, digest, owned_by: "refeed" }));
    sendJson(response, { object: "list", data });
  });
}

const isRefusal = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.exitCode, 3);
  assert.match(error.message, pattern);
  assert.ok(error.next);
  return true;
};

test("generation 5 cannot be sampled from generation 1's model", async (context) => {
  const [first, fifth] = [createModel(1), createModel(5)];
  const server = await startServing(context, [first]);
  const own = { digests: null };
  const settings = { name: "own", model: null } as EndpointSettings;
  const gate = createGate(context, `${server.url}/v1`, { ...own, settings });
  const refusal = /^endpoint own: it does not serve the model of lineage 555555555555; it serves 111111111111$/;
  await assert.rejects(gate.enter(fifth, stage()), isRefusal(refusal));
  await assert.rejects(gate.enterGiven(fifth, stage()), isRefusal(refusal));
  // Under the right name other parameters are another model.
  const posing = await startServing(context, [{ ...fifth, digest: first.digest }]);
  const posed = createGate(context, `${posing.url}/v1`, { ...own, settings });
  const other = /lineage 555555555555 has digest 666666666666, and the server serves other parameters \(222222222222\)/;
  await assert.rejects(posed.enter(fifth, stage()), isRefusal(other));
  // Not one request for text was sent: each server failed on any.
  assert.ok([...server.received, ...posing.received].every(({ path }) => path === "/v1/models"));
});

test("a server that tells no digests is not believed", async (context) => {
  const server = await startLoopback(context, (_, response) => {
    sendJson(response, { object: "list", data: [{ id: createModel(5).lineage }] });
  });
  const gate = createGate(context, `${server.url}/v1`, {
    digests: null,
    settings: { model: null } as EndpointSettings,
  });
  await assert.rejects(
    gate.enter(createModel(5), stage()),
    isRefusal(/the server tells no digest of it under that name/),
  );
});

test("an endpoint with a model of its own is asked for no other", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const gate = createGate(context, server.base);
  const refusal = /asked for the model of lineage 555555555555 and serves a model of its own, teacher/;
  await assert.rejects(gate.enter(createModel(5), stage()), isRefusal(refusal));
  assert.equal(server.received.length, 0);
});

test("it is proved once in a process, whoever asks first, and again in the next", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const records = createMemoryEvidence();
  const gate = createGate(context, server.base, { records });
  await Promise.all([gate.enter(teacher, stage()), gate.enterGiven(teacher, stage()), gate.enter(teacher, stage())]);
  const once = server.received.length;
  assert.ok(once <= 10);
  await gate.enter(teacher, stage());
  assert.equal(server.received.length, once);
  await createGate(context, server.base, { records }).enter(teacher, stage());
  assert.equal(server.received.length, 2 * once);
});

test("a stage that is told to stop while it proves does not stop another", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const gate = createGate(context, server.base);
  const [stopped, other] = [stage(), stage()];
  const first = gate.enter(teacher, stopped);
  const second = gate.enter(teacher, other);
  stopped.abort();
  await assert.rejects(first);
  assert.equal((await second).given.kind, "proved");
});

test("a changed model stops a resume, says what changed, and is taken where that is meant", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const records = createMemoryEvidence();
  await createGate(context, server.base, { records }).enter(teacher, stage());
  server.become({ model: "another" });
  const changed = createGate(context, server.base, { records });
  const pattern = /^endpoint teacher: teacher is no longer the model that this run asked: it writes another/;
  await assert.rejects(changed.enter(teacher, stage()), isRefusal(pattern));
  await assert.rejects(changed.enter(teacher, stage()), /--accept-changes|no longer/);
  await createGate(context, server.base, { records, acceptsChange: true }).enter(teacher, stage());
  await createGate(context, server.base, { records }).enter(teacher, stage());
  server.become({ model: "bigram" });
  await assert.rejects(createGate(context, server.base, { records }).enter(teacher, stage()), isRefusal(pattern));
});

/** Evidence in memory, with what was disowned and so many unfinished rows of the model. */
function createWatchedEvidence(rowCount = 0) {
  const replaced: AskedModel[] = [];
  const plain = createMemoryEvidence();
  const records: EndpointRecords = {
    ...plain,
    listUnfinished: () => [
      { key: "a", isPlanned: true, rowCount, usd: 0 },
      { key: "b", isPlanned: false, rowCount: 0, usd: 0 },
    ],
    async replace(asked, evidence) {
      replaced.push(asked);
      await plain.write(asked.endpoint, evidence);
    },
  };
  return { records, replaced };
}

test("another model that is taken disowns what is unfinished, the same one does not, and the refusal counts it", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const { records, replaced } = createWatchedEvidence(7);
  const enter = (acceptsChange: boolean) =>
    createGate(context, server.base, { records, acceptsChange }).enter(teacher, stage());
  await enter(true);
  const first = records.read("teacher") as unknown as Evidence;
  await enter(true);
  assert.deepEqual((records.read("teacher") as unknown as Evidence).fingerprint, first.fingerprint);
  assert.deepEqual(replaced, []);
  server.become({ model: "another" });
  await assert.rejects(enter(false), (error: ProviderError) => {
    assert.match(
      error.next ?? "",
      /--accept-changes: finished stages stay as they are, 7 unfinished rows are asked for/,
    );
    return true;
  });
  assert.deepEqual(replaced, []);
  await createGate(context, server.base, { records, acceptsChange: true }).meet(teacher, stage());
  assert.deepEqual(replaced, [{ endpoint: "teacher", model: "teacher" }]);
  await enter(false);
});

test("damaged evidence that is replaced says nothing of any row: all that is unfinished there is disowned", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const { records, replaced } = createWatchedEvidence();
  const damaged: EndpointRecords = {
    ...records,
    read() {
      throw new StoreError("the evidence of endpoint teacher is damaged");
    },
  };
  const create = (acceptsChange: boolean) => createGate(context, server.base, { records: damaged, acceptsChange });
  await assert.rejects(create(false).enter(teacher, stage()), StoreError);
  assert.equal(server.received.length, 0);
  await create(true).enter(teacher, stage());
  assert.deepEqual(replaced, [{ endpoint: "teacher", model: null }]);
});

test("a name that goes to another model and back is held against what it was", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const { records, replaced } = createWatchedEvidence();
  const enter = (model: string, acceptsChange = false) => {
    server.become({ served: model });
    const settings = { model } as EndpointSettings;
    return createGate(context, server.base, { records, settings, acceptsChange }).enter(teacher, stage());
  };
  await enter("teacher");
  server.become({ model: "another" });
  // What is asked for by another name may be another model, and disowns nothing of the former one.
  await enter("larger", true);
  await assert.rejects(enter("teacher"), isRefusal(/teacher is no longer the model that this run asked/));
  await enter("larger");
  assert.deepEqual(replaced, []);
  await enter("teacher", true);
  assert.deepEqual(replaced, [{ endpoint: "teacher", model: "teacher" }]);
  await enter("larger");
  await enter("teacher");
});

test("the same model at another address, with other rounding, is the same model", async (context) => {
  const records = createMemoryEvidence();
  const first = await startGivenServer(context, { kind: "vllm" });
  await createGate(context, first.base, { records }).enter(teacher, stage());
  const second = await startGivenServer(context, { kind: "llama-cpp", noise: 0.01 });
  await createGate(context, second.base, { records }).enter(teacher, stage());
  // What is held against later stays what was found first.
  const kept = records.read("teacher") as { readonly fingerprint: unknown };
  const third = createMemoryEvidence();
  await createGate(context, first.base, { records: third }).enter(teacher, stage());
  assert.deepEqual(kept.fingerprint, (third.read("teacher") as { readonly fingerprint: unknown }).fingerprint);
});

test("without log-probabilities the greedy text is the fingerprint", async (context) => {
  const records = createMemoryEvidence();
  const settings = { given: "none" } as EndpointSettings;
  const server = await startGivenServer(context, { kind: "tgi" });
  await createGate(context, server.base, { records, settings }).enter(teacher, stage());
  await createGate(context, server.base, { records, settings }).enter(teacher, stage());
  server.become({ model: "another" });
  const gate = createGate(context, server.base, { records, settings });
  await assert.rejects(
    gate.enter(teacher, stage()),
    isRefusal(/writes another text greedily than before, from character \d+ on/),
  );
});

test("a text that does not come twice in a row is no fingerprint, and the evidence says so", async (context) => {
  const records = createMemoryEvidence();
  const settings = { given: "none" } as EndpointSettings;
  const server = await startGivenServer(context, { kind: "tgi", isUnsteady: true });
  await createGate(context, server.base, { records, settings }).enter(teacher, stage());
  const kept = records.read("teacher") as unknown as Evidence;
  assert.equal(kept.fingerprint.kind === "canaries" && kept.fingerprint.canaries[0]?.isSteady, false);
  await createGate(context, server.base, { records, settings }).enter(teacher, stage());
});

test("every server of an endpoint is the same model, or the endpoint is refused", async (context) => {
  const first = await startGivenServer(context, { kind: "vllm" });
  const second = await startGivenServer(context, { kind: "vllm", noise: 0.01 });
  const create = () => {
    const urls = [first.base, second.base];
    return createGate(context, first.base, { settings: { urls } as unknown as EndpointSettings });
  };
  await create().enter(teacher, stage());
  // The list, the canary and its proof: what a server heeds is found out once.
  assert.equal(second.received.length, 3);
  second.become({ model: "another" });
  const other = new RegExp(`the server ${second.base} serves another model than the first: it writes another`);
  await assert.rejects(create().enter(teacher, stage()), isRefusal(other));
  second.become({ model: "bigram", isNull: true });
  await assert.rejects(create().enter(teacher, stage()), isRefusal(/scores no given texts: .*are null/));
});

test("a lineage has to be on every server", async (context) => {
  const [first, second] = [
    await startServing(context, [createModel(5)]),
    await startServing(context, [createModel(1)]),
  ];
  const settings = { model: null, urls: [`${first.url}/v1`, `${second.url}/v1`] } as unknown as EndpointSettings;
  const gate = createGate(context, `${first.url}/v1`, { digests: null, settings });
  await assert.rejects(gate.enter(createModel(5), stage()), isRefusal(/it serves 111111111111/));
});

test("of several servers of the run's own models all that are away are told, and waited for together", async (context) => {
  const server = await startServing(context, [createModel(5)]);
  const dead = ["http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"];
  const open = (urls: readonly string[]) => {
    const settings = { model: null, urls, limits: { ...quickLimits, waitMs: 300 } } as unknown as EndpointSettings;
    return createGate(context, server.url, { digests: null, settings });
  };
  const told = dead.map((url) => `${url}: nobody listens there \\(ECONNREFUSED\\)`).join("; ");
  await assert.rejects(
    open([`${server.url}/v1`, ...dead]).enter(createModel(5), stage()),
    isRefusal(new RegExp(`^endpoint teacher: ${told}: all were waited for, and limits\\.waitMs is 0\\.3 s$`)),
  );
  // One alone is told as ever, and a server that serves another model is told at once.
  await assert.rejects(
    open([`${server.url}/v1`, dead[0]!]).enter(createModel(5), stage()),
    isRefusal(/^endpoint teacher, http:\/\/127\.0\.0\.1:9\/v1: nobody listens there .*: waited for/),
  );
  const other = open([dead[0]!, `${server.url}/v1`, dead[1]!]);
  await assert.rejects(other.enter(createModel(1), stage()), isRefusal(/it does not serve the model of lineage 1+/));
});

test("a server that never says why its texts end is refused before anything is sampled, unless that is known", async (context) => {
  const server = await startLoopback(context, ({ path, body }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "teacher" }] });
    if (!path.endsWith("/chat/completions")) return sendJson(response, { error: { message: "no such route" } }, 404);
    const message = { content: "well, once there was a harbour" };
    const choices = Array.from({ length: Number(body.n ?? 1) }, (_, index) => ({ index, message }));
    sendJson(response, { choices, usage: { prompt_tokens: 5, completion_tokens: 5 } });
  });
  const open = (hasFinish: boolean) =>
    createGate(context, `${server.url}/v1`, { settings: { ask: "chat", hasFinish } as EndpointSettings });
  await assert.rejects(open(true).enter(teacher, stage()), (error: unknown) => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.match(error.message, /^endpoint teacher: it does not say why its texts end: none of those/);
    assert.match(error.next ?? "", /^set endpoints\.teacher\.finish: optional, /);
    return true;
  });
  assert.ok(server.received.length <= 10);
  assert.equal((await open(false).enter(teacher, stage())).hasFinish, false);
});

test("one text with the reason of its end is enough, and scores of given texts need none", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const gate = createGate(context, server.base);
  assert.equal((await gate.enter(teacher, stage())).hasFinish, true);
  assert.ok(await gate.enterGiven(teacher, stage()));
});

/** Two servers behind a wire on which some addresses are dead, and who is asked for what names none. */
async function startTwo(context: TestContext) {
  const first = await startGivenServer(context, { kind: "vllm" });
  const second = await startGivenServer(context, { kind: "vllm", noise: 0.01 });
  const reached = reachEndpoint(context, first.base, { urls: [first.base, second.base] });
  const dead = new Set<string>();
  let missCount = 0;
  const send: GateParts["send"] = async (target, ...rest) => {
    if (!dead.has(target.url)) return reached.send(target, ...rest);
    missCount += 1;
    return { kind: "unreachable", reason: "nobody listens there (ECONNREFUSED)" };
  };
  const usage = { promptTokens: 0, completionTokens: 0, usd: 0 };
  const askOne = async (key: string): Promise<string> => {
    const settled = await reached.controller.ask(
      {
        ...{ key, rowCount: 0, mostUsd: 0, mostTokens: 0 },
        // Held for a moment, so that many are under way and every server has its share.
        async send({ url }) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { kind: "answered" as const, answer: url, usage: { url, ...usage } };
        },
      },
      stage(),
    );
    return settled.kind === "answered" ? settled.answer : settled.reason;
  };
  const askMany = async (): Promise<ReadonlySet<string>> => {
    const asked: Promise<string>[] = [];
    for (let at = 0; at < 24; at++) {
      asked.push(askOne(`${at}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return new Set(await Promise.all(asked));
  };
  const gate = createGate(context, first.base, { ...reached, send });
  return { first, second, dead, gate, askMany, misses: () => missCount };
}

test("a dead server of several is left out until a stage finds it, and is proved before it is asked", async (context) => {
  // Where the dead one stands in the list makes no difference.
  for (const place of ["first", "second"] as const) {
    const parts = await startTwo(context);
    const { dead, gate, askMany } = parts;
    const [gone, live] = place === "first" ? [parts.first, parts.second] : [parts.second, parts.first];
    dead.add(gone.base);
    await gate.enter(teacher, stage());
    assert.deepEqual([...(await askMany())], [live.base]);
    // Still away: the next stage asks it once and goes on without it.
    await gate.enterGiven(teacher, stage());
    assert.deepEqual([...(await askMany())], [live.base]);
    assert.deepEqual([parts.misses(), gone.received.length], [2, 0]);
    dead.clear();
    await gate.enter(teacher, stage());
    assert.equal(gone.received.length, 3);
    assert.deepEqual((await askMany()).size, 2);
    // There it is one of them, and nobody proves it again.
    await gate.enter(teacher, stage());
    assert.equal(gone.received.length, 3);
  }
});

test("a server that comes back as another model is refused, and is asked for nothing else", async (context) => {
  const { first, second, dead, gate, askMany } = await startTwo(context);
  dead.add(second.base);
  await gate.enter(teacher, stage());
  dead.clear();
  second.become({ model: "another" });
  const other = new RegExp(`the server ${second.base} serves another model than the first: it writes another`);
  await assert.rejects(gate.enter(teacher, stage()), isRefusal(other));
  assert.deepEqual([...(await askMany())], [first.base]);
});

test("where all servers are dead the first to come is waited for, and the others are left out", async (context) => {
  const { first, second, dead, gate, askMany, misses } = await startTwo(context);
  for (const { base } of [first, second]) dead.add(base);
  const entered = gate.enter(teacher, stage());
  while (misses() < 5) await new Promise((resolve) => setTimeout(resolve, 1));
  dead.delete(second.base);
  await entered;
  assert.deepEqual([...(await askMany())], [second.base]);
});

test("the fingerprint stays what it was when an experiment comes to ask for more, or for less", async (context) => {
  const uses = (isScored: boolean) => ({ isSampled: true, isJudge: false, isScored });
  for (const kind of ["vllm", "tgi"] as const) {
    for (const ask of ["chat", "completions"] as const) {
      for (const isFirstScored of [false, true]) {
        const server = await startGivenServer(context, { kind });
        const records = createMemoryEvidence();
        const settings = { ask } as EndpointSettings;
        const order = [isFirstScored, !isFirstScored, isFirstScored, !isFirstScored];
        for (const isScored of order) {
          const gate = createGate(context, server.base, { records, settings, uses: uses(isScored) });
          const { given } = await gate.enter(teacher, stage());
          if (isScored) assert.equal(given.kind, "proved", JSON.stringify(given));
        }
        server.become({ model: "another" });
        for (const isScored of order.slice(0, 2)) {
          const gate = createGate(context, server.base, { records, settings, uses: uses(isScored) });
          await assert.rejects(gate.enter(teacher, stage()), isRefusal(/is no longer the model that this run asked/));
        }
      }
    }
  }
});

test("evidence of a run that was asked for everything holds for one that asks for less", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const records = createMemoryEvidence();
  const settings = { ask: "chat" } as EndpointSettings;
  await createGate(context, server.base, { records, settings }).enter(teacher, stage());
  const uses = { isSampled: true, isJudge: false, isScored: false };
  await createGate(context, server.base, { records, settings, uses }).enter(teacher, stage());
  server.become({ model: "another" });
  const changed = createGate(context, server.base, { records, settings, uses });
  await assert.rejects(changed.enter(teacher, stage()), isRefusal(/is no longer the model that this run asked/));
});
