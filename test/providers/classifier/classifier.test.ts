import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { findShape, parseLabels } from "../../../src/providers/classifier/shapes.ts";
import { createProvider } from "../../../src/providers/provider.ts";
import { createEndpoint } from "../../helpers/endpoint.ts";
import { sendJson, startLoopback } from "../../helpers/loopback.ts";

test("labels are read out of every published shape, and nothing else is taken for them", () => {
  const row = [
    { label: "POSITIVE", score: 0.75 },
    { label: "NEGATIVE", score: 0.25 },
  ];
  const expected = { POSITIVE: 0.75, NEGATIVE: 0.25 };
  // Hugging Face's inference endpoints, nested and flat, and TEI's /predict.
  assert.deepEqual(parseLabels([row]), expected);
  assert.deepEqual(parseLabels(row), expected);
  // vLLM's /classify, and a reward model of one value.
  const classified = { index: 0, label: "POSITIVE", probs: [0.25, 0.75], num_classes: 2 };
  assert.deepEqual(parseLabels({ object: "list", data: [classified] }), { LABEL_0: 0.25, LABEL_1: 0.75 });
  assert.deepEqual(parseLabels({ data: [{ index: 0, label: null, probs: [-3.5], num_classes: 1 }] }), {
    LABEL_0: -3.5,
  });
  const bad: unknown[] = [null, {}, [], [[]], [{ label: "A" }], [{ score: 1 }], [{ label: "A", score: "1" }], "A"];
  bad.push(
    [
      { label: "A", score: 1 },
      { label: "A", score: 2 },
    ],
    { data: [] },
    { data: [{ probs: [] }] },
    [row, row],
  );
  for (const value of bad) assert.equal(parseLabels(value), null, JSON.stringify(value));
  assert.deepEqual(Object.entries(parseLabels([{ label: "__proto__", score: 1 }]) ?? {}), [["__proto__", 1]]);
});

test("the address tells how a classifier is asked", () => {
  const pathOf = (url: string) => [findShape(url).path, Object.keys(findShape(url).createBody("t", "m"))];
  assert.deepEqual(pathOf("http://h:1"), ["", ["inputs", "parameters"]]);
  assert.deepEqual(pathOf("https://router/hf-inference/models/a/b"), ["", ["inputs", "parameters"]]);
  assert.deepEqual(pathOf("http://h:1/predict"), ["", ["inputs", "truncate"]]);
  assert.deepEqual(pathOf("http://h:1/classify"), ["", ["model", "input"]]);
  assert.deepEqual(pathOf("http://h:1/v1"), ["/classify", ["model", "input"]]);
});

test("texts are classified in order, each once, and recalled instead of asked again", async (context) => {
  const server = await startLoopback(context, async ({ body }, response) => {
    const text = String(body.inputs);
    if (text === "t0") await new Promise((resolve) => setTimeout(resolve, 20));
    if (text === "t3")
      return sendJson(response, { error: "inputs must have less than 512 tokens", error_type: "Validation" }, 413);
    return sendJson(response, [[{ label: "good", score: Number(text.slice(1)) }]]);
  });
  const endpoint = createEndpoint({ urls: [server.url], params: { truncate: true } });
  const provider = createProvider(endpoint, {
    secret: null,
    clock: { now: () => 0, monotonic: () => performance.now() },
  });
  context.after(() => provider.close());
  const recording = createRecordingContext("stage");
  const texts = [0, 1, 2, 3].map((at) => ({ id: `${at}`, text: `t${at}` }));
  const labels = await readAll(provider.classifier.classify(createStream(texts), recording));
  assert.deepEqual(
    labels.map(({ id, scores }) => [id, scores?.good ?? null]),
    [
      ["0", 0],
      ["1", 1],
      ["2", 2],
      ["3", null],
    ],
  );
  assert.match(labels[3]?.reason ?? "", /413/);
  assert.equal(server.received[0]?.path, "/");
  assert.equal(server.received[0]?.body.truncate, true);
  assert.deepEqual(await readAll(provider.classifier.classify(createStream(texts), recording)), labels);
  assert.equal(server.received.length, 4);
});
