// R10 and R23 with real kills: a run that samples through batches, into a real run folder, is killed with -9 before every
// write of its ledger, before every request is worked on, and after every create. The next one ends like a run that was
// never killed; no batch was handed in twice, and no row was paid twice.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { launchName } from "../../src/providers/batch/service.ts";
import { answer, type BatchServer, type Line, startBatchServer } from "../helpers/batch-server.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const childFile = new URL("batch-child.ts", import.meta.url).pathname;

interface Told {
  readonly sha256: string;
  readonly rows: number;
  /** Of its ledger. */
  readonly writes: number;
}

/** Where a child dies: before a write of its own, before a request is worked on, after a create. */
interface Death {
  readonly write?: number;
  readonly request?: number;
  readonly create?: number;
}

interface Laboratory {
  readonly server: BatchServer;
  /** null where the child was killed. */
  run(death?: Death): Promise<Told | null>;
  requests(): number;
}

async function open(context: TestContext): Promise<Laboratory> {
  const directory = createTemporaryFolder(context);
  let kill = (): void => undefined;
  let [death, requests] = [{} as Death, 0];
  const server = await startBatchServer(context, {
    createdSeconds: Math.floor(Date.now() / 1000),
    // The first batch expires with three of its rows answered: the others are handed in again.
    fate: (lines, number) => ({
      status: number === 0 ? "expired" : "completed",
      output: lines.slice(0, number === 0 ? 3 : lines.length).map(answer),
    }),
    before() {
      requests += 1;
      if (requests !== death.request) return false;
      kill();
      return true;
    },
    created(number) {
      if (number !== death.create) return false;
      kill();
      return true;
    },
  });
  return {
    server,
    requests: () => requests,
    async run(given = {}) {
      death = given;
      requests = 0;
      const args = [childFile, join(directory, "run"), `${server.url}/v1`, String(given.write ?? 0)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
      context.after(() => child.kill("SIGKILL"));
      kill = () => child.kill("SIGKILL");
      let [out, told] = ["", ""];
      child.stdout.on("data", (data) => (out += data));
      child.stderr.on("data", (data) => (told += data));
      const [code, signal] = (await once(child, "close")) as [number | null, string | null];
      if (signal === null) assert.equal(code, 0, told);
      const repeats = new Database(join(directory, "run", "state.db"), { readonly: true });
      const keys = repeats.prepare("SELECT key FROM attempt WHERE repeat_count > 0").pluck().all() as string[];
      repeats.close();
      // A create that may have arrived is counted when it is sent again, though the list shows that it has not; no row is.
      assert.ok(
        keys.every((key) => key.startsWith("batch ")),
        keys.join(", "),
      );
      return signal === null ? (JSON.parse(out) as Told) : null;
    },
  };
}

function assertPaidOnce({ batches }: BatchServer, where: string): void {
  const launches = batches.map(({ metadata }) => metadata[launchName]);
  assert.equal(new Set(launches).size, launches.length, `${where}: handed in twice`);
  const paid = batches.flatMap(({ fate }) => (fate.output ?? []).map((row) => (row as Line).custom_id));
  assert.deepEqual([new Set(paid).size, paid.length], [8, 8], `${where}: not every row was paid once`);
}

test("killed -9 between any two steps, a run through batches pays for every row once and ends the same", async (context) => {
  const whole = await open(context);
  const expected = await whole.run();
  assert.ok(expected !== null && expected.rows === 16);
  assertPaidOnce(whole.server, "not killed");
  assert.equal(whole.server.batches.length, 2);
  const deaths: Death[] = [
    ...Array.from({ length: expected.writes }, (_, at) => ({ write: at + 1 })),
    ...Array.from({ length: whole.requests() }, (_, at) => ({ request: at + 1 })),
    { create: 0 },
    { create: 1 },
  ];
  assert.ok(deaths.length > 35, `only ${deaths.length} steps`);
  const chosen = process.env.REFEED_BATCH === "all" ? deaths : deaths.filter((_, at) => at % 4 === 0);
  for (const death of chosen) {
    const where = JSON.stringify(death);
    const { run, server } = await open(context);
    assert.equal(await run(death), null, `${where}: it was not killed`);
    const told = await run();
    assert.deepEqual([told?.sha256, told?.rows], [expected.sha256, 16], where);
    assertPaidOnce(server, where);
  }
  context.diagnostic(`${chosen.length} kills at ${deaths.length} steps`);
});
