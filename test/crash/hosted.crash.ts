// R7 in full: a run folder, the controller and the wire against a server that fails as servers do, whole and killed.
// REFEED_R7 sets how many samples are asked for in virtual time, 300 unless given and 10,000 for a release, REFEED_R7_WIRE how
// many over the wire, and REFEED_R7_KILLS how often the second run of these is killed. Over the wire the endpoint has sixteen
// servers: each of them turns two requests of five away and is silent to one of ten for most of a second, so that it is
// asked one at a time, as it should be. One server alone would take 40 minutes for 10,000.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import type { SamplingOptions } from "../../bench/sampling-run.ts";
import { createRandom } from "../../src/math/random.ts";
import { checkMix } from "../helpers/fault-mix.ts";
import { type FaultyServer, isLost, renderAnswer, startFaultyServer } from "../helpers/faulty-server.ts";
import type { Patience } from "../helpers/patience.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const virtualCount = Number(process.env.REFEED_R7 ?? 300);
const count = Number(process.env.REFEED_R7_WIRE ?? 60);
const killCount = Number(process.env.REFEED_R7_KILLS ?? 4);
const serverCount = 16;
const program = new URL("../../bench/sampling-run.ts", import.meta.url).pathname;

for (const concurrency of [1, 8, 64, 512]) {
  test(`R7 in virtual time: ${virtualCount} samples, ${concurrency} at once`, async (context) => {
    const { faulted, late } = await checkMix({ count: virtualCount, concurrency, seed: 1000 + concurrency });
    context.diagnostic(`${faulted} calls failed, ${late} asked for time`);
  });
}

interface Ran {
  readonly server: FaultyServer;
  readonly directory: string;
  readonly killed: number;
  /** Of the last process, to whose end it came. */
  readonly patience: Patience;
}

/** Runs to the end, killed at so many random moments on the way: one in each of as many stretches of its calls. */
async function run(
  context: TestContext,
  { seed, kills }: { readonly seed: number; readonly kills: number },
): Promise<Ran> {
  const folder = createTemporaryFolder(context);
  const server = await startFaultyServer({
    ...{ seed, largeBytes: 50 * 2 ** 20, secondsShare: 0.1, placeCount: serverCount },
  });
  context.after(() => server.close());
  const directory = join(folder, "run");
  mkdirSync(directory);
  const [output, early] = [join(folder, "out.json"), join(folder, "early.txt")];
  const options: SamplingOptions = {
    ...{ directory, count, urls: server.urls, concurrency: 64, warmAfter: count, requests: null },
    ...{ output, isStreamed: true, backoffMs: 5, early },
    limits: { firstByteMs: 300, idleMs: 300, totalMs: 3000, tries: 60, answerBytes: 1 << 20 },
  };
  const start = (kind: string) => {
    const child = spawn(process.execPath, [program, kind, JSON.stringify(options)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    context.after(() => child.kill("SIGKILL"));
    const end = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, end, readError: () => stderr };
  };
  assert.equal(await start("prepare").end, 0);
  const random = createRandom(Uint32Array.of(seed, 1, 1, 1));
  let killed = 0;
  for (; killed < kills; killed++) {
    const { child, end } = start("sample");
    const before = server.entries.length;
    // Two calls a row are never all of them. From its first request on, so that every kill meets some under way.
    const place = Math.max(before, ((killed + random.uniform()) * 2 * count) / kills);
    while (server.entries.length <= place && child.exitCode === null) await setTimeout(5);
    if (child.exitCode !== null) break;
    await setTimeout(random.integer(30));
    child.kill("SIGKILL");
    await end;
  }
  const last = start("sample");
  assert.equal(await last.end, 0, last.readError());
  assert.ok(!existsSync(early), `Retry-After was undercut: ${existsSync(early) && readFileSync(early, "utf8")}`);
  const { patience } = JSON.parse(readFileSync(output, "utf8")) as { readonly patience: Patience };
  return { server, directory, killed, patience };
}

function readRun(directory: string) {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const rows = connection
    .prepare<[], { readonly id: string; readonly completion: string }>(
      `SELECT d.id, c.completion FROM candidate c
       JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position ORDER BY c.id`,
    )
    .all();
  const sums = connection
    .prepare<[], Readonly<Record<"tries" | "repeats" | "open" | "failed", number>>>(
      `SELECT sum(try_count) AS tries, sum(repeat_count) AS repeats, sum(state <> 'done') AS open,
         sum(state = 'failed') AS failed FROM attempt WHERE is_outside = 1`,
    )
    .get();
  connection.close();
  return { rows, sums: sums as NonNullable<typeof sums> };
}

function checkRows({ directory }: Ran): ReturnType<typeof readRun> {
  const read = readRun(directory);
  assert.equal(read.rows.length, count);
  for (const { id, completion } of read.rows) assert.equal(completion, renderAnswer(id));
  assert.deepEqual([read.sums.open, read.sums.failed], [0, 0]);
  return read;
}

test(`R7 over the wire: ${count} samples, each once, and both books agree`, async (context) => {
  const ran = await run(context, { seed: 21, kills: 0 });
  const { sums } = checkRows(ran);
  const { entries } = ran.server;
  const faulted = entries.filter(({ fault }) => fault !== null && fault !== "slices");
  const late = entries.filter(({ retryAfterMs }) => retryAfterMs !== null);
  const shares = ran.server.urls.map((_, place) => entries.filter((entry) => entry.place === place).length);
  context.diagnostic(`${entries.length} calls, ${faulted.length} failed, ${late.length} asked for time`);
  context.diagnostic(`asked: ${shares.join(", ")}`);
  assert.equal(entries.length, count + faulted.length);
  assert.deepEqual([sums.tries, sums.repeats], [entries.length, entries.filter(isLost).length]);
  assert.ok(faulted.length > 0.9 * count);
  // What each server asked for was understood to the millisecond, seconds and dates too; run() has seen that it was kept.
  const askedMs = late.reduce((sum, { retryAfterMs }) => sum + (retryAfterMs ?? 0), 0);
  assert.deepEqual(ran.patience, { replies: late.length, askedMs });
  assert.ok(Math.min(...shares) > 0, `asked: ${shares.join(", ")}`);
});

test(`R7 over the wire, killed ${killCount} times: each row once, and what was paid twice is shown`, async (context) => {
  const ran = await run(context, { seed: 22, kills: killCount });
  const { sums } = checkRows(ran);
  const { entries } = ran.server;
  assert.equal(ran.killed, killCount, "it was through before all kills");
  const good = entries.filter(({ fault }) => fault === null || fault === "slices");
  const twice = good.length - count;
  context.diagnostic(
    `${entries.length} calls, ${ran.killed} kills, ${twice} answered twice, ${sums.repeats} shown as possibly paid twice`,
  );
  // Every call had its intent, and what was answered twice is among what is shown.
  assert.ok(sums.tries >= entries.length, `${entries.length} calls, ${sums.tries} intents`);
  assert.ok(twice <= sums.repeats);
  // No more than 64 were ever under way, and what had come waits 20 ms for the disk.
  assert.ok(twice <= killCount * 64);
});
