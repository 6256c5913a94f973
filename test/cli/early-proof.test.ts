// Before anything is bought: every endpoint of a run is reached and proved for what it is asked, and whoever has been asked
// for everything is not needed any more.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { ProviderError } from "../../src/errors.ts";
import { speak } from "../helpers/environment.ts";
import { type GivenServer, startGivenServer } from "../helpers/given-server.ts";
import { type Loopback, sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

interface Written {
  readonly teacher: string;
  readonly grader?: string;
  readonly metrics?: string;
  readonly arms?: string;
}

function write(context: TestContext, { teacher, grader, metrics = "rouge1", arms = "{ verifier: none }" }: Written) {
  const cwd = createTemporaryFolder(context);
  const judge =
    grader === undefined
      ? ""
      : `  grader: { url: "${grader}", model: judge }
verifiers: { judge: { kind: judge, endpoint: grader, maxTokens: 64, canaries: 0 } }
`;
  writeFileSync(
    join(cwd, "early.yaml"),
    `name: early
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${teacher}", model: tiny, ask: completions, join: " " }
${judge}arms: [${arms}]
seeds: [0]
evaluate: { metrics: [${metrics}] }
`,
  );
  return cwd;
}

const run = (cwd: string, ...args: readonly string[]) =>
  speak(createRunCommand, ["early.yaml", "--quiet", ...args], { cwd });
const resume = (cwd: string) => speak(createResumeCommand, ["early", "--quiet"], { cwd });

/** Rows that were bought, and requests that left. */
function read(cwd: string): { readonly rows: number; readonly probes: number; readonly others: number } {
  const connection = new Database(join(cwd, "runs/early/state.db"), { readonly: true });
  const one = (query: string): number => connection.prepare(query).pluck().get() as number;
  const counted = {
    rows: one("SELECT count(*) FROM candidate"),
    probes: one("SELECT count(*) FROM attempt WHERE is_outside = 1 AND key LIKE 'probe/%'"),
    others: one("SELECT count(*) FROM attempt WHERE is_outside = 1 AND key NOT LIKE 'probe/%'"),
  };
  connection.close();
  return counted;
}

const isRefusal = (pattern: RegExp, next: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.exitCode, 3);
  assert.match(error.message, pattern);
  assert.match(error.next ?? "", next);
  return true;
};

/** Chats as a judge is to, or says why not. */
function startJudge(
  context: TestContext,
  refuse?: (body: Readonly<Record<string, unknown>>) => object | null,
): Promise<Loopback> {
  return startLoopback(context, ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "judge" }] });
    const error = refuse?.(body) ?? null;
    if (error) return sendJson(response, { error }, 400);
    const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content ?? "";
    const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    const content = mark === undefined ? "The boats came home." : JSON.stringify({ id: mark, reason: "so", score: 7 });
    sendJson(response, { choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });
  });
}

const judged = "{ verifier: judge, select.keep: 50% }";

test("a teacher that cannot be scored is found out before it is sampled", async (context) => {
  const teacher = await startGivenServer(context, { kind: "llama-cpp", served: "tiny", isOffByOne: true });
  const cwd = write(context, { teacher: teacher.base, metrics: "rouge1, loss" });
  await assert.rejects(
    run(cwd),
    isRefusal(/^endpoint teacher: given texts cannot be scored there: .*off by one position/, /vLLM/),
  );
  const { rows, others } = read(cwd);
  assert.deepEqual([rows, others], [0, 0]);
  assert.ok(teacher.received.length <= 10, `${teacher.received.length}`);
});

test("a judge by a wrong name is found out before the teacher is sampled, in its server's own words", async (context) => {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const grader = await startGivenServer(context, { kind: "vllm", served: "the-judge" });
  const cwd = write(context, { teacher: teacher.base, grader: grader.base, arms: judged });
  const told =
    /^endpoint grader: it does not answer as judge: 404: The model `judge` does not exist; it serves the-judge$/;
  await assert.rejects(run(cwd), isRefusal(told, /^set endpoints\.grader\.model to one that it serves/));
  const { rows, others } = read(cwd);
  assert.deepEqual([rows, others], [0, 0]);
  grader.become({ served: "judge" });
  // Asked again, all is well: what the server writes is no verdict, but that is for the run to say.
  await assert.rejects(resume(cwd), /the selection kept no candidate/);
  assert.equal(read(cwd).rows, 12 + 4);
});

test("a request for several draws is tried with as many as are wanted: refused before a row, or each asked by itself", async (context) => {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = write(context, { teacher: teacher.base });
  const n = ["--set", "sample.candidates=6", "--set", "endpoints.teacher.draws=n"];
  const told =
    "endpoint teacher: the experiment asks for all draws of a prompt in one request (draws: n), and a request";
  const next = /^set endpoints\.teacher\.draws: auto, .*, or single$/;
  for (const [traits, what] of [
    [{ ignoresN: true }, "for 2 of them brings 1"],
    [{ ignoresN: false, mostN: 4 }, "for 6 of them brings 4"],
    [{ mostN: 6, refusedN: 5 }, "for 6 of them is not taken: 400: n must be at most 4"],
  ] as const) {
    teacher.become(traits);
    await assert.rejects(run(cwd, ...n), (error) => {
      assert.ok(error instanceof ProviderError, String(error));
      assert.equal(error.message, `${told} ${what}`);
      assert.deepEqual([error.exitCode, next.test(error.next ?? "")], [3, true]);
      return true;
    });
    const { rows, others } = read(cwd);
    assert.deepEqual([rows, others], [0, 0]);
  }
  // What it can do is asked of it: four of a prompt, and of six each by itself.
  teacher.become({ mostN: 4, refusedN: 99 });
  const single = await run(cwd, "--set", "sample.candidates=6");
  assert.equal(single.code, 0);
  // Both models answer the test split.
  assert.equal(read(cwd).rows, 12 * 6 + 2 * 4);
  const sampled = teacher.received.filter(({ body }) => body.max_tokens === 8 && body.temperature === 1);
  assert.deepEqual([sampled.length, sampled.filter(({ body }) => body.n !== undefined).length], [12 * 6, 0]);
  const four = await run(cwd, "--set", "sample.candidates=4", "--run", "four");
  assert.equal(four.code, 0);
  const counts = teacher.received.filter(({ body }) => body.n === 4 && body.max_tokens === 8);
  assert.equal(counts.length, 12);
});

test("a server that takes no schema, or no such length, is told before by the field that mends it", async (context) => {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  let mostTokens = 16;
  const grader = await startJudge(context, ({ response_format: format, max_tokens: most }) => {
    if (format !== undefined)
      return { message: "response_format is an object; leave it out", param: "response_format" };
    // Canaries are 96 tokens long, whoever judges.
    return most === 64 && mostTokens < 64
      ? { message: `max_tokens is 64; at most ${mostTokens}`, param: "max_tokens" }
      : null;
  });
  const cwd = write(context, { teacher: teacher.base, grader: `${grader.url}/v1`, arms: judged });
  const schema = /^endpoint grader: it does not take what a judge asks it: 400: response_format is an object/;
  await assert.rejects(run(cwd), isRefusal(schema, /^set endpoints\.grader\.params: \{response_format: null\}/));
  const plain = ["--set", "endpoints.grader.params={response_format: null}"];
  const long = /^endpoint grader: it does not take what a judge asks it: 400: max_tokens is 64; at most 16/;
  await assert.rejects(run(cwd, ...plain), isRefusal(long, /^lower verifiers\.judge\.maxTokens to what the server/));
  assert.deepEqual([read(cwd).rows, read(cwd).others], [0, 0]);
  // Without a schema a verdict is read as strictly.
  mostTokens = 64;
  assert.equal((await run(cwd, ...plain)).code, 0);
  const connection = new Database(join(cwd, "runs/early/state.db"), { readonly: true });
  assert.equal(connection.prepare("SELECT count(*) FROM score WHERE score = 7").pluck().get(), 12);
  connection.close();
});

test("whoever has been asked for everything is not needed to go on", async (context) => {
  const teacher: GivenServer = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  let isGone = false;
  const grader = await startJudge(context, () => (isGone ? { message: "the model is gone" } : null));
  const cwd = write(context, {
    ...{ teacher: teacher.base, grader: `${grader.url}/v1`, arms: judged, metrics: "rouge1, loss" },
  });
  await run(cwd);
  const { rows, others } = read(cwd);
  const asked = [teacher.received.length, grader.received.length];
  teacher.become({ served: "another", hasNoList: true });
  isGone = true;
  // Everything they wrote and scored is there; the stages themselves were cut off just before their end.
  const connection = new Database(join(cwd, "runs/early/state.db"));
  const { changes } = connection
    .prepare(
      `UPDATE stage SET state = 'running', value = NULL, output_sha256 = NULL
       WHERE EXISTS (SELECT 1 FROM attempt a WHERE a.stage_id = stage.id AND a.url LIKE 'http%')`,
    )
    .run();
  connection.close();
  assert.equal(changes, 4, "the draws of both splits, their scores, and the loss");
  assert.equal((await resume(cwd)).code, 0);
  assert.deepEqual([teacher.received.length, grader.received.length], asked);
  assert.deepEqual([read(cwd).rows, read(cwd).others], [rows, others]);
});
