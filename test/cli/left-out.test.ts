// A run whose endpoint has a server where nobody listens: it goes without, and says so once, whoever wants no progress. Where
// nobody listens at any of them each is told.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startGivenServer } from "../helpers/given-server.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const dead = ["http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"];

function prepare(context: TestContext, urls: readonly string[]): string {
  const cwd = createTemporaryFolder(context);
  writeFileSync(
    join(cwd, "two.yaml"),
    `name: two
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, first: { endpoint: teacher } }
generations: 1
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: [${urls.join(", ")}], model: tiny, ask: completions, limits: { waitMs: 300 } }
arms: { verifier: none }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  return cwd;
}

test("servers that are away are told once, to people without progress and to programs as an event", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", served: "tiny" });
  const cwd = prepare(context, [...dead, server.base]);
  const quiet = await speakLine(["run", "two.yaml", "--quiet"], { cwd });
  assert.equal(quiet.code, 0, quiet.stderr);
  const lines = quiet.stderr.split("\n").filter((line) => line.includes("goes without"));
  assert.deepEqual(lines, [
    `endpoint teacher goes without ${dead.join(", ")}: nobody listens there; whatever stage asks there next looks again`,
  ]);
  const json = await speakLine(["run", "two.yaml", "--json", "--run", "other"], { cwd });
  assert.equal(json.code, 0, json.stderr);
  const events = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = { event: "servers-left-out", endpoint: "teacher", urls: dead };
  assert.deepEqual(
    events.filter(({ event }) => event === "servers-left-out"),
    [told],
  );
  assert.doesNotMatch(json.stderr, /goes without/);
});

test("where nobody listens at any of them each is told, and none as left out", async (context) => {
  const cwd = prepare(context, dead);
  const { code, stderr } = await speakLine(["run", "two.yaml", "--quiet"], { cwd });
  assert.equal(code, 3);
  const nobody = "nobody listens there \\(ECONNREFUSED\\)";
  const each = dead.map((url) => `${url}: ${nobody}`).join("; ");
  assert.match(stderr, new RegExp(`^endpoint teacher: ${each}: waited for 1 s, and limits\\.waitMs is 1 s$`, "m"));
  assert.doesNotMatch(stderr, /goes without/);
});
