import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { StoreError } from "../../src/errors.ts";
import { openWriter } from "../../src/store/database.ts";
import { createPace, createWriter, type WriterOptions } from "../../src/store/writer.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

function createFixture(context: Parameters<typeof createTemporaryFolder>[0], options: WriterOptions = {}) {
  const connection = openWriter(join(createTemporaryFolder(context), "state.db"));
  context.after(() => void connection.close());
  connection.exec("CREATE TABLE word (text TEXT UNIQUE)");
  let commits = 0;
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((source: string) => {
    const statement = prepare(source);
    if (source === "COMMIT") {
      const run = statement.run.bind(statement);
      statement.run = ((...values: unknown[]) => {
        commits += 1;
        return run(...values);
      }) as typeof statement.run;
    }
    return statement;
  }) as typeof connection.prepare;
  const writer = createWriter(connection, systemClock.monotonic, options);
  const insert = prepare("INSERT INTO word VALUES (?)");
  const all = () => prepare("SELECT text FROM word ORDER BY rowid").pluck().all();
  return { connection, writer, insert, all, commitCount: () => commits };
}

test("writes of one turn share a transaction; each resolves with its own result, after the commit", async (context) => {
  const { connection, writer, insert, all, commitCount } = createFixture(context);
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, index) => writer.write(() => insert.run(`w${index}`).changes + index)),
  );
  assert.deepEqual(results.slice(0, 3), [1, 2, 3]);
  assert.equal(all().length, 100);
  assert.equal(connection.inTransaction, false);
  assert.ok(commitCount() <= 3, `${commitCount()} commits`);
});

test("a write that fails, fails alone", async (context) => {
  const { writer, insert, all } = createFixture(context);
  const results = await Promise.allSettled(
    ["a", "b", "a", "c"].map((text) => writer.write(() => void insert.run(text))),
  );
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(all(), ["a", "b", "c"]);
});

test("after the database is gone every write is refused and none hangs", async (context) => {
  const { connection, writer, insert } = createFixture(context);
  connection.close();
  const results = await Promise.allSettled([writer.write(() => insert.run("x")), writer.flush()]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "rejected"],
  );
});

test("once the disk has refused a commit nothing more is written, though it would take it", async (context) => {
  const { connection, insert, all } = createFixture(context);
  const { prepare } = connection;
  let refusals = 1;
  connection.prepare = ((source: string) => {
    const statement = prepare.call(connection, source);
    if (source !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    return Object.assign(statement, {
      run: () => {
        if (refusals-- > 0) throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
        return (run as () => Database.RunResult)();
      },
    });
  }) as typeof connection.prepare;
  const writer = createWriter(connection, systemClock.monotonic);
  const isRefused = (error: unknown): boolean => error instanceof StoreError && /the disk refused it/.test(error.what);
  const writes = [writer.write(() => insert.run("first")), writer.write(() => insert.run("beside it"))];
  for (const result of await Promise.allSettled(writes))
    assert.ok(result.status === "rejected" && isRefused(result.reason));
  await assert.rejects(
    writer.write(() => insert.run("what rests on it")),
    isRefused,
  );
  await assert.rejects(writer.flush(), isRefused);
  assert.deepEqual(all(), []);
});

test("a batch waits for no company, and takes along what waits", async (context) => {
  const { writer, insert, all, commitCount } = createFixture(context);
  const order: string[] = [];
  const write = (text: string) => writer.write(() => void insert.run(text)).then(() => order.push(text));
  const batch = writer.writeBatch(() => void insert.run("batch")).then(() => order.push("batch"));
  await Promise.all([write("a"), batch]);
  for (let index = 0; index < 50; index++) await writer.writeBatch(() => void insert.run(`w${index}`));
  assert.deepEqual(order, ["batch", "a"]);
  assert.deepEqual([all().length, commitCount()], [52, 51]);
});

test("a commit waits for what follows the one before, and nothing more is written if that fails", async (context) => {
  const waits: (PromiseWithResolvers<void> | undefined)[] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const [first, second] = waits;
  const { writer, insert, all } = createFixture(context, { follow: () => waits.shift()?.promise });
  const write = (text: string) => writer.write(() => void insert.run(text));
  await write("a");
  const rest = Promise.all([write("b"), writer.flush()]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(all(), ["a"], "nothing is committed meanwhile");
  first?.resolve();
  await rest;
  assert.deepEqual(all(), ["a", "b"]);
  // Nobody waits when it fails: whoever comes next is told.
  second?.reject(new Error("the disk is full"));
  for (const text of ["c", "d"]) await assert.rejects(write(text), /the disk is full/);
  assert.deepEqual(all(), ["a", "b"]);
});

test("groups gather shortly while writes come thick, longer while they are sparse, and longer where a sync takes its time", () => {
  const pace = createPace(undefined);
  let nowMs = 0;
  const gather = (countPerSecond: number, syncMs: number): number => {
    for (let group = 0; group < 40; group++) {
      const periodMs = pace.gatherMs() + syncMs;
      nowMs += periodMs;
      pace.note((countPerSecond * periodMs) / 1000, syncMs, nowMs);
    }
    return pace.gatherMs();
  };
  assert.equal(pace.gatherMs(), 20);
  assert.equal(gather(16_000, 0.2), 5);
  // Two writes a request.
  assert.equal(gather(940, 1), 20);
  assert.ok(Math.abs(gather(16_000, 0.5) - 8) < 0.1);
  assert.equal(gather(16_000, 12), 20);
  assert.equal(createPace(3).gatherMs(), 3);
});
