// refeed datasets pull through the whole command line: a pull that is killed half-way goes on where it was, an experiment
// reads what was pulled without a network, and no token is ever told.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runRefeed } from "../helpers/command-line.ts";
import { speakLine } from "../helpers/host.ts";
import { type HubRepository, startHub } from "../helpers/hub-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const renderRows = (kind: string, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const words = Array.from({ length: 12 }, (_, word) => `${kind}${(index * 7 + word * 13) % 97}`).join(" ");
    return `${JSON.stringify({ id: `${kind}-${index}`, text: words, summary: `${kind} ${index}` })}\n`;
  }).join("");
const [train, held] = [renderRows("train", 3000), renderRows("test", 30)];
const repository = (fault?: HubRepository["fault"]): HubRepository => ({
  branches: { main: { "data/train.jsonl": train, "data/test.jsonl": held } },
  tags: ["license:cc0-1.0"],
  ...(fault === undefined ? {} : { fault }),
});

const list = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.(part|jsonl)$/.test(name));

test("killed half-way and pulled again: what had arrived is not fetched again, and the file is whole", async (context) => {
  const cwd = createTemporaryFolder(context);
  const server = await startHub(context, { "org/slow": repository("slow") });
  const env = { HF_ENDPOINT: server.endpoint, HF_TOKEN: "hf_canary_4711" };
  const size = Buffer.byteLength(train);
  const partBytes = (): number => {
    const part = list(cwd).find((name) => name.endsWith(".part"));
    return part === undefined ? 0 : statSync(join(cwd, part)).size;
  };
  const killed = await runRefeed(["datasets", "pull", "hub:org/slow", "--split", "train"], {
    cwd,
    env,
    watch: (child) => {
      const timer = setInterval(() => {
        if (partBytes() < size / 3) return;
        clearInterval(timer);
        child.kill("SIGKILL");
      }, 5);
    },
  });
  assert.equal(killed.code, null);
  const kept = partBytes();
  assert.ok(kept >= size / 3 && kept < size, `${kept} of ${size} bytes were there`);
  assert.deepEqual(
    list(cwd).filter((name) => name.endsWith(".jsonl")),
    [],
  );
  server.heal("org/slow");
  const { code, stdout, stderr } = await runRefeed(["datasets", "pull", "hub:org/slow"], { cwd, env });
  assert.equal(code, 0, stderr);
  assert.ok(
    server.seen.some(({ at, range }) => at === "store" && range === `bytes=${kept}-`),
    "it did not go on from there",
  );
  const file = list(cwd).find((name) => name.endsWith("train-00000.jsonl"))!;
  assert.equal(readFileSync(join(cwd, file), "utf8"), train);
  assert.equal(list(cwd).length, 2);
  assert.match(stdout, /dataset: \{ hub: org\/slow, config: "default", revision: [0-9a-f]{40} \}/);
  assert.doesNotMatch(stdout + stderr + JSON.stringify(readdirSync(cwd, { recursive: true })), /canary/);
});

test("interrupted, it says that what has arrived is kept, and ends with 130", async (context) => {
  const cwd = createTemporaryFolder(context);
  const server = await startHub(context, { "org/slow": repository("slow") });
  const { code, stderr } = await runRefeed(["datasets", "pull", "hub:org/slow", "--split", "train"], {
    cwd,
    env: { HF_ENDPOINT: server.endpoint },
    watch: (child) => {
      const timer = setInterval(() => {
        if (!list(cwd).some((name) => name.endsWith(".part"))) return;
        clearInterval(timer);
        child.kill("SIGINT");
      }, 5);
    },
  });
  assert.equal(code, 130);
  assert.match(stderr, /^what has arrived is kept: the same command goes on from there$/m);
  assert.equal(list(cwd).length, 1);
});

test("what was pulled is listed, shown and read by an experiment, with the hub gone", async (context) => {
  const cwd = createTemporaryFolder(context);
  const ending = { after: (end: () => void) => void ends.push(end) };
  const ends: (() => void)[] = [];
  const server = await startHub(ending, { "org/news": repository() });
  const pull = await runRefeed(["datasets", "pull", "hub:org/news", "--json"], {
    cwd,
    env: { HF_ENDPOINT: `${server.endpoint}/` },
  });
  const { manifest } = JSON.parse(pull.stdout) as {
    readonly manifest: { readonly revision: string; readonly pulled: string };
  };
  assert.ok(Math.abs(Date.parse(manifest.pulled) - Date.now()) < 60_000);
  for (const end of ends) end();
  const env = { HF_ENDPOINT: server.endpoint };
  const listed = await runRefeed(["datasets", "list"], { cwd, env });
  assert.match(listed.stdout, new RegExp(`hub:org/news.*cc0-1.0.*default at ${manifest.revision.slice(0, 12)}`));
  const shown = await runRefeed(["datasets", "show", "hub:org/news", "--article", "text", "--rows", "1"], { cwd, env });
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /train +3000 [\s\S]*test +30 [\s\S]*train-00000-1/);
  const experiment = `dataset: { hub: org/news, revision: ${manifest.revision}, fields: { article: text, id: id }, train: 50, test: 10 }\narms: [{ verifier: none }]\ngenerations: 1\nname: pulled\n`;
  writeFileSync(join(cwd, "pulled.yaml"), experiment);
  const checked = await runRefeed(["check", "pulled.yaml"], { cwd, env });
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stderr, /is hub:org\/news, default at [0-9a-f]{12}, licence cc0-1.0/);
  assert.match(checked.stdout, /reads +hub:org\/news as it was pulled/);
  const gone = await runRefeed(["datasets", "pull", "hub:org/news", "--revision", "v2"], {
    cwd,
    env: { HF_ENDPOINT: "ftp://x" },
  });
  assert.deepEqual(
    [gone.code, gone.stdout, gone.stderr],
    [2, "", "HF_ENDPOINT is no address of the web\n  begin it with https://\n"],
  );
});

test("a folder that cannot be is told in one line, and the way out", async (context) => {
  const cwd = createTemporaryFolder(context);
  const server = await startHub(context, { "org/news": repository() });
  writeFileSync(join(cwd, "file"), "mine");
  mkdirSync(join(cwd, "linked"));
  symlinkSync("/nowhere/at/all", join(cwd, "linked", "hub"));
  for (const [to, code] of [
    ["file", "ENOTDIR"],
    ["linked", "EEXIST"],
    // A file system that answers ENOENT for a folder whose parent is there: Node's recursive mkdir never comes back.
    ...(process.platform === "linux" ? [["/proc/refeed", "ENOENT"] as const] : []),
  ] as const) {
    const args = ["datasets", "pull", "hub:org/news", "--to", to];
    const pull = await speakLine(args, { cwd, env: { HF_ENDPOINT: server.endpoint } });
    assert.equal(pull.code, 5, pull.stderr);
    assert.match(
      pull.stderr,
      new RegExp(`^[^\\n]*: cannot be written to \\(${code}\\)\\n {2}check the path .*--to\\n$`),
    );
    assert.equal(pull.stdout, "");
  }
});

test("splits of other names are named in the line for an experiment, and shown by them", async (context) => {
  const cwd = createTemporaryFolder(context);
  const chat = (kind: string, count: number): string =>
    Array.from({ length: count }, (_, index) => {
      const messages = [`${kind} question ${index}`, `${kind} answer ${index}`].map((content) => ({ content }));
      return `${JSON.stringify({ messages })}\n`;
    }).join("");
  const front =
    "configs:\n- config_name: default\n  data_files:\n  - split: train_sft\n    path: a.jsonl\n  - split: test_sft\n    path: b.jsonl";
  const main = { "README.md": `---\n${front}\n---\n`, "a.jsonl": chat("train", 20), "b.jsonl": chat("test", 5) };
  const server = await startHub(context, { "org/chat": { branches: { main } } });
  const env = { HF_ENDPOINT: server.endpoint };
  const { stdout } = await runRefeed(["datasets", "pull", "hub:org/chat"], { cwd, env });
  const line = /^dataset: \{.*, splits: \{ train: train_sft, test: test_sft \} \}$/m.exec(stdout)?.[0];
  assert.ok(line !== undefined, stdout);
  const fields = "fields: { article: messages.0.content, summary: messages.-1.content }";
  writeFileSync(
    join(cwd, "chat.yaml"),
    `${line.replace(/ \}$/, `, ${fields} }`)}\narms: [{ verifier: none }]\ngenerations: 1\nname: chat\n`,
  );
  const flags = ["--train", "train_sft", "--test", "test_sft", "--json", "--rows", "1"];
  const mapped = ["--article", "messages.0.content", "--summary", "messages.-1.content"];
  const shown = await speakLine(["datasets", "show", "hub:org/chat", ...flags, ...mapped], { cwd, env });
  const asked = await speakLine(["datasets", "show", "chat.yaml", "--json", "--rows", "1"], { cwd, env });
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal(asked.stdout, shown.stdout);
  assert.match(shown.stdout, /"train":\{"count":20,.*"article":"train question 0","summary":"train answer 0"/);
  const unnamed = await speakLine(["datasets", "show", "hub:org/chat"], { cwd, env });
  assert.match(
    unnamed.stderr,
    /has no split "train" here\n {2}name another with --train <split> --test <split>; it has train_sft, test_sft\n$/,
  );
  const file = await speakLine(["datasets", "show", "./a.jsonl", "--test", "x"], { cwd, env });
  assert.deepEqual([file.code, file.stderr], [2, "only a pulled dataset has splits of a hub's\n"]);
});
