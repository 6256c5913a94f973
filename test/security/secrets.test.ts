// S12: keys come from the environment and go nowhere: not into a file, an output, an error or a crash report.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createPool } from "../../src/embedded/pool.ts";
import { canaries, listForms } from "../helpers/canaries.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const root = new URL("../..", import.meta.url).pathname;
const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 1
arms: { corpus: [replace, accumulate] }
`;

test("no form of any key of the environment is in a file, an output, an error or a crash report", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), experiment);
  writeFileSync(join(cwd, "rows.jsonl"), '{"prediction": "a b"}\n');
  const told: string[] = [];
  const speak = async (...args: readonly string[]): Promise<number | null> => {
    const { code, stdout, stderr } = await runRefeed(args, { cwd, env: canaries });
    told.push(stdout, stderr);
    return code;
  };
  assert.equal(await speak("run", "small.yaml", "--json"), 0);
  assert.equal(await speak("status", "--json"), 0);
  assert.equal(await speak("score", "rows.jsonl", "nowhere.jsonl"), 2);
  // A report that Node writes when it is asked to, with the environment in it unless that is left out.
  const crash = await runRefeed(["run", "small.yaml", "--run", "long", "--set", "generations=300"], {
    cwd,
    env: { ...canaries, NODE_OPTIONS: "--report-on-signal --report-filename=crash.json" },
    watch: (child) => child.stderr.once("data", () => child.kill("SIGUSR2")),
  });
  assert.equal(crash.code, 0, crash.stderr);
  told.push(crash.stdout, crash.stderr);

  const files = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map(
    (entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")] as const,
  );
  assert.ok(files.length > 20 && files.some(({ name }) => name === "crash.json"), "a crash report was written");
  const forms = Object.values(canaries).flatMap(listForms);
  assert.ok(forms.length >= 25);
  for (const [where, text] of [...contents, ...told.map((each) => ["output", each] as const)]) {
    const leaked = forms.find((form) => text.includes(form));
    assert.equal(leaked, undefined, `${where} holds ${leaked}`);
  }
});

test("the search would find each form", () => {
  for (const form of listForms(canaries.OPENAI_API_KEY)) assert.ok(form.length >= 8);
  assert.equal(new Set(listForms(canaries.OPENAI_API_KEY)).size, 6);
});

test("a worker thread is given no environment", async (context) => {
  const pool = createPool({ workers: 1, address: new URL("../helpers/environment-worker.ts", import.meta.url) });
  context.after(() => pool.close());
  const outcome = await pool.run(
    { kind: "score", model: { file: "", digest: "" }, rows: [] },
    { signal: new AbortController().signal },
  );
  assert.deepEqual(outcome, []);
});

test("every thread is started without an environment, and only the command line reads the process's", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name, readFileSync(join(root, "src", name), "utf8")] as const);
  const threads = sources.flatMap(([name, text]) =>
    [...text.matchAll(/new Worker\(([^;]*?)\);/gs)].map((match) => [name, match[1]!] as const),
  );
  assert.ok(threads.length >= 3);
  for (const [name, parameters] of threads) assert.match(parameters, /env: \{\}/, name);
  const readers = sources.filter(([, text]) => /\b(process|host)\.env\b/.test(text)).map(([name]) => name);
  assert.deepEqual(readers.sort(), ["cli/main.ts", "cli/output.ts"]);
});

const inFiles: Readonly<Record<string, string>> = {
  "a key by its beginning": "name: sk-proj-abcdefgh12345678",
  "a token of a hub": "prompt: ./hf_abcdefghijklmnopqrstuv1234",
  "in a comment": "# sk-abcdefgh-12345678-abcdefgh",
  "as the shell has it": "# export OPENAI_API_KEY=abcdefgh12345678",
  "in an address": "dataset: { file: 'https://me:pass123@example.invalid/x.jsonl' }",
  "a private key": 'name: "-----BEGIN RSA PRIVATE KEY-----"',
  "a header": "name: Bearer abcdefghijklmnop1234",
  "a web token": "name: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
};

for (const [what, line] of Object.entries(inFiles)) {
  test(`a secret in an experiment file is refused without repeating it: ${what}`, async (context) => {
    const cwd = createTemporaryFolder(context);
    writeFileSync(join(cwd, "small.yaml"), `${experiment}${line}\n`);
    const { code, stdout, stderr } = await speakLine(["run", "small.yaml"], { cwd });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^small\.yaml:6:\d+: looks like a key, a token or a password; take it out, and put it into the environment: [^\n]*\n$/,
    );
    assert.deepEqual(readdirSync(cwd), ["small.yaml"], "nothing was written");
    const secret = /[\w-]*(1234|pass123|PRIVATE|abc$)[\w-]*/.exec(line)![0];
    assert.ok(!stderr.includes(secret), stderr);
  });
}

for (const key of ["api_key", "apiKey", "hf-token", "clientSecret", "password", "OPENAI_API_KEY", "authorization"]) {
  test(`a key that would hold a secret is refused: ${key}`, async (context) => {
    const cwd = createTemporaryFolder(context);
    writeFileSync(join(cwd, "small.yaml"), experiment);
    const { code, stderr } = await speakLine(["check", "small.yaml", "--set", `system.${key}=very`], { cwd });
    assert.equal(code, 2);
    assert.match(
      stderr,
      new RegExp(
        `^--set system\\.${key}: system\\.${key} is no key of an experiment: it would hold a secret; take it out`,
      ),
    );
    assert.equal(stderr.split("\n").length, 2, stderr);
  });
}

test("a secret in a flag is refused, and what only looks a little like one is taken", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "small.yaml"),
    `${experiment}# sk-learn and its task-oriented token: max tokens, see https://example.invalid/a:b@c\n`,
  );
  const { code, stderr } = await speakLine(["check", "small.yaml", "--set", "name=sk-abcdefgh12345678"], { cwd });
  assert.deepEqual([code, stderr.startsWith("--set name: looks like a key")], [2, true], stderr);
  assert.ok(!stderr.includes("12345678"));
  const fine = await speakLine(["check", "small.yaml", "--set", "name=risk-task-hf_small"], { cwd });
  assert.equal(fine.code, 0, fine.stderr);
});
