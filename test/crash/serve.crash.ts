// A run whose models are served by another process, `refeed serve` of its own folder: killed half-way, on either side, and
// gone on with, it writes what it writes in process, byte for byte.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readStatus } from "../../src/store/status.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { createHosted } from "../helpers/small-hosted.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;

test("an external server of the run's own folder, and kills of the run and of the server", async (context) => {
  const cwd = createTemporaryFolder(context);
  const train = 400;
  writeFileSync(join(cwd, "local.yaml"), createHosted({ endpoint: null, train }));
  assert.equal((await runRefeed(["run", "local.yaml", "--run", "local", "--quiet"], { cwd })).code, 0);
  const expected = readFileSync(join(cwd, "local/report/metrics.csv"));

  const port = await findPort();
  const begin = (...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [refeed, ...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
    context.after(() => child.kill("SIGKILL"));
    return child;
  };
  const serve = (): ChildProcess => begin("serve", "hosted", "--port", String(port));
  const count = (): number =>
    existsSync(join(cwd, "hosted/state.db")) ? readStatus(join(cwd, "hosted")).spent.requests : 0;
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let tries = 0; !isSo(); tries++) {
      assert.ok(tries < 2400, "two minutes have gone by");
      await setTimeout(50);
    }
  };

  writeFileSync(join(cwd, "hosted.yaml"), createHosted({ endpoint: `http://127.0.0.1:${port}/v1`, train }));
  const first = begin("run", "hosted.yaml", "--run", "hosted", "--quiet");
  // It waits for the models it has trained to be served.
  await until(() => existsSync(join(cwd, "hosted/report")) || existsSync(join(cwd, "hosted/artifacts")));
  const server = serve();
  await until(() => count() > 300);
  first.kill("SIGKILL");
  await once(first, "close");
  const asked = count();

  const second = begin("resume", "hosted", "--quiet");
  await until(() => count() > asked + 200);
  server.kill("SIGKILL");
  await once(server, "close");
  await setTimeout(500);
  serve();
  assert.equal((await once(second, "close"))[0], 0);
  assert.deepEqual(readFileSync(join(cwd, "hosted/report/metrics.csv")), expected);
});

/** One that is free now: the run has to name it before anybody listens there. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
