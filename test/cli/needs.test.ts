// What a run needs of this machine is told before anything is bought or trained, and only as far as what is left needs it:
// keys of endpoints, variables and programs of commands.

import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { noLedger } from "../../src/domain/context.ts";
import { ConfigError } from "../../src/errors.ts";
import { openConnection } from "../../src/providers/connection.ts";
import { createEndpoint } from "../helpers/endpoint.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { speakLine } from "../helpers/host.ts";
import { type Loopback, sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

function startJudge(context: TestContext): Promise<Loopback> {
  return startLoopback(context, ({ body, path }, response) => {
    if (path.endsWith("/models")) return sendJson(response, { data: [{ id: "judge" }] });
    const text = (body.messages as { content: string }[] | undefined)?.at(-1)?.content ?? "";
    const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    const content = mark === undefined ? "The boats came home." : JSON.stringify({ id: mark, reason: "so", score: 7 });
    sendJson(response, { choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });
  });
}

/** The verify stages of a run as they were when they had just begun; `hasScores` where everything was scored. */
function reopen(directory: string, { hasScores = false } = {}): void {
  const connection = new Database(join(directory, "state.db"));
  connection.exec("UPDATE stage SET state = 'running', value = NULL, output_sha256 = NULL WHERE kind = 'verify'");
  if (!hasScores) {
    connection.exec(`UPDATE stage SET rows_sha256 = NULL WHERE kind = 'verify'; DELETE FROM score; DELETE FROM answer
      WHERE attempt_id IN (SELECT a.id FROM attempt a JOIN stage s ON s.id = a.stage_id WHERE s.kind = 'verify')`);
  }
  connection.close();
}

async function prepare(context: TestContext) {
  const teacher = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const grader = await startJudge(context);
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "keyed.yaml"),
    `name: keyed
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${teacher.base}", model: tiny, ask: completions, key: TEACHER_KEY }
  grader: { url: "${grader.url}/v1", model: judge, key: GRADER_KEY }
  nobody: { url: "http://127.0.0.1:9/v1", model: none, key: NOBODY_KEY }
verifiers: { judge: { kind: judge, endpoint: grader, maxTokens: 64, canaries: 0 } }
arms: { verifier: judge, select.keep: 50% }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  return { cwd, teacher, grader };
}

const keys = { TEACHER_KEY: "of-the-teacher", GRADER_KEY: "of-the-grader" };

test("keys that are not there are told at once, both of them, and nothing is recorded or asked", async (context) => {
  const { cwd, teacher, grader } = await prepare(context);
  const told = await speakLine(["run", "keyed.yaml", "--quiet"], { cwd });
  assert.equal(told.code, 2);
  assert.match(told.stderr, /endpoints\.teacher\.key: the environment variable TEACHER_KEY is not set/);
  assert.match(told.stderr, /endpoints\.grader\.key: the environment variable GRADER_KEY is not set/);
  // Nothing of this experiment asks it.
  assert.doesNotMatch(told.stderr, /NOBODY_KEY/);
  assert.ok(!existsSync(join(cwd, "runs/keyed/resolved.json")));
  assert.deepEqual([teacher.received.length, grader.received.length], [0, 0]);
});

test("a finished run needs no key, and what is left needs the keys of those it asks and of no other", async (context) => {
  const { cwd, teacher, grader } = await prepare(context);
  const run = await speakLine(["run", "keyed.yaml", "--quiet"], { cwd, env: keys });
  assert.equal(run.code, 0, run.stderr);
  const asked = [teacher.received.length, grader.received.length];
  for (const line of [["run", "keyed.yaml"], ["resume"]]) {
    const again = await speakLine([...line, "--quiet"], { cwd });
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /^runs\/keyed is finished: all \d+ stages are done, nothing to run$/m);
  }
  assert.deepEqual([teacher.received.length, grader.received.length], asked);
  // As if it had been killed before the first verdict, with all else done.
  reopen(join(cwd, "runs/keyed"));
  const keyless = await speakLine(["resume", "--quiet"], { cwd, env: { TEACHER_KEY: "of-the-teacher" } });
  assert.equal(keyless.code, 2);
  const told =
    "endpoints.grader.key: the environment variable GRADER_KEY is not set; export GRADER_KEY and start again\n";
  assert.equal(keyless.stderr, told);
  assert.deepEqual([teacher.received.length, grader.received.length], asked);
  const resumed = await speakLine(["resume", "--quiet"], { cwd, env: { GRADER_KEY: "of-the-grader" } });
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(teacher.received.length, asked[0]);
  // Proved again, and asked for every verdict.
  assert.equal(grader.received.length, 2 * asked[1]!);
});

test("without its key nothing is sent to an endpoint that names one, whoever forgot to look", async (context) => {
  const server = await startLoopback(context, (_, response) => sendJson(response, {}));
  const endpoint = { ...createEndpoint({ urls: [server.url] }), name: "teacher", key: "TEACHER_KEY" };
  for (const secret of [null, ""]) {
    const { controller, close } = openConnection(endpoint, { secret, clock: systemClock });
    const send = () => assert.fail("it was sent");
    const stage = { key: "s", signal: new AbortController().signal, clock: systemClock, ledger: noLedger };
    const asking = controller.ask(
      { key: "r", rowCount: 0, mostUsd: 0, mostTokens: 0, send },
      { ...stage, progress: { report: () => undefined } },
    );
    await assert.rejects(
      asking,
      (error) => error instanceof ConfigError && /TEACHER_KEY is not set/.test(error.message),
    );
    await close();
  }
});

const program =
  '#!/bin/sh\nexec node -e \'require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => console.log(JSON.stringify({ id: JSON.parse(line).id, score: 1 })))\'\n';

function prepareCommand(context: TestContext, { command = "[./scorer, fast]", more = "" } = {}): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "own.yaml"),
    `name: own
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted }
generations: 2
evaluate: { metrics: [rouge1] }
verifiers: { mine: { kind: command, command: ${command}${more} } }
arms: { verifier: [random, mine], select.keep: 50% }
seeds: [0]
`,
  );
  return cwd;
}

const env = { PATH: process.env.PATH ?? "" };

test("a program that is not there, or may not be run, is told before anything is trained", async (context) => {
  const cwd = prepareCommand(context);
  const run = () => speakLine(["run", "own.yaml", "--quiet"], { cwd, env });
  const missing = await run();
  assert.equal(missing.code, 3);
  assert.match(
    missing.stderr,
    /^verifiers\.mine\.command\[0\]: \/\S+\/scorer is not there\n {2}put it there, .*, and start again$/m,
  );
  writeFileSync(join(cwd, "scorer"), program);
  const denied = await run();
  assert.equal(denied.code, 3);
  assert.match(
    denied.stderr,
    /^verifiers\.mine\.command\[0\]: \/\S+\/scorer may not be run\n {2}allow it with chmod \+x/m,
  );
  assert.ok(!existsSync(join(cwd, "runs/own/resolved.json")));
  const doctor = await speakLine(["doctor", "own.yaml", "--json"], { cwd, env });
  assert.equal(doctor.code, 3);
  const { looks } = JSON.parse(doctor.stdout) as { looks: { subject: string; findings: object[] }[] };
  const found = looks.find(({ subject }) => subject === "verifier mine")?.findings;
  assert.deepEqual(found, [
    {
      ...{ check: "program", state: "problem", where: "verifiers.mine.command[0]" },
      what: `${join(cwd, "scorer")} may not be run`,
      next: "allow it with chmod +x, or name the program that reads it before it, and ask doctor again",
    },
  ]);
  chmodSync(join(cwd, "scorer"), 0o755);
  const well = await speakLine(["doctor", "own.yaml"], { cwd, env });
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /^verifier mine\ncheck +state +found\nprogram +ok +\/\S+\/scorer\n/m);
});

test("a bare name is looked for as the launcher would, and a resume looks for what is left", async (context) => {
  const cwd = prepareCommand(context, { command: "[scorer]", more: ", env: [MY_KEY]" });
  writeFileSync(join(cwd, "scorer"), program);
  chmodSync(join(cwd, "scorer"), 0o755);
  const bare = await speakLine(["run", "own.yaml", "--quiet"], { cwd, env: { ...env, MY_KEY: "x" } });
  assert.equal(bare.code, 3);
  assert.match(
    bare.stderr,
    /^verifiers\.mine\.command\[0\]: scorer is in no folder of its PATH\n {2}install it, or give/m,
  );
  // What is not set is told before what is not there.
  assert.equal((await speakLine(["run", "own.yaml", "--quiet"], { cwd, env })).code, 2);
  const doctor = await speakLine(["doctor", "own.yaml"], { cwd, env });
  assert.equal(doctor.code, 3);
  assert.match(doctor.stdout, /variables +problem +verifiers\.mine\.env: the environment variable MY_KEY is not set\n/);
  const whole = { MY_KEY: "x", PATH: `${cwd}:${env.PATH}` };
  assert.equal((await speakLine(["run", "own.yaml", "--quiet"], { cwd, env: whole })).code, 0);
  // Cut off before its end, with every score there, the stage starts nothing any more; without one it does.
  reopen(join(cwd, "runs/own"), { hasScores: true });
  const resumed = await speakLine(["resume", "--quiet"], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  reopen(join(cwd, "runs/own"));
  const left = await speakLine(["resume", "--quiet"], { cwd, env: { ...env, MY_KEY: "x" } });
  assert.equal(left.code, 3);
  assert.match(
    left.stderr,
    /^verifiers\.mine\.command\[0\]: scorer is in no folder of its PATH\n {2}install it, or give/m,
  );
  const unset = await speakLine(["resume", "--quiet"], { cwd, env: { PATH: whole.PATH } });
  assert.equal(unset.code, 2);
  assert.match(unset.stderr, /^verifiers\.mine\.env: the environment variable MY_KEY is not set; export/m);
});
