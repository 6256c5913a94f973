// A program of the user's as a verifier, through the whole command line: what is told before it starts, what it sees,
// what a kill leaves, and what another file under the same name comes to.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { runRefeed } from "../helpers/command-line.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Scores by length, notes what it was asked and what it saw; the first to come to \`stopAt\` waits there for its end. */
const createScript = (stopAt: number): string => `
  const { appendFileSync, existsSync, writeFileSync } = require("node:fs");
  writeFileSync("seen.json", JSON.stringify(process.env));
  appendFileSync("asked.log", "start\\n");
  const isFirst = !existsSync("stopped");
  const lines = require("node:readline").createInterface({ input: process.stdin });
  (async () => {
    for await (const line of lines) {
      const { id, completion } = JSON.parse(line);
      appendFileSync("asked.log", id + "\\n");
      if (isFirst && id === ${stopAt}) {
        writeFileSync("stopped", "");
        await new Promise((resolve) => process.stdin.once("close", resolve));
        process.exit(1);
      }
      process.stdout.write(JSON.stringify({ id, score: completion.length }) + "\\n");
    }
  })();`;

function prepare(context: TestContext, { train = 40, stopAt = -1, more = "" } = {}): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "score.cjs"), createScript(stopAt));
  writeFileSync(
    join(cwd, "own.yaml"),
    `name: own
dataset: { name: newswire, train: ${train}, test: 4 }
model: { trainer: scripted }
generations: 1
evaluate: { metrics: [rouge1] }
verifiers: { mine: { kind: command, command: [${process.execPath}, ./score.cjs], window: 4${more} } }
arms: { verifier: mine, select.keep: 50% }
`,
  );
  return cwd;
}

const readLog = (cwd: string): string[] =>
  existsSync(join(cwd, "asked.log")) ? readFileSync(join(cwd, "asked.log"), "utf8").trim().split("\n") : [];
function countScores(cwd: string): number {
  const file = join(cwd, "runs/own/state.db");
  if (!existsSync(file)) return 0;
  const connection = new Database(file, { readonly: true });
  try {
    return connection.prepare<[], number>("SELECT count(*) FROM score").pluck().get() ?? 0;
  } catch {
    // It is being made.
    return 0;
  } finally {
    connection.close();
  }
}

const readMetrics = (cwd: string): string => readFileSync(join(cwd, "runs/own/report/metrics.csv"), "utf8");

test("the command is told before it starts, and sees no more of the environment than it may", async (context) => {
  const cwd = prepare(context, { more: ", env: [MY_KEY]" });
  const told = new RegExp(
    `^starts {2}${process.execPath} ./score.cjs \\(verifier mine, which may see MY_KEY\\) in `,
    "m",
  );
  const check = await speakLine(["check", "own.yaml"], { cwd });
  assert.match(check.stdout, told);
  assert.deepEqual(readLog(cwd), []);
  const missing = await speakLine(["run", "own.yaml"], { cwd });
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /verifiers.mine.env: the environment variable MY_KEY is not set/);
  assert.deepEqual(readLog(cwd), []);
  const env = { MY_KEY: "value-of-mine", OTHER_KEY: "of nobody", PATH: process.env.PATH ?? "", TMPDIR: "/tmp" };
  const run = await speakLine(["run", "own.yaml", "--quiet"], { cwd, env });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, told);
  const seen = JSON.parse(readFileSync(join(cwd, "seen.json"), "utf8")) as Record<string, string>;
  assert.deepEqual(Object.keys(seen).sort(), ["MY_KEY", "PATH", "TMPDIR"]);
  assert.equal(readLog(cwd).length, 41);
  const again = await speakLine(["run", "own.yaml", "--quiet"], { cwd, env });
  assert.equal(again.code, 0, again.stderr);
  assert.equal(readLog(cwd).length, 41);
});

test("killed on the way, it goes on behind the scores that were written, and ends as if it had not been", async (context) => {
  const cwd = prepare(context, { train: 300, stopAt: 280 });
  const killed = await runRefeed(["run", "own.yaml", "--quiet"], {
    cwd,
    watch(child) {
      const timer = setInterval(() => {
        if (countScores(cwd) > 0 && existsSync(join(cwd, "stopped")) && child.kill("SIGKILL")) clearInterval(timer);
      }, 50);
      context.after(() => clearInterval(timer));
    },
  });
  assert.equal(killed.code, null);
  const resumed = await runRefeed(["resume", "--quiet"], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  const log = readLog(cwd);
  const second = log.lastIndexOf("start");
  assert.ok(second > 256);
  const from = Number(log[second + 1]);
  assert.equal(from, 256);
  assert.equal(log.length - second - 1, 300 - from);
  const whole = prepare(context, { train: 300 });
  assert.equal((await speakLine(["run", "own.yaml", "--quiet"], { cwd: whole })).code, 0);
  assert.equal(readMetrics(cwd), readMetrics(whole));
});

test("a failing command ends the run with exit code 3 and one line; mended, it is another program, and that is told", async (context) => {
  const cwd = prepare(context);
  const good = readFileSync(join(cwd, "score.cjs"), "utf8");
  writeFileSync(join(cwd, "score.cjs"), "throw new TypeError('no weights')");
  const failed = await speakLine(["run", "own.yaml", "--quiet"], { cwd });
  assert.equal(failed.code, 3);
  assert.match(failed.stderr, /^command \S+ \.\/score\.cjs: ended with exit code 1 and said: TypeError: no weights/m);
  assert.match(
    failed.stderr,
    /^ {2}where \.\/score\.cjs is at fault, mend it and run the experiment again: .* scores anew; /m,
  );
  writeFileSync(join(cwd, "score.cjs"), good);
  const resumed = await speakLine(["resume", "--quiet"], { cwd });
  assert.equal(resumed.code, 3);
  assert.match(resumed.stderr, /verifiers.mine.command: .\/score.cjs is another file than when the run was recorded/);
  assert.match(resumed.stderr, /^ {2}put it back and resume, or run the experiment again: .* scores anew$/m);
  // Nothing was scored by the broken one, so nothing is stale.
  const again = await speakLine(["run", "own.yaml", "--quiet"], { cwd });
  assert.equal(again.code, 0, again.stderr);
  writeFileSync(join(cwd, "score.cjs"), `${good}\n// other`);
  const changed = await speakLine(["run", "own.yaml", "--quiet"], { cwd });
  assert.equal(changed.code, 2);
  assert.match(changed.stderr, /verifiers\.mine\.sha256/);
  const accepted = await speakLine(["run", "own.yaml", "--quiet", "--accept-changes"], { cwd });
  assert.equal(accepted.code, 0, accepted.stderr);
});

test("where not its own file was at fault, a resume keeps the scores; a file that was mended scores anew, as it is told", async (context) => {
  const cwd = prepare(context);
  const whole = createScript(-1);
  // The one reads a table that is not there yet, the other says what no score is.
  const asks = (what: string): string => whole.replace("if (isFirst", `if (id === 5) { ${what} }\n      if (isFirst`);
  writeFileSync(join(cwd, "score.cjs"), asks('require("./table.cjs")'));
  const lacking = await speakLine(["run", "own.yaml", "--quiet"], { cwd });
  assert.equal(lacking.code, 3);
  assert.match(lacking.stderr, /Cannot find module.*table\.cjs.*\(candidate 5 was not scored yet\)/s);
  assert.match(lacking.stderr, /a module, its environment\), mend that and resume: scores already written are kept$/m);
  assert.equal(countScores(cwd), 5);
  writeFileSync(join(cwd, "table.cjs"), "");
  const resumed = await speakLine(["resume", "--quiet"], { cwd });
  assert.equal(resumed.code, 0, resumed.stderr);
  const log = readLog(cwd);
  assert.equal(log[log.lastIndexOf("start") + 1], "5", "what was scored is not asked for again");

  const other = prepare(context);
  writeFileSync(join(other, "score.cjs"), asks('process.stdout.write("loading\\n")'));
  const failed = await speakLine(["run", "own.yaml", "--quiet"], { cwd: other });
  assert.equal(failed.code, 3);
  assert.match(
    failed.stderr,
    /^ {2}have it write .* a line a candidate; where \.\/score\.cjs is at fault, mend it and run/m,
  );
  assert.equal(countScores(other), 5);
  writeFileSync(join(other, "score.cjs"), whole);
  const again = await speakLine(["run", "own.yaml", "--quiet"], { cwd: other });
  assert.equal(again.code, 0, again.stderr);
  const asked = readLog(other);
  assert.deepEqual(asked.slice(asked.lastIndexOf("start") + 1).length, 40);
});
