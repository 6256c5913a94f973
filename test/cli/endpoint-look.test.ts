// refeed doctor of an experiment: its endpoints probed over real connections, told as a table and as JSON, with the exit
// code of what is wrong, and nothing written anywhere.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { tellAsking } from "../../src/cli/asking.ts";
import { createDoctorCommand } from "../../src/cli/doctor.ts";
import type { Environment } from "../../src/cli/environment.ts";
import { clearLine } from "../../src/cli/output.ts";
import { ConfigError, UsageError } from "../../src/errors.ts";
import type { Finding } from "../../src/store/inspection/finding.ts";
import { type Speech, speak } from "../helpers/environment.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

interface Told {
  readonly ok: boolean;
  readonly looks: readonly { readonly subject: string; readonly findings: readonly Finding[] }[];
}

function write(context: TestContext, endpoints: string, more = ""): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "my.yaml"),
    `schema: 1
name: my
system: language
dataset: { name: newswire, train: 40, test: 10 }
prompt: article
model: { trainer: embedded, base: embedded:newswire }
generations: 1
real: 50%
sample: { candidates: 4, maxTokens: 16 }
endpoints:
${endpoints}
verifiers:
  weak: { kind: perplexity, model: { endpoint: weak } }
arms:
  - { corpus: replace, verifier: weak, select.keep: 50% }
seeds: [0]
evaluate: { metrics: [rouge1] }
${more}`,
  );
  return cwd;
}

async function ask(cwd: string, ...args: readonly string[]): Promise<Speech & { readonly told: Told }> {
  const speech = await speak(createDoctorCommand, ["my.yaml", "--json", ...args], { cwd });
  return { ...speech, told: JSON.parse(speech.out) as Told };
}

const find = (told: Told, subject: string, check: string): Finding | undefined =>
  told.looks.find((look) => look.subject === subject)?.findings.find((finding) => finding.check === check);

test("an endpoint that can do all of it: every line ok, the cost of the plan, nothing written", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const price = "price: { input: 1000, output: 1000 }";
  const cwd = write(context, `  weak: { url: "${server.base}", model: tiny, ask: completions, ${price} }`);
  const { told, code } = await ask(cwd);
  assert.equal(code, 0, JSON.stringify(told));
  assert.ok(told.ok);
  assert.deepEqual(
    told.looks.map(({ subject }) => subject),
    ["environment", "endpoint weak", "planned run"],
  );
  const checks = ["reachable", "model", "draws", "seed", "stop", "log-probabilities", "given texts", "routes", "pace"];
  assert.deepEqual(
    told.looks[1]?.findings.map(({ check }) => check),
    checks,
  );
  assert.match(
    find(told, "endpoint weak", "given texts")?.what ?? "",
    /^scored and proved as vllm: median difference \S+ nats/,
  );
  assert.match(
    find(told, "endpoint weak", "pace")?.what ?? "",
    /^median \S+ ms over 6 requests, \S+ tokens\/s .*, for 0\.\d+ USD$/,
  );
  assert.match(
    find(told, "planned run", "cost")?.what ?? "",
    /^at most \d+ calls, \d+ tokens, [\d.]+ USD still to pay$/,
  );
  assert.deepEqual(readdirSync(cwd), ["my.yaml"]);
  assert.equal(server.received.length, 6);

  const table = await speak(createDoctorCommand, ["my.yaml"], { cwd });
  assert.match(table.out, /^endpoint weak\ncheck +state +found\n/m);
});

test("what the experiment needs and is not there is a problem with its way out, and ends with 3", async (context) => {
  const mute = await startGivenServer(context, { kind: "llama-cpp", served: "tiny", isOffByOne: true });
  const cwd = write(
    context,
    `  weak: { url: "${mute.base}", model: tiny, ask: completions }`,
    "budget: { requests: 3 }",
  );
  const { told, code } = await ask(cwd);
  assert.equal(code, 3);
  const given = find(told, "endpoint weak", "given texts");
  assert.equal(given?.state, "problem");
  assert.match(given?.what ?? "", /off by one position/);
  const budget = find(told, "planned run", "budget.requests");
  assert.match(budget?.what ?? "", /^\d+ of 3 requests: the run will stop there$/);
});

test("nobody there, no key, another model: one problem each, none of them waited for", async (context) => {
  const server = await startGivenServer(context, { kind: "llama-cpp", served: "tiny", takesAnyName: true });
  const gone = write(context, '  weak: { url: "http://127.0.0.1:9/v1", model: tiny }');
  const { told: nobody, code } = await ask(gone);
  assert.equal(code, 3);
  const away = find(nobody, "endpoint weak", "answers");
  assert.match(away?.what ?? "", /nobody listens there \(ECONNREFUSED\)$/);
  // There is no run to resume, and what was waited is doctor's patience, not limits.waitMs.
  assert.match(
    away?.next ?? "",
    /endpoints\.weak\.url.* ask doctor again; a run waits 900 s for it \(limits\.waitMs\)$/,
  );
  const { told: keyless } = await ask(gone, "--set", "endpoints.weak.key=NO_SUCH_KEY");
  assert.deepEqual(find(keyless, "endpoint weak", "key"), {
    check: "key",
    state: "problem",
    what: "the environment variable NO_SUCH_KEY is not set",
    where: "endpoints.weak.key",
    next: "export NO_SUCH_KEY and ask doctor again",
  });
  const other = write(context, `  weak: { url: "${server.base}", model: teacher, ask: completions }`);
  const { told: another } = await ask(other);
  assert.match(find(another, "endpoint weak", "answers")?.what ?? "", /^it serves tiny, not teacher/);
});

test("a file that is no experiment is told as everywhere, and --set goes with one", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "my.yaml"), "schema: 1\nnome: x\n");
  await assert.rejects(ask(cwd), ConfigError);
  await assert.rejects(speak(createDoctorCommand, ["--set", "name=x"], { cwd }), UsageError);
  await assert.rejects(speak(createDoctorCommand, ["nosuch"], { cwd }), UsageError);
  // A packaged experiment of which there is no run here; it asks nobody.
  const packaged = await speak(createDoctorCommand, ["gaussian", "--json"], { cwd });
  assert.deepEqual(
    (JSON.parse(packaged.out) as Told).looks.map(({ subject }) => subject),
    ["environment", "planned run"],
  );
});

test("who never answers is waited for so long and no longer, and what is waited for is told beside pure JSON", async (context) => {
  const server = await startLoopback(context, () => undefined);
  const cwd = write(context, `  weak: { url: "${server.url}/v1", model: tiny }`);
  const { told, code, error } = await ask(cwd, "--patience", "0.2");
  assert.equal(code, 3);
  assert.equal(error, `asking weak, whose answers are waited for 0.2 s at most, at ${server.url}/v1\n`);
  const answers = find(told, "endpoint weak", "answers");
  assert.match(answers?.what ?? "", /no answer began within 0\.2 s$/);
  assert.match(
    answers?.next ?? "",
    /see in its log whether it still loads .* a run waits 120 s: --patience 120 waits as/,
  );
  // Its list alone: who does not answer that is asked for nothing else.
  assert.equal(server.received.length, 1);
  for (const patience of ["0", "soon", "-1", "1e9"]) await assert.rejects(ask(cwd, "--patience", patience), UsageError);
});

test("on a terminal one line is written over while an endpoint is asked", () => {
  let text = "";
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const write = (more: string): void => {
    text += more;
  };
  const stderr = { write, columns: 60, color: false };
  const end = tellAsking({ name: "weak", urls: ["http://h/v1"], patienceMs: 30_000 }, { stderr, clock } as Environment);
  assert.equal(text, `${clearLine}0 s  asking weak, whose answers are waited for 30 s at most`);
  now = 2000;
  end();
  assert.ok(text.endsWith(clearLine));
});

test("a wrong model name is told in the server's own words, with the names that it serves", async (context) => {
  const server = await startGivenServer(context, { kind: "openai-chat", served: "tiny" });
  const cwd = write(context, `  weak: { url: "${server.base}", model: tinny }`);
  const { told, code } = await ask(cwd);
  assert.equal(code, 3);
  const answers = find(told, "endpoint weak", "answers");
  assert.equal(answers?.what, "it does not answer as tinny: 404: The model `tinny` does not exist; it serves tiny");
  assert.match(answers?.next ?? "", /^set endpoints\.weak\.model to one that it serves/);
});

const judged = (cwd: string): void => {
  const file = join(cwd, "my.yaml");
  const text = readFileSync(file, "utf8")
    .replace(
      /^ {2}weak: \{ kind: perplexity.*$/m,
      "  weak: { kind: judge, endpoint: weak, maxTokens: 50 }\n  rm: { kind: reward, endpoint: rm, label: GOOD }",
    )
    .replace("verifier: weak", "verifier: [weak, rm]");
  writeFileSync(file, text);
};

test("a judge is asked what it will be asked, and a reward model for its label", async (context) => {
  let said = '{"id": "x", "reason": "so", "score": 3}';
  let error: object | null = null;
  const server = await startLoopback(context, ({ path, body }, response) => {
    if (path.endsWith("/predict")) return sendJson(response, [{ label: "BAD", score: 1 }]);
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "tiny" }] });
    if (error && body.response_format !== undefined) return sendJson(response, { error }, 400);
    const content = body.response_format === undefined ? "The boats came home." : said;
    sendJson(response, { choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });
  });
  const endpoints = `  weak: { url: "${server.url}/v1", model: tiny, given: none }\n  rm: { url: "${server.url}/predict", model: rm }`;
  const cwd = write(context, endpoints);
  judged(cwd);
  const well = await ask(cwd);
  assert.equal(well.code, 3);
  assert.equal(find(well.told, "endpoint weak", "verdicts")?.state, "ok");
  assert.deepEqual(
    [find(well.told, "endpoint rm", "labels")?.state, find(well.told, "endpoint rm", "labels")?.what],
    ["problem", 'it gives no label "GOOD": it has "BAD"'],
  );
  said = `Here it is: ${said}`;
  const { told: chatty } = await ask(cwd);
  assert.equal(find(chatty, "endpoint weak", "verdicts")?.state, "warning");
  error = { message: "no schemas here" };
  const { told: plain } = await ask(cwd);
  const verdicts = find(plain, "endpoint weak", "verdicts");
  assert.deepEqual(
    [verdicts?.state, verdicts?.what],
    ["problem", "what a judge asks is not taken: 400: no schemas here"],
  );
  assert.match(verdicts?.next ?? "", /params: \{response_format: null\}.*lower verifiers\.weak\.maxTokens$/);
});
