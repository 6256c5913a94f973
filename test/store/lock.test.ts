import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { StoreError } from "../../src/errors.ts";
import { openLock } from "../../src/store/lock.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

test("a second writer is told who holds the run, and gets it once that one closes", (context) => {
  const folder = createTemporaryFolder(context);
  const first = openLock(folder, { pid: 123, command: "refeed run" });
  assert.throws(
    () => openLock(folder, { pid: 456 }),
    (error) =>
      error instanceof StoreError &&
      error.message === `${folder}: another process writes this run (pid 123, command refeed run)` &&
      error.exitCode === 5,
  );
  first.close();
  openLock(folder, { pid: 456 }).close();
});

test("a killed holder leaves no lock behind", async (context) => {
  const folder = createTemporaryFolder(context);
  const source = `const { openLock } = await import(${JSON.stringify(new URL("../../src/store/lock.ts", import.meta.url).href)});
    // Held by the process as a run holds it: a lock that nothing refers to is let go by the garbage collector.
    globalThis.lock = openLock(${JSON.stringify(folder)}, { pid: process.pid });
    console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  assert.throws(() => openLock(folder, {}), new RegExp(`pid ${child.pid}`));
  child.kill("SIGKILL");
  await once(child, "exit");
  openLock(folder, { pid: 1 }).close();
});
