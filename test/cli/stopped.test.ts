// The last event of `run --json` and `resume --json` where a run does not end well: a program learns from it alone why, with
// what exit code, and what was spent.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createResumeCommand } from "../../src/cli/resume.ts";
import { createRunCommand } from "../../src/cli/run.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speak } from "../helpers/environment.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

type Event = Readonly<Record<string, unknown>>;

const parseEvents = (text: string): readonly Event[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);

/** The events of a verb that throws, and what it threw. */
async function stop(create: typeof createRunCommand, args: readonly string[], cwd: string) {
  const texts: string[] = [];
  let thrown: unknown;
  await assert.rejects(speak(create, [...args, "--json"], { cwd, write: (text) => texts.push(text) }), (error) => {
    thrown = error;
    return true;
  });
  return { events: parseEvents(texts.join("")), thrown: thrown as Event & { readonly exitCode: number } };
}

test("a run that its budget stops ends its events with the error and what was spent", async (context) => {
  const { base } = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "small.yaml"),
    `name: small
dataset: { name: newswire, train: 12, test: 3 }
model: { trainer: scripted, first: { endpoint: hosted } }
generations: 1
sample: { maxTokens: 16 }
endpoints:
  hosted: { url: "${base}", model: tiny, ask: completions, draws: single, price: { input: 0, output: 0, request: 0.01 } }
budget: { requests: 12 }
evaluate: { metrics: [rouge1] }
`,
  );
  for (const { create, args } of [
    { create: createRunCommand, args: ["small.yaml"] },
    { create: createResumeCommand, args: [] },
  ]) {
    const { events, thrown } = await stop(create, args, cwd);
    const last = events.at(-1);
    assert.deepEqual(
      [last?.event, last?.run, last?.exitCode, last?.error],
      ["run-stopped", "runs/small", 4, "budget"],
      JSON.stringify(last),
    );
    assert.deepEqual([last?.what, last?.where, last?.next], [thrown.what, thrown.where, thrown.next]);
    assert.match(String(last?.next), /^raise it: /);
    assert.equal((last?.spent as Event | undefined)?.requests, 12);
    assert.deepEqual(last?.reserved, { usd: 0, requests: 0, tokens: 0 });
    assert.deepEqual(last?.possiblyPaid, { usd: 0, requests: 0, tokens: 0 });
    assert.equal(events.filter(({ event }) => event === "run-stopped").length, 1);
  }
});

const gaussian = (value: number): string => `name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 2
arms: [{ corpus: replace }]
seeds: [0]
gates: [{ metric: traceRatio, arm: replace, generation: 2, op: ">", value: ${value} }]
`;

test("a broken gate ends the events of a run that was done; one that holds does not", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), gaussian(500));
  const { events } = await stop(createRunCommand, ["small.yaml"], cwd);
  const names = events.map(({ event }) => event);
  assert.deepEqual(names.slice(-4), ["run-done", "results", "report", "run-stopped"]);
  const last = events.at(-1);
  assert.deepEqual([last?.exitCode, last?.error, "spent" in (last ?? {})], [100, "gate", false]);
  assert.match(String(last?.what), /^gate broken: traceRatio of replace/);

  writeFileSync(join(cwd, "held.yaml"), gaussian(-1));
  const held = await speak(createRunCommand, ["held.yaml", "--run", "held", "--json"], { cwd });
  assert.equal(parseEvents(held.out).at(-1)?.event, "report");
});

test("what is refused before anything begins is an event too, with every problem; a dry run has none", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "bad.yaml"), "name: bad\nsystem: { kind: gaussian, samples: none }\nspeed: 1\n");
  const { events } = await stop(createRunCommand, ["bad.yaml"], cwd);
  assert.equal(events.length, 1);
  const [only] = events;
  assert.deepEqual([only?.event, only?.run, only?.exitCode, only?.error], ["run-stopped", null, 2, "config"]);
  assert.equal((only?.problems as readonly Event[] | undefined)?.length, 2, JSON.stringify(only));
  await assert.rejects(speak(createRunCommand, ["bad.yaml", "--json", "--dry-run"], { cwd, write: assert.fail }));

  const missing = await stop(createResumeCommand, ["nowhere"], cwd);
  assert.deepEqual([missing.events.length, missing.events[0]?.error], [1, "usage"]);
});

test("Ctrl-C ends the events as it ends the process; standard error keeps its lines", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), gaussian(-1));
  const args = ["run", "small.yaml", "--json", "--set", "generations=5000", "--set", "seeds={count: 60, first: 0}"];
  const { code, stdout, stderr } = await runRefeed([...args, "--set", "gates=[]"], {
    cwd,
    watch: (child) => child.stdout.once("data", () => child.kill("SIGINT")),
  });
  const last = parseEvents(stdout).at(-1);
  assert.deepEqual([code, last?.event, last?.exitCode, last?.error], [130, "run-stopped", 130, "cancelled"], stderr);
  assert.match(stderr, /^go on with: /m);
  assert.match(stderr, /^interrupted, state saved$/m);
});
