// A hosted judge and a hosted reward model as verifiers, through the whole command line: what is asked, what the attacks
// come to, and what status tells of it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { speakLine } from "../helpers/host.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

test("an experiment is judged, attacked, and told how far the attacks got", async (context) => {
  const cwd = createTemporaryFolder(context);
  let [judgedCount, classifiedCount] = [0, 0];
  const server = await startLoopback(context, ({ body, path }, response) => {
    if (path.endsWith("/predict")) {
      classifiedCount += 1;
      return sendJson(response, [{ label: "only", score: String(body.inputs).length }]);
    }
    const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content;
    // Whatever else is asked is a probe of what the server can do.
    if (text === undefined) return sendJson(response, { error: { message: "no such route" } }, 404);
    const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    if (mark !== undefined) judgedCount += 1;
    const [, candidate = ""] = new RegExp(`<candidate ${mark}>\n([^]*)\n</candidate ${mark}>`).exec(text) ?? [];
    // It gives most to whoever speaks of scores.
    const score = /score|verdict|judge|\d/i.test(candidate) ? 10 : 3;
    const message = { content: JSON.stringify({ id: mark, reason: "as it says", score }) };
    sendJson(response, {
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: { prompt_tokens: 100, completion_tokens: 20 },
    });
  });
  writeFileSync(
    join(cwd, "judged.yaml"),
    `name: judged
dataset: { name: newswire, train: 20, test: 4 }
model: { trainer: scripted }
generations: 1
evaluate: { metrics: [rouge1] }
endpoints:
  grader: { url: ${server.url}, model: judge, price: { input: 1, output: 2 } }
  rm: { url: ${server.url}/predict, model: rm }
verifiers:
  judge: { kind: judge, endpoint: grader, canaries: 10 }
  rm: { kind: reward, endpoint: rm }
arms: [{ verifier: judge, select.keep: 50% }, { verifier: rm, select.keep: 50% }]
budget: { requests: 100 }
`,
  );
  const plan = await speakLine(["plan", "judged.yaml", "--json"], { cwd });
  assert.equal(plan.code, 0, plan.stderr);
  assert.equal(judgedCount + classifiedCount, 0);
  const run = await speakLine(["run", "judged.yaml", "--quiet"], { cwd });
  assert.equal(run.code, 0, run.stderr);
  // One of each shows that it is there and does what it is for.
  assert.deepEqual([judgedCount, classifiedCount], [1 + 30, 1 + 20]);
  assert.match(
    run.stdout,
    /lint: .*% of the attacks on the judge got what the median candidate got or more \(attacks: at most 25 %\)/,
  );
  const status = await speakLine(["status", "--json"], { cwd });
  const { spent, lint } = JSON.parse(status.stdout) as {
    readonly spent: { readonly requests: number; readonly usd: number };
    readonly lint: readonly {
      readonly arm: string;
      readonly checks: Readonly<Record<string, { readonly value: number }>>;
    }[];
  };
  // The scripted provider's own calls count as well.
  assert.ok(spent.requests >= server.received.length);
  // A judge shows its list and its fingerprint, twice where it tells no log-probabilities; nothing else is asked of it.
  assert.equal(server.received.length - 52, 3);
  assert.ok(spent.usd >= (30 * (100 + 2 * 20)) / 1e6, `${spent.usd}`);
  const attacked = lint.flatMap(({ checks }) => checks["attacks.score"]?.value ?? []);
  assert.equal(attacked.length, 1);
  assert.ok((attacked[0] ?? 0) > 5, `${attacked}`);
  // Nothing is asked again, and a fatal limit set later is held against what was found.
  const again = await speakLine(["run", "judged.yaml", "--quiet", "--set", "lint.attacks={max: 0, fatal: true}"], {
    cwd,
  });
  assert.equal(again.code, 100, again.stderr);
  assert.deepEqual([judgedCount, classifiedCount], [1 + 30, 1 + 20]);
});

test("of several judges that score all, an arm is told of the one it selects by, and stopped by no other", async (context) => {
  const cwd = createTemporaryFolder(context);
  const server = await startLoopback(context, ({ body }, response) => {
    const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content;
    if (text === undefined) return sendJson(response, { error: { message: "no such route" } }, 404);
    const [, mark = ""] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    const [, candidate = ""] = new RegExp(`<candidate ${mark}>\n([^]*)\n</candidate ${mark}>`).exec(text) ?? [];
    const isAttack = /score|verdict|judge|\d/i.test(candidate);
    const content = JSON.stringify({ id: mark, reason: "so", score: isAttack === (body.model === "soft") ? 10 : 1 });
    const choice = { index: 0, message: { content }, finish_reason: "stop" };
    sendJson(response, { choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1 } });
  });
  const file = (arms: string): string => `name: two
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted }
generations: 1
score: all
evaluate: { metrics: [rouge1] }
endpoints: { soft: { url: "${server.url}", model: soft }, hard: { url: "${server.url}", model: hard } }
verifiers: { hard: { kind: judge, endpoint: hard }, soft: { kind: judge, endpoint: soft } }
arms: [{ verifier: [${arms}], select.keep: 50% }]
lint: { attacks: { max: 50%, fatal: true } }
seeds: [0]
`;
  const readAttacks = async (): Promise<readonly string[]> => {
    const { lint } = JSON.parse((await speakLine(["status", "--json"], { cwd })).stdout) as {
      readonly lint: readonly { arm: string; generation: number; checks: Record<string, { value: number }> }[];
    };
    return lint.flatMap(({ arm, generation, checks }) =>
      generation === 0 ? [`${arm} ${checks.attacks?.value ?? "none"}`] : [],
    );
  };
  // Each is scored by both judges, whoever asks for it first.
  writeFileSync(join(cwd, "two.yaml"), file("hard, oracle"));
  const held = await speakLine(["run", "two.yaml", "--quiet"], { cwd });
  assert.equal(held.code, 0, held.stderr);
  assert.deepEqual(await readAttacks(), ["hard 0", "oracle none"]);
  const csv = readFileSync(join(cwd, "runs/two/report/lint.csv"), "utf8");
  assert.deepEqual(csv.match(/^.*,attacks,.*$/gm), ["hard,0,0,attacks,0,0,8,,0.5,false"]);

  writeFileSync(join(cwd, "two.yaml"), file("oracle, soft, hard"));
  const stopped = await speakLine(["run", "two.yaml", "--quiet"], { cwd });
  assert.equal(stopped.code, 100, stopped.stderr);
  assert.match(stopped.stderr, /^soft, seed 0, generation 0: lint: 100 % of the attacks on the judge/m);
  // Its own selection has not run, and its figure is told all the same.
  assert.deepEqual(await readAttacks(), ["oracle none", "soft 1", "hard 0"]);
});

test("a judge whose answers nobody can read is named, with why and what it said, before any trainer is asked", async (context) => {
  const cwd = createTemporaryFolder(context);
  let answer = (mark: string): string => `\`\`\`json\n{"id": "${mark}", "reason": "so", "score": 5}\n\`\`\``;
  const server = await startLoopback(context, ({ body }, response) => {
    const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content;
    if (text === undefined) return sendJson(response, { error: { message: "no such route" } }, 404);
    const [, mark = ""] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    const choice = { index: 0, message: { content: answer(mark) }, finish_reason: "stop" };
    sendJson(response, { choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1 } });
  });
  const write = (name: string, verifier: string): void =>
    writeFileSync(
      join(cwd, `${name}.yaml`),
      `name: ${name}
dataset: { name: newswire, train: 20, test: 4 }
model: { trainer: scripted }
generations: 1
evaluate: { metrics: [rouge1] }
endpoints: { grader: { url: "${server.url}", model: judge } }
verifiers: { strict: { kind: judge, endpoint: grader, canaries: 0 } }
arms: [{ ${verifier} }]
seeds: [0]
`,
    );
  write("fenced", "verifier: strict, select.keep: 50%");
  const fenced = await speakLine(["run", "fenced.yaml", "--quiet"], { cwd });
  assert.equal(fenced.code, 3, fenced.stderr);
  const [first = "", next = ""] = fenced.stderr.trim().split("\n").slice(-2);
  assert.match(
    first,
    /arm \S+, generation 1: the selection kept no candidate, so there is nothing to train on: verifier strict could score none of 20 candidates \(\d+ of them: malformed verdict: not JSON: .*; the first answer was "```json/,
  );
  assert.doesNotMatch(first, /artifacts|draft/);
  assert.match(next, /see with refeed status why: candidates without a score are never kept/);

  // Scores that are there, and none of them high enough: nobody's answer is to blame.
  answer = (mark) => JSON.stringify({ id: mark, reason: "so", score: 5 });
  write("strict", "verifier: strict, select.threshold: 9");
  const refused = await speakLine(["run", "strict.yaml", "--quiet"], { cwd });
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(
    refused.stderr,
    /arm \S+, generation 1: the selection kept no candidate, so there is nothing to train on\n/,
  );
});
