import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { runRefeed } from "../helpers/command-line.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

test("--help lists every verb, loads none, and is done", async () => {
  const { code, stdout, stderr } = await runRefeed(["--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (const verb of "run resume plan status list compare report score datasets check schema init base".split(" ")) {
    assert.match(stdout, new RegExp(`^ {2}${verb} `, "m"));
  }
});

test("--version is the package's", async () => {
  assert.match((await runRefeed(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("an unknown verb names the nearest and exits 2", async () => {
  const { code, stdout, stderr } = await runRefeed(["rum"]);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: unknown command 'rum'\n\(Did you mean run\?\)\n$/);
});

test("no verb shows the help and exits 2", async () => {
  const { code, stderr } = await runRefeed([]);
  assert.equal(code, 2);
  assert.match(stderr, /Usage: refeed/);
});

test("an unknown flag and a missing argument exit 2 in one line", async () => {
  const flag = await runRefeed(["run", "newswire", "--fast"]);
  assert.deepEqual([flag.code, flag.stderr], [2, "error: unknown option '--fast'\n"]);
  const argument = await runRefeed(["run"]);
  assert.deepEqual([argument.code, argument.stderr], [2, "error: missing required argument 'experiment'\n"]);
});

test("every verb has help of its own", async () => {
  const verbs = "run resume plan status list compare report score datasets check schema init base".split(" ");
  for (const verb of verbs) {
    const { code, stdout, stderr } = await runRefeed([verb, "--help"]);
    assert.equal(code, 0, `${verb}: ${stderr}`);
    assert.match(stdout, new RegExp(`^Usage: refeed ${verb}`), verb);
  }
});

test("help <verb> is the verb's own help", async () => {
  const [asked, own] = [await runRefeed(["help", "run"]), await runRefeed(["run", "--help"])];
  assert.deepEqual(asked, own);
  assert.match(asked.stdout, /--accept-changes/);
});

test("a signal to a verb that keeps no state promises none", async (context) => {
  const cwd = createTemporaryFolder(context);
  const { code, stderr } = await runRefeed(
    ["datasets", "make", "newswire", "--out", "rows.jsonl", "--train", "9999999"],
    {
      cwd,
      watch: (child) => {
        // The output file stands under another name while it is written: a signal before that would meet no listener.
        const timer = setInterval(() => {
          if (readdirSync(cwd).length === 0) return;
          clearInterval(timer);
          child.kill("SIGTERM");
        }, 20);
        context.after(() => clearInterval(timer));
      },
    },
  );
  assert.deepEqual([code, stderr], [143, "interrupted\n"]);
});

test("an old Node is told what to do in one line", () => {
  const refeed = new URL("../../bin/refeed.js", import.meta.url).href;
  const source = `Object.defineProperty(process.versions, "node", { value: "20.11.0" }); await import(${JSON.stringify(refeed)});`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /^refeed needs Node 22\.18 or newer and runs on 20\.11\.0: .*\n$/);
});
