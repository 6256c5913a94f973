import assert from "node:assert/strict";
import { linkSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StoreError } from "../../../src/errors.ts";
import { type CheckpointOptions, createCheckpoints } from "../../../src/store/checkpoint/checkpoints.ts";
import { openReader, openWriter } from "../../../src/store/database.ts";
import { createWriter } from "../../../src/store/writer.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

/** Eight pages; a row takes one. */
const checkpointBytes = 8 * 8192;

function createFixture(context: TestContext, options: CheckpointOptions = { checkpointBytes }) {
  const file = join(createTemporaryFolder(context), "state.db");
  const connection = openWriter(file);
  const checkpoints = createCheckpoints(connection, options);
  context.after(() => checkpoints.close().finally(() => connection.close()));
  const writer = createWriter(connection, systemClock.monotonic, { follow: checkpoints.follow });
  const insert = connection.prepare(
    "INSERT INTO stage (key, kind, version, parameters, inputs, state) VALUES (?, 'sample', 1, ?, '[]', 'new')",
  );
  const read = connection.prepare<[], { log: number; checkpointed: number }>("PRAGMA wal_checkpoint(NOOP)");
  let rows = 0;
  return {
    file,
    checkpoints,
    write: () => writer.writeBatch(() => void insert.run(`key ${rows++}`, "p".repeat(7000))),
    count: () => connection.prepare("SELECT count(*) FROM stage").pluck().get(),
    readLog: () => read.get() as { readonly log: number; readonly checkpointed: number },
  };
}

test("beside a writer that never rests the log is copied and starts again", async (context) => {
  const { file, checkpoints, write, count, readLog } = createFixture(context);
  // What it took to make the tables.
  const made = readLog().log;
  let [longest, restarts, before] = [0, 0, 0];
  for (let row = 0; row < 250; row++) {
    await write();
    const { log } = readLog();
    if (log < before) restarts += 1;
    before = log;
    longest = Math.max(longest, log);
  }
  // Four times eight, and what the last transaction brought.
  assert.ok(longest <= Math.max(made, 4 * 8) + 6, `the log grew to ${longest} pages`);
  assert.ok(restarts >= 5, `${restarts} restarts`);
  assert.ok(statSync(file).size > 150 * 8192, "the database itself has the rows");
  assert.equal(count(), 250);
  await checkpoints.close();
  const { log, checkpointed } = readLog();
  assert.equal(checkpointed, log, "nothing is left to be copied when the run closes");
});

test("no commit copies anything, and looking at the log copies nothing", async (context) => {
  const { file, write, readLog } = createFixture(context, { checkpointBytes: 2 ** 30 });
  const before = statSync(file).size;
  for (let row = 0; row < 40; row++) await write();
  const { log, checkpointed } = readLog();
  assert.ok(log >= 40);
  assert.equal(checkpointed, 0);
  assert.equal(statSync(file).size, before);
});

test("a reader that does not end is waited for a while, and the log goes on without it", async (context) => {
  const { file, write, count, readLog } = createFixture(context, { checkpointBytes, readerTries: 1 });
  await write();
  const reader = openReader(file);
  context.after(() => void reader.close());
  reader.exec("BEGIN");
  const readCount = reader.prepare("SELECT count(*) FROM stage").pluck();
  assert.equal(readCount.get(), 1);
  for (let row = 1; row < 100; row++) await write();
  assert.equal(readCount.get(), 1, "the reader still sees what it began with");
  const { log } = readLog();
  assert.ok(log > 90, `the log has ${log} pages`);
  reader.exec("COMMIT");
  for (let row = 100; row < 200; row++) await write();
  assert.ok(readLog().log < 90, "once the reader has ended the log starts again");
  assert.equal(count(), 200);
});

test("a copy that is refused ends all writing, in the store's words, and what is committed stays", async (context) => {
  const { file, write, count, readLog } = createFixture(context, { checkpointBytes: 100 * 8192 });
  // The copier is opened with the first copy, and refuses a database that has another name.
  linkSync(file, `${file}.link`);
  let written = 0;
  const fill = async (): Promise<void> => {
    for (; written < 300; written++) await write();
  };
  await assert.rejects(
    fill(),
    (error) => error instanceof StoreError && error.exitCode === 5 && /is a hard link/.test(error.message),
  );
  assert.ok(readLog().log >= 100, "a log that is short needs no copier");
  assert.equal(count(), written);
  await assert.rejects(write(), /is a hard link/, "nothing more is written");
});
