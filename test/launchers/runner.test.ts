// Programs of the user's, real ones: what they are handed, what comes back, and every way they go wrong. Nothing of
// theirs is left running.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createStream, readAll } from "../../src/contracts/case.ts";
import type { Program } from "../../src/domain/hosted.ts";
import { LauncherError } from "../../src/errors.ts";
import { createRunner } from "../../src/launchers/runner.ts";
import fc from "../helpers/properties.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const runner = createRunner();
const never = new AbortController().signal;

function createProgram(script: string, change: Partial<Program> = {}): Program {
  return {
    argv: [process.execPath, "-e", script],
    folder: process.cwd(),
    environment: {},
    idleMs: 60_000,
    lineBytes: 1 << 16,
    ...change,
  };
}

const run = (script: string, input: readonly string[] = [], change: Partial<Program> = {}): Promise<string[]> =>
  readAll(runner.run(createProgram(script, change), createStream(input), never));

async function refuse(script: string, pattern: RegExp, change: Partial<Program> = {}): Promise<void> {
  await assert.rejects(run(script, ["one"], change), (error: Error) => {
    assert.ok(error instanceof LauncherError, error.stack);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet is dead all the same.
    return !/^\d+ \(.*\) Z/.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "");
  } catch {
    return false;
  }
};

async function waitUntilGone(pid: number, context: TestContext): Promise<void> {
  context.after(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  for (let tries = 0; tries < 200 && isAlive(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(!isAlive(pid), `process ${pid} is still there`);
}

const echo = "process.stdin.pipe(process.stdout)";

test("lines go in and come out, whatever they hold and however many", async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index} é ${"x".repeat(index % 300)}`);
  assert.deepEqual(await run(echo, lines), lines);
  assert.deepEqual(await run(echo, []), []);
  assert.deepEqual(await run("process.stdout.write('a\\r\\nb')"), ["a", "b"]);
  assert.deepEqual(await run("process.stdout.write('\\n\\n')"), ["", ""]);
});

test("an argument list reaches the program byte for byte, and no shell reads it", async (context) => {
  const folder = createTemporaryFolder(context);
  const canary = join(folder, "canary");
  const script = "for (const text of process.argv.slice(1)) console.log(JSON.stringify(text))";
  const nasty = [
    "",
    "-e",
    "--help",
    `$(touch ${canary})`,
    `\`touch ${canary}\``,
    `; touch ${canary}`,
    `\n touch ${canary}\n`,
    `"; touch ${canary} #`,
    `' && touch ${canary} '`,
    `| tee ${canary}`,
    "*",
    "~",
    "$HOME",
    "%PATH%",
    "\\",
    "a b",
  ];
  const part = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  const argument = part.filter((text) => !text.includes("\0") && text.isWellFormed());
  const rounds = fc.array(argument, { minLength: 200, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(rounds, async (words) => {
      const argv = [process.execPath, "-e", script, "--", ...nasty, ...words] as const;
      const given = await run("", [], { argv, folder });
      assert.deepEqual(
        given.map((line) => JSON.parse(line) as string),
        [...nasty, ...words],
      );
      assert.ok(!existsSync(canary));
    }),
    { numRuns: 4 },
  );
});

test("what no program can be handed is refused before anything starts", async () => {
  await refuse("", /holds a NUL/, { argv: [process.execPath, "a\0b"] });
  await refuse("", /half a character/, { argv: [process.execPath, "\ud800"] });
  await refuse("", /name of the program is empty/, { argv: [""] });
  await refuse("", /arguments are too long/, { argv: [process.execPath, "x".repeat(4_000_000)] });
});

test("a program that is not there, or is none, is named", async () => {
  await refuse("", /^command no-such-program-of-anybody: cannot be started: there is no such program$/, {
    argv: ["no-such-program-of-anybody"],
    environment: { PATH: process.env.PATH ?? "" },
  });
  await refuse("", /it may not be run/, { argv: ["./package.json"] });
});

test("it sees the environment it is given and no other, and works in its folder", async (context) => {
  const folder = createTemporaryFolder(context);
  const script = "console.log(JSON.stringify([process.env, process.cwd()]))";
  const [line = ""] = await run(script, [], { folder, environment: { ONE: "1" } });
  const [environment, cwd] = JSON.parse(line) as [Record<string, string>, string];
  assert.deepEqual(
    Object.keys(environment).filter((name) => !name.startsWith("__CF")),
    ["ONE"],
  );
  assert.ok(cwd.endsWith(folder.split("/").at(-1) ?? "?"));
});

test("an exit code, a signal and the last words are told, without what the environment held", async () => {
  await refuse("process.exit(7)", /ended with exit code 7 and said nothing on standard error/);
  await refuse("process.kill(process.pid, 'SIGSEGV')", /was killed by SIGSEGV/);
  await refuse("throw new Error('no model here')", /exit code 1 and said: Error: no model here$/);
  await refuse("console.error('x'.repeat(1e6) + 'end'); process.exitCode = 1", /said: \.\.x{1,300}end$/);
  await refuse("console.error('key ' + process.env.KEY); process.exitCode = 1", /said: key \$KEY$/, {
    environment: { KEY: "sk-0123456789" },
  });
  await refuse("console.error('\\u001b[31mred\\u0007'); process.exitCode = 1", /said: ␛\[31mred␇$/);
});

test("lines that came before a failure are handed on", async () => {
  const lines: string[] = [];
  const stream = runner.run(createProgram("console.log('one'); process.exitCode = 3"), createStream([]), never);
  await assert.rejects(async () => {
    for await (const line of stream) lines.push(line);
  }, /exit code 3/);
  assert.deepEqual(lines, ["one"]);
});

test("a line without an end, and bytes that are no text, end it", async () => {
  const flood =
    "const b = Buffer.alloc(1 << 16, 97); const go = () => { while (process.stdout.write(b)); }; process.stdout.on('drain', go); go()";
  await refuse(flood, /line 1 of its output is longer than 65536 bytes/);
  await refuse(
    "console.log('fine'); process.stdout.write(Buffer.from([65, 0xff, 10]))",
    /line 2 of its output is not UTF-8: byte 0xFF at 2/,
  );
});

test("a program that writes without end is held back by whoever reads", async () => {
  const flood =
    "const b = 'y'.repeat(999) + '\\n'; const go = () => { while (process.stdout.write(b)); }; process.stdout.on('drain', go); go()";
  let count = 0;
  const before = process.memoryUsage().rss;
  for await (const line of runner.run(createProgram(flood), createStream([]), never)) {
    assert.equal(line.length, 999);
    if (++count === 20_000) break;
    if (count % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(process.memoryUsage().rss - before < 100e6);
});

test("silence ends it and everything it has started", async (context) => {
  const script = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid); setInterval(() => {}, 1000)`;
  const pids: number[] = [];
  const program = createProgram(script, { idleMs: 2500 });
  await assert.rejects(async () => {
    for await (const line of runner.run(program, createStream([]), never)) pids.push(Number(line));
  }, /wrote no line for 2.5 s and was killed/);
  assert.equal(pids.length, 1);
  await waitUntilGone(pids[0] ?? 0, context);
});

test("a daemon that outlives its program is killed with the group", async (context) => {
  const script = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid); child.unref(); process.exitCode = 0; setTimeout(() => process.exit(0), 10)`;
  const [pid] = await run(script);
  await waitUntilGone(Number(pid), context);
});

test("a daemon that fled the group and holds the pipe does not hold the run", async (context) => {
  const script = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
    console.log(child.pid); child.unref(); setTimeout(() => process.exit(0), 10)`;
  const lines = await run(script);
  assert.equal(lines.length, 1);
  assert.ok(isAlive(Number(lines[0])));
  process.kill(Number(lines[0]), "SIGKILL");
  await waitUntilGone(Number(lines[0]), context);
});

test("an aborted signal, and whoever reads no further, kill it", async (context) => {
  const script = "console.log(process.pid); setInterval(() => {}, 1000)";
  const stop = new AbortController();
  let pid = 0;
  await assert.rejects(async () => {
    for await (const line of runner.run(createProgram(script), createStream([]), stop.signal)) {
      pid = Number(line);
      stop.abort(new Error("stopped"));
    }
  }, /stopped/);
  await waitUntilGone(pid, context);
  for await (const line of runner.run(createProgram(script), createStream([]), never)) {
    pid = Number(line);
    break;
  }
  await waitUntilGone(pid, context);
});

test("a program that reads nothing is not waited for", async () => {
  const many = Array.from({ length: 50_000 }, () => "x".repeat(100));
  assert.deepEqual(await run("console.log('done'); process.exit(0)", many), ["done"]);
});

test("what goes wrong with the input is what is told", async () => {
  async function* broken(): AsyncGenerator<string> {
    yield "one";
    throw new RangeError("the shelf fell");
  }
  await assert.rejects(readAll(runner.run(createProgram(echo), broken(), never)), /the shelf fell/);
});
