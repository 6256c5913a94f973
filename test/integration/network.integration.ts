// S19, and S12 once more: the default experiment, traced by the kernel. Not one socket of the internet is opened, the
// workers included, and no key of the environment is written anywhere. Needs strace.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canaries, listForms } from "../helpers/canaries.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;

/** The calls on sockets of a command and all of its threads and children. */
function trace(cwd: string, args: readonly string[]): { readonly calls: string; readonly output: string } {
  const file = join(cwd, "calls.txt");
  const line = ["-f", "-qq", "-e", "trace=connect,socket,sendto,sendmsg", "-o", file, process.execPath, ...args];
  const { error, status, stdout, stderr } = spawnSync("strace", line, {
    cwd,
    env: { PATH: process.env.PATH, ...canaries },
    encoding: "utf8",
  });
  assert.equal(error, undefined, "there is no strace: apt-get install strace");
  assert.equal(status, 0, stderr);
  return { calls: readFileSync(file, "utf8"), output: stdout + stderr };
}

test("the default experiment opens no socket of the internet, and no key is left in its files", (context) => {
  const cwd = createTemporaryFolder(context);
  const { calls, output } = trace(cwd, [refeed, "run", "newswire", "--set", "scale=tiny", "--json"]);
  assert.match(output, /"event":"report"/);
  assert.doesNotMatch(calls, /AF_INET|AF_PACKET|AF_NETLINK|AF_VSOCK/);

  const files = readdirSync(join(cwd, "runs"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.length > 15 && files.some(({ name }) => name === "state.db"));
  const texts = files.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")] as const);
  const forms = Object.values(canaries).flatMap(listForms);
  for (const [name, text] of [...texts, ["output", output] as const]) {
    assert.equal(
      forms.find((form) => text.includes(form)),
      undefined,
      name,
    );
  }
});

test("a program that asks an address would be seen", (context) => {
  const cwd = createTemporaryFolder(context);
  const script = "fetch('http://127.0.0.1:49321/').catch(() => console.log('asked'))";
  const { calls, output } = trace(cwd, ["-e", script]);
  assert.match(output, /asked/);
  assert.match(calls, /connect\(.*AF_INET/);
});
