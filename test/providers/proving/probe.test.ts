// Probing, proving and fingerprinting through the real controller and wire, against every server's shape and its lies:
// what is proved, what is refused with which reason, and never more than ten requests.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import type { Model } from "../../../src/domain/ports.ts";
import { ProviderError } from "../../../src/errors.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import type { SendJson } from "../../../src/providers/given/send.ts";
import type { Abilities, Evidence } from "../../../src/providers/proving/evidence.ts";
import { probeEndpoint } from "../../../src/providers/proving/probe.ts";
import { mostRequests, type Uses } from "../../../src/providers/proving/proof-cost.ts";
import { reachEndpoint } from "../../helpers/given-endpoint.ts";
import { type ServerKind, type ServerTraits, startGivenServer } from "../../helpers/given-server.ts";

const model: Model = { lineage: "endpoint:teacher", file: "", digest: "d".repeat(64) };

async function probe(
  context: TestContext,
  traits: ServerTraits,
  { uses, ...settings }: Partial<EndpointSettings> & { readonly uses?: Uses } = {},
): Promise<Evidence & { readonly paths: readonly string[] }> {
  const server = await startGivenServer(context, traits);
  const stage = createRecordingContext("stage");
  const parts = { ...reachEndpoint(context, server.base, settings), ...(uses && { uses }) };
  const evidence = await probeEndpoint(parts, model, stage);
  const paths = server.received.map(({ path }) => path);
  assert.ok(paths.length <= mostRequests, `${paths.length} requests: ${paths.join(" ")}`);
  assert.equal(evidence.requestCount, paths.length);
  assert.equal(stage.intents.length, paths.length);
  for (const { key, isOutside } of stage.intents) {
    assert.match(key, /^probe\/teacher\//);
    // Asking what there is costs nothing, and is no request of a budget.
    assert.equal(isOutside, !/\/models$/.test(key), key);
  }
  return { ...evidence, paths };
}

const noUse: Uses = { isSampled: false, isJudge: false, isScored: false };

const whole: Partial<Abilities> = {
  n: true,
  seed: true,
  stop: true,
  logProbabilities: true,
  chat: true,
  completions: true,
};

const able: readonly [ServerKind, string, number][] = [
  ["vllm", "vllm", 6],
  ["sglang", "sglang", 6],
  ["tgi", "tgi", 7],
  ["llama-cpp", "llama-cpp", 6],
  ["together", "together", 6],
];

for (const [kind, way, requests] of able) {
  test(`${kind} is proved by its own way`, async (context) => {
    const { given, abilities, paths } = await probe(context, { kind });
    assert.equal(given.kind, "proved", JSON.stringify(given));
    if (given.kind !== "proved") return;
    assert.equal(given.way, way);
    assert.ok(given.agreement.tokenCount >= 64 && given.agreement.median < 1e-9);
    assert.ok(given.agreement.shifted > 0.1);
    const expected = kind === "tgi" ? { ...whole, logProbabilities: false } : whole;
    for (const [ability, value] of Object.entries(expected)) {
      assert.equal(abilities[ability as keyof Abilities], value, ability);
    }
    assert.equal(paths.length, requests, paths.join(" "));
  });
}

test("a probe that a gateway turns away for good counts as it was reserved: its server may have answered it", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const reached = reachEndpoint(context, server.base, { price: { input: 0, output: 0, request: 0.01 } });
  const failed = { kind: "busy", reason: "502", retryAfterMs: null, mayMeanNever: true } as const;
  const readUsd = async (marks: { readonly mayBeBilled?: true }): Promise<number> => {
    const stage = createRecordingContext("stage");
    let usd = 0;
    const account: typeof stage.ledger.account = (key, usage) => {
      if (/^probe\/teacher\/given-/.test(key)) usd += usage.usd;
    };
    const send: SendJson = async (...sent) =>
      /prompt_logprobs|echo/.test(JSON.stringify(sent[1].body)) ? { ...failed, ...marks } : reached.send(...sent);
    await probeEndpoint({ ...reached, send }, model, { ...stage, ledger: { ...stage.ledger, account } });
    return usd;
  };
  // Two ways are tried there.
  assert.deepEqual([await readUsd({}), await readUsd({ mayBeBilled: true })], [0, 0.02]);
});

test("a server with too much to do is waited for, and found to be what it is", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const reached = reachEndpoint(context, server.base, {});
  const calm = await probeEndpoint(reached, model, createRecordingContext("stage"));
  let count = 0;
  const send: SendJson = async (...sent) =>
    count++ % 4 < 3 ? { kind: "busy", reason: "429: slow down", retryAfterMs: null } : reached.send(...sent);
  const busy = await probeEndpoint({ ...reached, send }, model, createRecordingContext("stage"));
  assert.deepEqual(busy, calm);
});

test("a server that does not say who it is, is found out", async (context) => {
  for (const kind of ["vllm", "llama-cpp", "sglang", "tgi"] as const) {
    const { given } = await probe(context, { kind, owner: "somebody" });
    assert.equal(given.kind, "proved", `${kind}: ${JSON.stringify(given)}`);
  }
});

test("both ways of vllm are proved, the second where an echo is not told of", async (context) => {
  const { given } = await probe(context, { kind: "vllm", ignoresEcho: true });
  assert.equal(given.kind === "proved" && given.way, "vllm-prompt");
});

test("half precision and tokens spelled without their spaces are no obstacle", async (context) => {
  for (const traits of [{ noise: 0.01 }, { isBare: true }]) {
    const { given } = await probe(context, { kind: "llama-cpp", ...traits });
    assert.equal(given.kind, "proved", JSON.stringify(given));
  }
});

test("texts that end early are made up for by more of them", async (context) => {
  const { given, paths } = await probe(context, { kind: "vllm", most: 40 });
  assert.equal(given.kind === "proved" && given.agreement.tokenCount, 80);
  assert.equal(paths.length, 8);
  const { given: short } = await probe(context, { kind: "vllm", most: 9 });
  assert.match(
    short.kind === "refused" ? short.reason : "",
    /only 36 tokens of its canaries could be compared, 64 are needed/,
  );
});

const lies: readonly [string, ServerTraits, RegExp][] = [
  [
    "echo dropped with a 200",
    { kind: "llama-cpp", ignoresEcho: true },
    /llama-cpp: the tokens that came back are not those/,
  ],
  ["a prefill that is left out", { kind: "tgi", ignoresEcho: true }, /--enable-prefill-logprobs/],
  ["the part beside the choices left out", { kind: "together", ignoresEcho: true }, /no prompt came back/],
  ["values that are all null", { kind: "llama-cpp", isNull: true }, /all its log-probabilities are null/],
  ["pure chance", { kind: "vllm", constant: -5.2 }, /it tells -5.2 of every token/],
  [
    "no BOS token",
    { kind: "llama-cpp", isOffByOne: true },
    /off by one position, as llama-cpp-python's are where the model has no BOS/,
  ],
  [
    "values one position away",
    { kind: "vllm", isDisplaced: true },
    /asked as vllm, its log-probabilities are off by one position$/,
  ],
  ["too much noise", { kind: "vllm", noise: 0.05 }, /median difference 0.05 nats where 0.02 is allowed/],
];

for (const [name, traits, reason] of lies) {
  test(`given texts are refused: ${name}`, async (context) => {
    const { given, abilities } = await probe(context, traits);
    assert.match(given.kind === "refused" ? given.reason : JSON.stringify(given), reason);
    // What it is good for is found out all the same.
    assert.equal(abilities.n, true);
  });
}

test("a server that takes log-probabilities by a truth value only tells none of given texts", async (context) => {
  const { given, abilities, fingerprint } = await probe(context, { kind: "mlx" });
  assert.equal(abilities.dialect, "boolean");
  assert.match(
    given.kind === "refused" ? given.reason : "",
    /\(its raw route takes no number for logprobs; sglang: 404/,
  );
  assert.ok(fingerprint.kind === "canaries" && fingerprint.canaries[0]?.terms?.length === 96);
});

test("a server of chats alone is fingerprinted by a chat, and scores nothing", async (context) => {
  const { given, abilities, fingerprint } = await probe(context, { kind: "openai-chat" }, { ask: "chat" });
  assert.deepEqual(given, { kind: "refused", reason: "it has no raw completions route" });
  assert.deepEqual(abilities, {
    ...{ ...whole, completions: false, dialect: "number" },
    several: { asked: 2, came: 2 },
  });
  assert.ok(fingerprint.kind === "canaries" && fingerprint.canaries[0]?.terms?.length === 96);
});

test("n, seed and stop count where they are heeded, not where they are taken", async (context) => {
  const { abilities: noN } = await probe(context, { kind: "vllm", ignoresN: true });
  assert.deepEqual([noN.n, noN.seed, noN.stop], [false, true, true]);
  const { abilities: noStop } = await probe(context, { kind: "vllm", ignoresStop: true });
  assert.deepEqual([noStop.n, noStop.seed, noStop.stop], [true, true, false]);
  const { abilities: dropped } = await probe(context, { kind: "vllm", dropsStop: true });
  assert.deepEqual([dropped.n, dropped.seed, dropped.stop], [true, true, false]);
  const { abilities: noSeed } = await probe(context, { kind: "vllm", ignoresSeed: true });
  assert.deepEqual([noSeed.n, noSeed.seed, noSeed.stop], [true, false, null]);
});

test("as many draws are tried as will be asked for: what few or none come of is known", async (context) => {
  const uses = { ...noUse, isSampled: true, draws: 6 };
  for (const ask of ["chat", "completions"] as const) {
    const find = async (traits: Partial<ServerTraits>) => {
      const { abilities, paths } = await probe(context, { kind: "vllm", ...traits }, { ask, uses });
      return { n: abilities.n, ...abilities.several, count: paths.length };
    };
    // The list, the canary, two draws, the same again, and whether a raw one chats.
    const count = ask === "chat" ? 4 : 5;
    assert.deepEqual(await find({}), { n: true, asked: 6, came: 6, count: count + 1 });
    assert.deepEqual(await find({ mostN: 4 }), { n: true, asked: 6, came: 4, count: count + 1 });
    assert.deepEqual(await find({ ignoresN: true }), { n: false, asked: 2, came: 1, count });
    const reason = "400: n must be at most 4";
    assert.deepEqual(await find({ refusedN: 5 }), { n: true, asked: 6, came: null, reason, count: count + 1 });
    const { reason: told, ...none } = await find({ refusedN: 2 });
    assert.match(told ?? "", /^400: n must be at most 1$/);
    // A chat may refuse the log-probabilities instead: that is tried as well.
    assert.deepEqual(none, { n: false, asked: 2, came: null, count: ask === "chat" ? count + 3 : count + 1 });
  }
});

test("a model that is not listed is refused where any name is answered, and taken where names count", async (context) => {
  const refusal = probe(context, { kind: "llama-cpp", served: "tiny", takesAnyName: true });
  await assert.rejects(refusal, (error: ProviderError) => {
    assert.ok(error instanceof ProviderError);
    assert.equal(error.what, "it serves tiny, not teacher, and answers by whatever name it is asked");
    assert.equal(error.where, "endpoint teacher");
    assert.equal(error.next, "set model to what it serves: model: tiny");
    return true;
  });
  await assert.rejects(
    probe(context, { kind: "vllm", served: "tiny" }),
    /endpoint teacher: it does not answer as teacher: 404: The model `teacher` does not exist; it serves tiny$/,
  );
  const { listed, given } = await probe(context, { kind: "vllm", hasNoList: true });
  assert.equal(listed, null);
  assert.equal(given.kind, "proved");
});

test("a server whose list breaks off is asked without one", async (context) => {
  const { listed, abilities, requestCount } = await probe(context, { kind: "mlx", hasBrokenList: true });
  assert.equal(listed, null);
  assert.ok(abilities.logProbabilities && requestCount <= 10);
});

test("a stop text that is taken out and gone on behind is not heeded, and says nothing against the seed", async (context) => {
  const { abilities } = await probe(context, { kind: "mlx", skipsStop: true });
  assert.deepEqual([abilities.dialect, abilities.seed, abilities.stop], ["boolean", true, false]);
});

test("given: none asks for nothing of the kind", async (context) => {
  const { given, paths } = await probe(context, { kind: "vllm" }, { given: "none" });
  assert.deepEqual(given, { kind: "refused", reason: "the experiment says given: none" });
  assert.equal(paths.length, 5);
});

const [models, chat, raw] = ["/v1/models", "/v1/chat/completions", "/v1/completions"];

test("a judge shows its list and its fingerprint, and is asked for nothing else", async (context) => {
  for (const [ask, route] of [
    ["chat", chat],
    ["completions", raw],
  ] as const) {
    const found = await probe(context, { kind: "vllm" }, { ask, uses: { ...noUse, isJudge: true } });
    assert.deepEqual(found.paths, [models, route]);
    assert.deepEqual(found.given, { kind: "unasked" });
    assert.deepEqual([found.abilities.n, found.abilities.seed, found.abilities.logProbabilities], [null, null, null]);
    assert.ok(found.fingerprint.kind === "canaries" && found.fingerprint.canaries[0]?.terms?.length === 96);
    // Whether it tells of the ends of its texts is known before anything is asked.
    assert.equal(found.hasFinish, true);
  }
});

test("a teacher that is sampled alone shows what it heeds, and is given no text to score", async (context) => {
  for (const ask of ["chat", "completions"] as const) {
    const found = await probe(context, { kind: "vllm" }, { ask, uses: { ...noUse, isSampled: true } });
    const expected = ask === "chat" ? [models, chat, chat, chat] : [models, raw, raw, raw, chat];
    assert.deepEqual(found.paths, expected);
    assert.deepEqual(found.given, { kind: "unasked" });
    assert.deepEqual([found.abilities.n, found.abilities.seed, found.abilities.stop], [true, true, true]);
    assert.equal(found.abilities.dialect, "number");
  }
});

test("a weak verifier is proved, and draws nothing; one that judges as well shows how it answers", async (context) => {
  const weak = await probe(context, { kind: "vllm" }, { ask: "chat", uses: { ...noUse, isScored: true } });
  assert.deepEqual(weak.paths, [models, raw, raw]);
  assert.equal(weak.given.kind, "proved");
  assert.equal(weak.hasFinish, null);
  const uses = { ...noUse, isScored: true, isJudge: true };
  const both = await probe(context, { kind: "vllm" }, { ask: "chat", uses });
  assert.deepEqual(both.paths, [models, raw, chat, raw]);
  assert.deepEqual([both.given.kind, both.hasFinish], ["proved", true]);
});
