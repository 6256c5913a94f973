// The command verifier over real programs: what they are told, which answers count, and what every wrong one is told as.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import { createVerifierSuite } from "../../src/contracts/verifier-suite.ts";
import type { Score, StoredCandidate } from "../../src/domain/rows.ts";
import { RefeedError } from "../../src/errors.ts";
import { createRunner } from "../../src/launchers/runner.ts";
import { type CommandOptions, createCommandVerifier } from "../../src/verifiers/command.ts";
import { createCandidates } from "../helpers/candidates.ts";

const candidates = createCandidates(Array.from({ length: 40 }, (_, index) => [`text ${"x".repeat(index)}`, "other"]));

/** A program that hands each line to `answer(row, lineNumber)` and writes what it returns, if anything. */
const createScript = (answer: string): string => `
  const answer = ${answer};
  let [held, count] = ["", 0];
  process.stdin.on("data", (chunk) => {
    const lines = (held + chunk).split("\\n");
    held = lines.pop();
    for (const line of lines) {
      const told = answer(JSON.parse(line), ++count, line);
      if (told !== undefined) process.stdout.write(told);
    }
  });`;

interface Change extends Partial<CommandOptions> {
  readonly idleMs?: number;
  readonly lineBytes?: number;
}

function createCommand(script: string, { idleMs = 60_000, lineBytes = 1 << 16, ...change }: Change = {}) {
  return createCommandVerifier({
    runner: createRunner(),
    prepare: async () => ({
      argv: [process.execPath, "-e", script],
      folder: process.cwd(),
      environment: {},
      idleMs,
      lineBytes,
    }),
    render: ({ article }) => `Article: ${article}`,
    hasReference: false,
    window: 16,
    programCount: 1,
    ...change,
  });
}

function verify(script: string, change: Change = {}, given: readonly StoredCandidate[] = candidates): Promise<Score[]> {
  const request = { model: null, candidateCount: given.length, seed: "test" };
  return readAll(createCommand(script, change).verify(createStream(given), request, createRecordingContext("stage")));
}

const byLength = createScript("({ id, completion }) => JSON.stringify({ id, score: completion.length }) + '\\n'");

for (const { name, run } of createVerifierSuite({ verifier: createCommand(byLength), model: null, candidates })) {
  test(`a command verifier: ${name}`, run);
}

test("it is told all there is but the reference, and that where the experiment says so", async () => {
  const echo = createScript(
    "({ id, ...row }) => JSON.stringify({ id, score: null, reason: JSON.stringify(row) }) + '\\n'",
  );
  const [, first] = createCandidates([["one"], [{ completion: "a\nb\u2028", finish: "length", draw: 3 }]]);
  const told = {
    row: "row-1",
    draw: 3,
    prompt: "Article: Story 1 is long. It goes on.",
    article: "Story 1 is long. It goes on.",
    completion: "a\nb\u2028",
    finish: "length",
  };
  const read = async (change: Change) =>
    (await verify(echo, change, [first as StoredCandidate])).map(({ reason }) => JSON.parse(reason ?? "") as unknown);
  assert.deepEqual(await read({}), [told]);
  assert.deepEqual(await read({ hasReference: true }), [{ ...told, reference: "story 1" }]);
});

test("answers may come in any order within the window, and leave in the order of the candidates", async () => {
  const reversed = createScript(`(() => {
    const held = [];
    return ({ id }) => {
      held.unshift(JSON.stringify({ id, score: id / 2 }) + "\\n");
      if (held.length === 16) return held.splice(0).join("");
    };
  })()`);
  const scores = await verify(reversed);
  assert.deepEqual(
    scores,
    candidates.map(({ id }) => ({ id, score: id / 2, reason: null })),
  );
});

test("no more candidates wait for an answer than the window holds", async () => {
  const counting = createScript(`(() => {
    const held = [];
    return ({ id }, count) => {
      held.push(id);
      setTimeout(() => {
        const waiting = held.length;
        for (const id of held.splice(0)) process.stdout.write(JSON.stringify({ id, score: waiting }) + "\\n");
      }, 60);
    };
  })()`);
  const most = Math.max(
    ...(await verify(counting, { window: 4 }, candidates.slice(0, 24))).map(({ score }) => score ?? 0),
  );
  assert.ok(most >= 2 && most <= 4, `${most} waited`);
});

test("a last line without its end counts", async () => {
  const script = createScript("({ id }, count) => JSON.stringify({ id, score: 1 }) + (count === 3 ? '' : '\\n')");
  assert.equal((await verify(script, {}, candidates.slice(0, 3))).length, 3);
});

const refusals: Readonly<Record<string, readonly [answer: string, told: RegExp, change?: Change]>> = {
  "no JSON": ["() => 'score: 1\\n'", /line 1 of its output is not JSON/],
  "NaN, as Python writes it": [
    `({ id }) => '{"id":' + id + ', "score": NaN}\\n'`,
    /is not JSON: NaN is not a JSON value/,
  ],
  "an empty line": ["() => '\\n'", /line 1 of its output is not JSON: there is nothing/],
  "a list": ["() => '[1]\\n'", /is no JSON object/],
  "no id": ["() => '{\"score\":1}\\n'", /has no id that is a whole number/],
  "an id as text": [
    "({ id }) => JSON.stringify({ id: String(id), score: 1 }) + '\\n'",
    /has no id that is a whole number/,
  ],
  "an id it was not given": ['() => \'{"id":77,"score":1}\\n\'', /scores candidate 77, which it was not asked about/],
  "an id twice": [
    '() => \'{"id":0,"score":1}\\n\'',
    /line 2 of its output scores candidate 0, which it has scored already/,
  ],
  "no score": ["({ id }) => JSON.stringify({ id }) + '\\n'", /scores candidate 0 with nothing: it has no score/],
  "a score as text": [
    "({ id }) => JSON.stringify({ id, score: '1' }) + '\\n'",
    /candidate 0 with "1", which is no number/,
  ],
  "a number beyond numbers": [
    `({ id }) => '{"id":' + id + ',"score":1e999}\\n'`,
    /candidate 0 with a number that is too large/,
  ],
  "null without a reason": [
    "({ id }) => JSON.stringify({ id, score: null }) + '\\n'",
    /candidate 0 with null and gives no reason/,
  ],
  "a reason with a score": [
    "({ id }) => JSON.stringify({ id, score: 1, reason: 'x' }) + '\\n'",
    /with a number and a reason/,
  ],
  "a member of its own": [
    "({ id }) => JSON.stringify({ id, score: 1, note: 2 }) + '\\n'",
    /has the member "note": use id, score and reason/,
  ],
  "a member twice": [`({ id }) => '{"id":' + id + ',"score":1,"score":2}\\n'`, /has the member score twice/],
  "a line too long": [
    "({ id }) => JSON.stringify({ id, score: null, reason: 'x'.repeat(2e5) }) + '\\n'",
    /line 1 of its output is longer than 65536 bytes/,
  ],
  "bytes that are no text": ["() => Buffer.from([0xc3, 0x28, 10])", /line 1 of its output is not UTF-8/],
  "an end too early": [
    "({ id }, count) => count === 5 ? process.exit(0) : JSON.stringify({ id, score: 1 }) + '\\n'",
    /ended without a score for candidate 4/,
  ],
  "a failure": [
    "() => { throw new RangeError('no weights') }",
    /exit code 1 and said: RangeError: no weights \(candidate 0 was not scored yet\)/,
  ],
  silence: [
    "() => { setInterval(() => {}, 1000) }",
    /wrote no line for 0.5 s and was killed \(candidate 0 was not scored yet\)/,
    { idleMs: 500 },
  ],
};

for (const [name, [answer, told, change]] of Object.entries(refusals)) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(verify(createScript(answer), change), (error: Error) => {
      assert.ok(error instanceof RefeedError, error.stack);
      assert.equal(error.exitCode, 3);
      assert.match(error.message, told);
      assert.match(error.message, /^command \S+ -e '.*: /);
      assert.doesNotMatch(error.message, /\n/);
      assert.match(error.next ?? "", /^(have it|raise|mend) .+/);
      return true;
    });
  });
}

test("no more programs run at once than may", async () => {
  const few = candidates.slice(0, 3);
  const count = async (programCount: number): Promise<number> => {
    let [running, most] = [0, 0];
    const verifier = createCommand(byLength, {
      programCount,
      runner: {
        async *run(program, input, signal) {
          running += 1;
          most = Math.max(most, running);
          yield* createRunner().run(program, input, signal);
          running -= 1;
        },
      },
    });
    const request = { model: null, candidateCount: few.length, seed: "test" };
    const stages = ["one", "two", "three", "four"].map((key) =>
      readAll(verifier.verify(createStream(few), request, createRecordingContext(key))),
    );
    assert.deepEqual(
      (await Promise.all(stages)).map(({ length }) => length),
      [3, 3, 3, 3],
    );
    return most;
  };
  assert.equal(await count(1), 1);
  assert.equal(await count(2), 2);
});

test("a program that ends before it has read all is told so", async () => {
  await assert.rejects(verify("process.exit(0)"), /ended (without a score for candidate 0|before it had read all)/);
});

test("what was scored before a failure has been handed on", async () => {
  const script = createScript(
    "({ id }, count) => count === 9 ? process.exit(4) : JSON.stringify({ id, score: 1 }) + '\\n'",
  );
  const request = { model: null, candidateCount: candidates.length, seed: "test" };
  const scores: Score[] = [];
  await assert.rejects(async () => {
    const stream = createCommand(script, { window: 1 }).verify(
      createStream(candidates),
      request,
      createRecordingContext("s"),
    );
    for await (const score of stream) scores.push(score);
  }, /exit code 4/);
  assert.equal(scores.length, 8);
});
