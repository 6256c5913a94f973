// refeed doctor of an endpoint with several addresses: each is told on its own, and what those that answer can do is found
// out whatever becomes of the others.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createDoctorCommand } from "../../src/cli/doctor.ts";
import type { Finding } from "../../src/store/inspection/finding.ts";
import { speak } from "../helpers/environment.ts";
import { startGivenServer } from "../helpers/given-server.ts";
import { sendJson, startLoopback } from "../helpers/loopback.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const nobody = "http://127.0.0.1:9/v1";

interface Asked {
  readonly model?: string;
  readonly verifier?: string;
  readonly more?: string;
}

/** What is found of the endpoint, and the exit code. */
async function ask(context: TestContext, urls: readonly string[], { model, verifier, more = "" }: Asked = {}) {
  const cwd = createTemporaryFolder(context);
  const kind = verifier ?? "{ kind: perplexity, model: { endpoint: weak } }";
  const own = model === undefined ? ", endpoint: weak" : "";
  writeFileSync(
    join(cwd, "my.yaml"),
    `name: my
dataset: { name: newswire, train: 40, test: 10 }
model: { trainer: embedded, base: embedded:newswire${own} }
generations: 1
endpoints:
  weak: { url: [${urls.join(", ")}]${model === undefined ? "" : `, model: ${model}`}${more} }
${model === undefined ? "" : `verifiers: { v: ${kind} }\n`}arms: { verifier: ${model === undefined ? "none" : "v, select.keep: 50%"} }
seeds: [0]
evaluate: { metrics: [rouge1] }
`,
  );
  const { out, code } = await speak(createDoctorCommand, ["my.yaml", "--json", "--patience", "0.5"], { cwd });
  const { looks } = JSON.parse(out) as { looks: readonly { subject: string; findings: readonly Finding[] }[] };
  const findings = looks.find(({ subject }) => subject === "endpoint weak")?.findings ?? [];
  return { code, findings, addresses: findings.filter(({ check }) => check === "address") };
}

const tell = (findings: readonly Finding[]) => findings.map(({ where, state, what }) => [where, state, what]);

test("one that is dead, one of another model and one that never answers, each told, and the rest found out", async (context) => {
  const [one, two, three, other] = await Promise.all([
    startGivenServer(context, { kind: "vllm", served: "tiny" }),
    startGivenServer(context, { kind: "vllm", served: "tiny" }),
    startGivenServer(context, { kind: "vllm", served: "tiny", model: "another" }),
    startGivenServer(context, { kind: "vllm", served: "huge" }),
  ]);
  const mute = await startLoopback(context, () => undefined);
  const urls = [nobody, one.base, `${mute.url}/v1`, two.base, three.base, other.base];
  const { code, findings, addresses } = await ask(context, urls, { model: "tiny", more: ", ask: completions" });
  assert.equal(code, 3);
  assert.deepEqual(
    addresses.map(({ where, state }) => [where, state]),
    urls.map((url) => [url, [one.base, two.base].includes(url) ? "ok" : "problem"]),
  );
  const [gone, first, silent, second, unlike, wrong] = addresses.map(({ what }) => what);
  assert.match(gone ?? "", /^nobody listens there \(ECONNREFUSED\)$/);
  assert.match(first ?? "", /^tiny, of 1 that it lists; median \S+ ms over 6 requests$/);
  assert.match(silent ?? "", /no answer began within 0\.5 s$/);
  assert.match(second ?? "", /^tiny, of 1 that it lists; median \S+ ms over [34] requests$/);
  assert.match(unlike ?? "", /^it serves another model than the first: it .* than that one/);
  assert.match(wrong ?? "", /^it does not answer as tiny: 404: .*; it serves huge$/);
  assert.match(addresses[0]?.next ?? "", /ask doctor again; a run goes without it while another answers$/);
  // All that is found out of one alone.
  const checks = ["reachable", "model", "draws", "seed", "stop", "log-probabilities", "given texts", "routes", "pace"];
  const rest = findings.filter(({ check }) => check !== "address");
  assert.deepEqual(
    rest.map(({ check, state }) => [check, state]),
    checks.map((check) => [check, "ok"]),
  );
  assert.equal(rest[0]?.what, "2 of 6 addresses; what follows was found at the first of them");
});

test("where nobody answers at any of them every one is told, and nothing else", async (context) => {
  const urls = [nobody, "http://127.0.0.1:10/v1"];
  const { code, findings } = await ask(context, urls, { model: "tiny" });
  assert.equal(code, 3);
  const what = "nobody listens there (ECONNREFUSED)";
  assert.deepEqual(
    tell(findings),
    urls.map((url) => [url, "problem", what]),
  );
});

test("all of them well is no problem; of a reward model each shows its labels", async (context) => {
  const well = await startLoopback(context, (_, response) => sendJson(response, [{ label: "GOOD", score: 1 }]));
  const other = await startLoopback(context, (_, response) => sendJson(response, [{ label: "BAD", score: 1 }]));
  const reward = { model: "rm", verifier: "{ kind: reward, endpoint: weak, label: GOOD }" };
  const both = await ask(context, [`${well.url}/predict`, `${well.url}/predict/`], reward);
  assert.equal(both.code, 0, JSON.stringify(both.findings));
  const { code, findings } = await ask(context, [`${well.url}/predict`, nobody, `${other.url}/predict`], reward);
  assert.equal(code, 3);
  assert.deepEqual(
    findings.map(({ check, state }) => `${check} ${state}`),
    ["address ok", "address problem", "address ok", "labels problem", "reachable ok", "labels ok", "pace ok"],
  );
  assert.match(findings[0]?.what ?? "", /^labels GOOD; \S+ ms$/);
  assert.deepEqual(tell(findings)[3], [`${other.url}/predict`, "problem", 'it gives no label "GOOD": it has "BAD"']);
});

test("of the run's own models all addresses have to list the same, and each says what it lists", async (context) => {
  const list = (digest: string) => ({
    object: "list",
    data: [{ id: "lineage-a", lineage: "lineage-a", digest, owned_by: "refeed" }],
  });
  const model = await startGivenServer(context, { kind: "vllm", served: "lineage-a" });
  const start = (digest: string) =>
    startLoopback(context, async ({ path, method, text }, response) => {
      if (path.endsWith("/models")) return sendJson(response, list(digest));
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${model.base}${path.slice("/v1".length)}`, { method, body: text, headers });
      sendJson(response, await reply.json(), reply.status);
    });
  const [one, other] = [await start("a".repeat(64)), await start("b".repeat(64))];
  const urls = [`${one.url}/v1`, nobody, `${other.url}/v1`];
  const { code, addresses } = await ask(context, urls);
  assert.equal(code, 3);
  assert.deepEqual(
    addresses.map(({ state }) => state),
    ["ok", "problem", "problem"],
  );
  assert.match(addresses[0]?.what ?? "", /^1 listed, 1 of them with a digest; median/);
  assert.match(addresses[1]?.next ?? "", /a run waits 900 s for it/);
  assert.match(addresses[2]?.what ?? "", /and the server serves other parameters \(bbbbbbbbbbbb\) under that name$/);
});
