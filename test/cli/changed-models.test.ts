// Several endpoints that serve other models than a run asked there: whoever is asked for consent is told all of them, with
// what each costs, since it is given for all of them.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { startGivenServer } from "../helpers/given-server.ts";
import { type HostSpeech, speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const write = (teacher: string, grader: string): string => `name: both
dataset: { name: newswire, train: 20, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${teacher}", model: tiny, ask: completions, join: " ", price: { input: 0, output: 0, request: 0.01 } }
  grader: { url: "${grader}", model: judge }
verifiers: { judge: { kind: judge, endpoint: grader, maxTokens: 64, canaries: 0 } }
arms: [{ verifier: judge, select.keep: 50% }]
seeds: [0]
evaluate: { metrics: [rouge1] }
`;

/** Rows that the unfinished stages hold. */
function countRows(cwd: string): number {
  const connection = new Database(join(cwd, "runs/both/state.db"), { readonly: true });
  const count = connection
    .prepare<[], number>("SELECT count(*) FROM candidate c JOIN stage s ON s.id = c.stage_id WHERE s.state <> 'done'")
    .pluck()
    .get();
  connection.close();
  return count ?? 0;
}

test("all models that changed are told at once, each with what taking it costs", async (context) => {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const grader = await startGivenServer(context, { kind: "vllm", served: "judge" });
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "both.yaml"), write(teacher.base, grader.base));
  const speak = (...args: readonly string[]) => speakLine([...args, "--quiet"], { cwd });
  assert.equal((await speak("run", "both.yaml", "--set", "budget.requests=22")).code, 4);
  const rows = countRows(cwd);
  assert.ok(rows > 0, "nothing is half done");

  teacher.become({ model: "another" });
  grader.become({ model: "another" });
  const told = [
    /^endpoint teacher: tiny is no longer the model that this run asked: it writes .*; where it is taken, (\d+) unfinished rows? (?:is|are) asked for again, for which [\d.]+ USD were paid$/,
    /^endpoint grader: judge is no longer the model that this run asked: it writes .*; where it is taken, nothing is asked for again$/,
    /^ {2}serve the models that were asked before, or take those that are there with refeed resume <run> --accept-changes: finished stages stay as they are, (\d+) unfinished rows? (?:is|are) asked for again, for which [\d.]+ USD were paid$/,
  ];
  const checkLines = ({ code, stderr }: HostSpeech): void => {
    assert.equal(code, 3, stderr);
    const lines = stderr.trimEnd().split("\n").slice(-told.length);
    for (const [at, pattern] of told.entries()) {
      const found = pattern.exec(lines[at] ?? "");
      assert.ok(found, stderr);
      if (found[1] !== undefined) assert.equal(Number(found[1]), rows);
    }
  };
  checkLines(await speak("run", "both.yaml", "--set", "budget.requests=900"));
  const resumed = await speak("resume", "both", "--from-record", "--json");
  checkLines(resumed);
  const { event, problems } = JSON.parse(resumed.stdout.trimEnd().split("\n").at(-1) ?? "");
  assert.equal(event, "run-stopped");
  const places = problems.map(({ where }: { readonly where: string }) => where);
  assert.deepEqual(places, ["endpoint teacher", "endpoint grader"]);
  assert.equal(countRows(cwd), rows, "what was paid is there until another model is taken");

  // One of them is what it was again: the other is told alone.
  teacher.become({ model: "bigram" });
  const alone = await speak("run", "both.yaml", "--set", "budget.requests=900");
  assert.equal(alone.code, 3, alone.stderr);
  assert.match(
    alone.stderr,
    /^endpoint grader: judge is no longer .*\n {2}serve the model that was asked before, .*, nothing is asked for again\n$/m,
  );
  assert.doesNotMatch(alone.stderr, /endpoint teacher/);
});
