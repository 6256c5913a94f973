// What `why` says of hosted models: the prompt as the server got it, and verifiers by the names of the experiment.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { speakLine } from "../helpers/host.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

interface Message {
  readonly role: string;
  readonly content: string;
}

interface Told {
  readonly prompt: string;
  readonly system: string | null;
  readonly row: { readonly article: string };
  readonly candidate: { readonly completion: string };
  readonly scores: readonly { readonly names: readonly string[]; readonly verifier: { readonly kind: string } }[];
  readonly models: readonly { readonly endpoint: { readonly name: string } | null }[];
}

test("the prompt is what the server got, and each verifier goes by the experiment's name in few columns", async (context) => {
  const cwd = createTemporaryFolder(context);
  const asked = new Map<string, readonly Message[]>();
  const server = await startLoopback(context, ({ body }, response) => {
    const messages = body.messages as readonly Message[] | undefined;
    const text = messages?.at(-1)?.content;
    if (text === undefined) return sendJson(response, { error: { message: "no such route" } }, 404);
    const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    let content = `a fox ${asked.size}`;
    if (mark !== undefined)
      content = JSON.stringify({
        id: mark,
        reason: "so",
        ...(text.includes("faithful: Says") ? { faithful: 5 } : { score: 5 }),
      });
    else asked.set(content, messages ?? []);
    const choice = { index: 0, message: { content }, finish_reason: "stop" };
    sendJson(response, { choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1 } });
  });
  writeFileSync(
    join(cwd, "named.yaml"),
    `name: named
dataset: { name: newswire, train: 6, test: 2 }
model: { first: { endpoint: teacher } }
generations: 1
score: all
sample: { maxTokens: 16 }
evaluate: { metrics: [rouge1] }
endpoints:
  teacher: { url: "${server.url}", model: tiny, draws: single, system: "Be brief.", before: "Sum up: ", after: " Go." }
  grader: { url: "${server.url}", model: judge }
verifiers:
  kind: { kind: judge, endpoint: grader, canaries: 2 }
  strict: { kind: judge, endpoint: grader, canaries: 2, criteria: { faithful: "${"Says nothing that the article does not say. ".repeat(9)}" } }
arms: [{ verifier: [kind, strict] }]
seeds: [0]
`,
  );
  const run = await speakLine(["run", "named.yaml", "--quiet"], { cwd });
  assert.equal(run.code, 0, run.stderr);
  const json = await speakLine(["why", "named", "kind/0/1/3", "--json"], { cwd });
  assert.equal(json.code, 0, json.stderr);
  const told = JSON.parse(json.stdout) as Told;
  const sent = asked.get(told.candidate.completion);
  assert.deepEqual(sent, [
    { role: "system", content: told.system },
    { role: "user", content: told.prompt },
  ]);
  assert.equal(told.prompt, `Sum up: ${told.row.article} Go.`);
  assert.equal(told.models[0]?.endpoint?.name, "teacher");
  const judges = told.scores.filter(({ verifier }) => verifier.kind === "judge");
  assert.deepEqual(judges.map(({ names }) => names).sort(), [["kind"], ["strict"]]);

  const { stdout } = await speakLine(["why", "named", "kind/0/1/3"], { cwd });
  assert.match(stdout, /^system +Be brief\.$/m);
  assert.match(stdout, /^as asked +Sum up: .* Go\.$/m);
  assert.match(stdout, /^kind: judge \(endpoint grader, mode rubric\) +5$/m);
  assert.match(stdout, /^oracle \(metric rouge1, stem false\) +[\d.]+$/m);
  assert.match(stdout, /^kind\/0\/0 .* kind +brought it here$/m);
  assert.match(stdout, /^ +0 +\w{12} +kept +hosted as it stands +nothing of this run$/m);
  const widest = Math.max(...stdout.split("\n").map((line) => (line.startsWith("a") ? 0 : line.length)));
  assert.ok(widest < 120, `${widest} columns`);
});
