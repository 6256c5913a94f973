// refeed serve over a real run, in a process of its own: what it prints, what it serves, how it ends, what it refuses.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { prepareExperiment, readExperiment, runExperiment } from "../../src/index.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { speakLine } from "../helpers/host.ts";
import { post } from "../helpers/served-client.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

const cwd = createTemporaryFolder({ after: (work: () => void) => after(work) } as never);
const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;
const experiment = `schema: 1
name: small
system: language
dataset: { name: newswire, train: 32, test: 8 }
prompt: article
model: { trainer: embedded, base: embedded:newswire, params: { steps: 2 } }
generations: 1
real: 50%
sample: { candidates: 1, temperature: 1, maxTokens: 16 }
verifiers: { weak: { kind: perplexity, model: { trainer: embedded, real: 50%, params: { steps: 1 } } } }
arms: { corpus: replace, verifier: weak, select.keep: 50% }
evaluate: { metrics: [rouge1], decode: greedy }
`;
const gaussian = `schema: 1
name: numbers
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 1
arms: { corpus: replace }
`;

async function run(name: string, text: string): Promise<void> {
  writeFileSync(join(cwd, `${name}.yaml`), text);
  const { signal } = new AbortController();
  const prepared = await prepareExperiment(await readExperiment(`${name}.yaml`, { cwd }), signal);
  const world = { signal, clock: systemClock, onEvent: () => undefined, holder: { pid: process.pid } };
  await runExperiment({ prepared, directory: join(cwd, "runs", name), acceptChanges: false }, world);
}

before(async () => {
  await run("small", experiment);
  await run("numbers", gaussian);
});

/** Serves until the test ends it; `lines` resolves with everything printed. */
async function serve(
  context: { after(end: () => void): void },
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const child = spawn(process.execPath, [refeed, "serve", ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  context.after(() => child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (data) => (said.stderr += data));
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (data) => {
      said.stdout += data;
      if (/models that|"serving"[^\n]*\n/.test(said.stdout)) resolve();
    });
    child.on("close", () => reject(new Error(`it ended: ${said.stderr}`)));
  });
  await ready;
  const end = async (signal: NodeJS.Signals): Promise<number> => {
    child.kill(signal);
    return (await once(child, "close"))[0] as number;
  };
  return { said, end };
}

interface Serving {
  readonly url: string;
  readonly models: readonly {
    readonly lineage: string;
    readonly digest: string;
    readonly isAuxiliary: boolean;
    readonly turns: readonly unknown[];
  }[];
  readonly released: readonly string[];
}

test("every model of a run is served by its lineage, and Ctrl-C ends it", async (context) => {
  const files = readdirSync(join(cwd, "runs/small"), { recursive: true }).sort();
  const { said, end } = await serve(context, ["small", "--port", "0", "--json"]);
  const { url, models, released } = JSON.parse(said.stdout) as Serving;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  assert.deepEqual(released, []);
  assert.deepEqual(
    models.map(({ turns, isAuxiliary }) => [turns, isAuxiliary]),
    [
      [[{ arm: "replace", seed: 0, generation: 0 }], false],
      [[{ arm: "replace", seed: 0, generation: 0 }], true],
      [[{ arm: "replace", seed: 0, generation: 1 }], false],
      [[], false],
    ],
  );
  const listed = (await (await fetch(`${url}/models`)).json()) as {
    data: { lineage: string; digest: string; role: string }[];
  };
  assert.deepEqual(
    listed.data.map(({ lineage, digest }) => [lineage, digest]),
    models.map(({ lineage, digest }) => [lineage, digest]),
  );
  assert.deepEqual(
    listed.data.map(({ role }) => role),
    ["generator", "auxiliary", "generator", "base"],
  );
  const prompt = "zephza tigers signed rasel borden for 36 million in osterby on friday .";
  const asked = models.map(async ({ lineage, digest }) => {
    const { status, json } = await post(`${url}/completions`, { model: lineage, prompt, seed: 1, logprobs: 0 });
    assert.deepEqual([status, json.system_fingerprint], [200, digest]);
    return JSON.stringify(json.choices[0]!.logprobs.token_logprobs);
  });
  const texts = new Set(await Promise.all(asked));
  assert.equal(texts.size, models.length, "each of its own parameters");
  assert.equal(await end("SIGINT"), 130);
  assert.equal(said.stderr, "interrupted\n");
  const after = readdirSync(join(cwd, "runs/small"), { recursive: true }).sort();
  // Readers of the log leave its index behind.
  assert.deepEqual(
    after.filter((name) => !/-(wal|shm)$/.test(String(name))),
    files.filter((name) => !/-(wal|shm)$/.test(String(name))),
  );
});

test("a hosted teacher is no model of the run's: it is not listed, and asking for it is 404", async (context) => {
  const { base } = await startGivenServer(context, { kind: "vllm", served: "m" });
  await run(
    "taught",
    `name: taught
dataset: { name: newswire, train: 16, test: 4 }
endpoints: { teacher: { url: "${base}", model: m, ask: completions } }
model: { first: { endpoint: teacher }, params: { steps: 2 } }
generations: 1
arms: { verifier: [oracle, random], select.keep: 50% }
evaluate: { metrics: [rouge1] }
`,
  );
  const connection = new Database(join(cwd, "runs/taught/state.db"), { readonly: true });
  const teacher = connection.prepare("SELECT key FROM stage WHERE kind = 'train' ORDER BY id LIMIT 1").pluck().get();
  connection.close();
  const { said, end } = await serve(context, ["taught", "--port", "0"]);
  const rows = said.stdout.split("\n").filter((line) => /[0-9a-f]{64}$/.test(line));
  assert.deepEqual(
    rows.map((row) => row.replace(/ +/g, " ").replace(/[0-9a-f]{64}$/, "")),
    ["oracle 0 1 ", "random 0 1 ", "base base:"],
  );
  const [url] = /http:\S+/.exec(said.stdout) as unknown as [string];
  const { data } = (await (await fetch(`${url}/models`)).json()) as { data: { role: string; lineage: string }[] };
  assert.deepEqual(
    data.map(({ role }) => role),
    ["generator", "generator", "base"],
  );
  const { status, json } = await post(`${url}/completions`, { model: teacher, prompt: "a", max_tokens: 1 });
  const { error } = json as unknown as { error: { code: string; message: string } };
  assert.deepEqual([status, error.code], [404, "model_not_found"]);
  assert.match(error.message, /is not served; served are base, /);
  assert.equal((await fetch(`${url}/models/${teacher}`)).status, 404);
  assert.equal(await end("SIGINT"), 130);
  assert.equal(said.stderr, "interrupted\n");
});

test("a released model is not there and said to be; a token is asked for; SIGTERM ends it", async (context) => {
  const connection = new Database(join(cwd, "runs/small/state.db"));
  const [lost] = connection
    .prepare<[], { key: string; sha256: string }>(
      "SELECT s.key, m.artifact_sha256 AS sha256 FROM model m JOIN stage s ON s.id = m.stage_id ORDER BY s.id LIMIT 1",
    )
    .all();
  connection.prepare("UPDATE artifact SET state = 'released' WHERE sha256 = ?").run(lost!.sha256);
  connection.close();
  rmSync(join(cwd, "runs/small/artifacts", lost!.sha256));
  const { said, end } = await serve(context, ["small", "--port", "0", "--token-env", "MINE"], { MINE: "s3cret" });
  assert.ok(said.stdout.includes(`not there, released: ${lost!.key}\n`), said.stdout);
  assert.match(said.stdout, /^arm +seed +generation +model$/m);
  assert.match(said.stdout, /^base +base:[0-9a-f]{64}$/m);
  const [url] = /http:\S+/.exec(said.stdout) as unknown as [string];
  assert.equal((await fetch(`${url}/models`)).status, 401);
  const headers = { authorization: "Bearer s3cret", "content-type": "application/json" };
  const body = JSON.stringify({ model: lost!.key, prompt: "a" });
  const reply = await fetch(`${url}/completions`, { method: "POST", headers, body });
  assert.equal(reply.status, 404);
  assert.match(await reply.text(), /was released by the run's keepModels; served are/);
  assert.doesNotMatch(said.stdout + said.stderr, /s3cret/);
  assert.equal(await end("SIGTERM"), 143);
});

test("what cannot be served is refused before anything listens", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["nothing"], /^"nothing": there is no such run\n/],
    [["numbers"], /runs\/numbers: is of system gaussian: there is no model to serve\n {2}serve a run with/],
    [["small", "--port", "65536"], /^--port: "65536" is no port\n/],
    [["small", "--port", "-1"], /^--port: "-1" is no port\n/],
    [
      ["small", "--host", "0.0.0.0"],
      /^--host: "0\.0\.0\.0" can be reached from other hosts\n {2}name the variable of a token/,
    ],
    [["small", "--host", "::"], /^--host: /],
    [["small", "--token-env", "NONE"], /^--token-env: the environment variable "NONE" is not set\n/],
    [["small", "--token-env", "EMPTY"], /is not set/],
    [
      ["small", "--host", "192.0.2.1", "--token-env", "MINE"],
      /^warning: 192\.0\.2\.1 can be reached from other hosts.*\n192\.0\.2\.1:8470: cannot be listened on \(EADDRNOTAVAIL\)\n {2}give a --host that is this machine's own\n/,
    ],
  ];
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await speakLine(["serve", ...args], { cwd, env: { MINE: "s3cret", EMPTY: "" } });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, words);
  }
  assert.ok(existsSync(join(cwd, "runs/small/state.db")));
});
