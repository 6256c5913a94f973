import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createInFlight } from "../../../src/systems/language/in-flight.ts";

test("work goes on until so many rows are under way, then waits until there are fewer", async () => {
  const writes = createInFlight(4);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  assert.equal(writes.add(first.promise, 3), undefined);
  let isRoom = false;
  const added = writes.add(second.promise, 3)?.then(() => {
    isRoom = true;
  });
  await setImmediate();
  assert.equal(isRoom, false);
  first.resolve();
  await added;
  let isSettled = false;
  const settled = writes.settle().then(() => {
    isSettled = true;
  });
  await setImmediate();
  assert.equal(isSettled, false);
  second.resolve();
  await settled;
});

test("a failed write is met at the latest when all is settled", async () => {
  const failed = (): Promise<void> => Promise.reject(new Error("disk full"));
  const writes = createInFlight(2);
  await writes.add(failed(), 1);
  await assert.rejects(writes.settle(), /disk full/);
  await assert.rejects(async () => writes.add(failed(), 2), /disk full/);
});
