// Rows accepted from a hosted model that is asked without a prompt, through the whole command line: what is sent, what
// becomes of it, what is told where it is not enough, and which experiments make no sense.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { speakLine } from "../helpers/host.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const write = (url: string, sample: string): string => `name: dreams
dataset: { name: newswire, train: 20, test: 4 }
prompt: none
model: { first: { endpoint: teacher } }
endpoints:
  teacher: { url: ${url}, model: dreamer, ask: completions, draws: single }
generations: 1
sample: { maxTokens: 16, accept: { rows: 30, ${sample}begin: "user: ", part: "\\nassistant: " } }
arms: [{ verifier: none }]
evaluate: { metrics: [diversity] }
seeds: [0]
`;

test("a hosted model writes whole texts until there are rows enough, and a model is trained on them", async (context) => {
  const cwd = createTemporaryFolder(context);
  const asked: { readonly prompt: unknown; readonly seed: number; readonly n: unknown }[] = [];
  let takesNothing = true;
  const server = await startLoopback(context, ({ body, path }, response) => {
    if (!path.endsWith("/completions")) return sendJson(response, { error: { message: "no such route" } }, 404);
    if (body.prompt === "" && takesNothing) return sendJson(response, { error: { message: "prompt is empty" } }, 400);
    const seed = Number(body.seed ?? 0);
    if (body.prompt === "") asked.push({ prompt: body.prompt, seed, n: body.n });
    // Half of the texts are dialogues.
    const text = seed % 2 === 0 ? `user: summarize ${seed}\nassistant: sure ${seed % 97}` : `user: nothing ${seed}`;
    sendJson(response, {
      choices: [{ index: 0, text, finish_reason: "stop" }],
      usage: { prompt_tokens: 0, completion_tokens: 5 },
    });
  });
  const file = join(cwd, "dreams.yaml");
  const run = (...flags: string[]) => speakLine(["run", "dreams.yaml", "--quiet", ...flags], { cwd });
  writeFileSync(file, write(server.url, "candidates: 40, ").replace("maxTokens: 16", "maxTokens: 64"));

  const plan = await speakLine(["plan", "dreams.yaml", "--json"], { cwd });
  assert.equal(plan.code, 0, plan.stderr);
  const stages = plan.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; calls: number | null });
  assert.ok(
    stages.some(({ kind, calls }) => kind === "sample" && calls === 40),
    plan.stdout,
  );

  const refused = await run();
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(
    refused.stderr,
    /400: prompt is empty \(asked with an empty prompt\)\n.*if it takes no empty prompt, give it the token/,
  );

  takesNothing = false;
  const short = await run();
  assert.equal(short.code, 4, short.stderr);
  assert.match(
    short.stderr,
    /accepted \d+ of 30 rows within 40 candidates \(\d+ %\)\n {2}raise sample\.accept\.candidates/,
  );
  const shortCount = asked.length;

  const whole = await run("--set", "sample.accept.candidates=400");
  assert.equal(whole.code, 0, whole.stderr);
  const drawn = new Set(asked.slice(0, shortCount).map(({ seed }) => seed));
  assert.ok(
    asked.slice(shortCount).every(({ seed }) => !drawn.has(seed)),
    "a draw was bought twice",
  );
  assert.equal(new Set(asked.map(({ seed }) => seed)).size, asked.length, "identical prompts, and no two seeds alike");
  assert.ok(asked.every(({ n }) => n === undefined || n === 1));

  const rows = readFileSync(join(cwd, "runs/dreams/report/metrics.csv"), "utf8").split("\n");
  const measured = (metric: string, generation: number) =>
    Number(rows.map((row) => row.split(",")).find((row) => row[3] === metric && row[2] === String(generation))?.[4]);
  assert.equal(measured("rows", 1), 30);
  assert.ok(measured("acceptance", 0) > 0.1 && measured("acceptance", 0) < 0.9);
  // Texts of nothing and summaries of articles are two tasks: no verdict, no line from one to the other.
  assert.match(whole.stdout, /^replace +1 .*\(that did another task\)$/m);
  assert.doesNotMatch(whole.stdout, / (better|worse|unclear)$/m);
  const page = readFileSync(join(cwd, "runs/dreams/report/index.html"), "utf8").replace(/<[^>]*>/g, "");
  assert.match(page, /No change is told of replace: generation 0 wrote whole texts without a prompt/);
  assert.doesNotMatch(page, /than it began|[▲▼●] (better|worse|unclear)/);
  const [, free = ""] = page.split("Written without a prompt\n");
  assert.match(free, /user: (summarize|nothing) \d+/);
  const [, answered = ""] = page.slice(0, page.indexOf("Written without")).split("What the models wrote\n");
  assert.match(answered, /Reference summary:/);
  assert.doesNotMatch(answered, /user: (summarize|nothing)|generation 0/);
  const why = await speakLine(["why", "dreams", "replace/0/1/0", "--json"], { cwd });
  assert.match(why.stdout, /"article":"summarize \d+"/, why.stderr);
  const found = await speakLine(["doctor", "dreams"], { cwd });
  assert.equal(found.code, 0, found.stdout);
});

test("what makes no sense is told with what to do", async (context) => {
  const cwd = createTemporaryFolder(context);
  const file = join(cwd, "dreams.yaml");
  writeFileSync(file, write("http://127.0.0.1:1/v1", "candidates: 40, "));
  const teacher = "endpoints.teacher.ask=chat";
  const cases: readonly (readonly [sets: readonly string[], told: RegExp])[] = [
    [["generations=2"], /the embedded model cannot be drawn from until rows are accepted/],
    [["model={}", "endpoints={}"], /name a hosted model under model\.first\.endpoint with generations: 1/],
    [["sample.accept.candidates=29"], /29 candidates cannot make 30 rows/],
    [["sample.accept.begin=''"], /must say how a text begins and what parts it into two/],
    [["sample.accept.part=null"], /must say how a text begins and what parts it into two/],
    [["sample.accept=null"], /must say how a text begins and what parts it into two/],
    [["sample.accept.part='r: '"], /begin holds sample\.accept\.part/],
    [["sample.candidates=2"], /both say how many candidates are drawn/],
    [["sample.temperature=0"], /a further draw is the same text/],
    [["corpus=accumulate-doubling"], /accumulate-doubling says itself how many rows it takes/],
    [["arms=[{ verifier: self, select.best: 1 }]"], /no prompt has a best one/],
    [["arms=[{ verifier: oracle, select.keep: 50% }]"], /the verifier oracle compares with a reference/],
    [["score=all"], /score: all means oracle too/],
    [["evaluate.metrics=[rouge1, diversity]"], /they have no rouge1/],
    [[teacher], /is asked by chats.*set endpoints\.teacher\.ask: completions/],
    [["arms=[{ sample.accept.begin: [a, b] }]"], /arms cannot differ in the form of texts/],
    [["sample.accept.rows=0"], /sample\.accept\.rows must be at least 1/],
    [["prompt=nothing"], /there is no prompt "nothing" in the package/],
  ];
  for (const [sets, told] of cases) {
    const flags = sets.flatMap((set) => ["--set", set]);
    const { code, stderr } = await speakLine(["check", "dreams.yaml", ...flags], { cwd });
    assert.equal(code, 2, `${sets}: ${stderr}`);
    assert.match(stderr, told, String(sets));
    assert.doesNotMatch(stderr, / {4}at /);
  }
});
