import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "../../../src/providers/control/turns.ts";

test("a turn is taken on the spot while there is room, and in the order of asking when there is none", async () => {
  const turns = createTurns(2);
  assert.equal(turns.take(), true);
  assert.equal(turns.take(), true);
  const order: string[] = [];
  const wait = async (name: string): Promise<void> => void ((await turns.take()) && order.push(name));
  const waits = [wait("third"), wait("fourth")];
  assert.deepEqual([turns.activeCount, turns.waitingCount], [2, 2]);
  turns.giveBack();
  assert.deepEqual([turns.activeCount, turns.waitingCount], [2, 1]);
  turns.giveBack();
  await Promise.all(waits);
  assert.deepEqual(order, ["third", "fourth"]);
});

test("more turns let those in line go at once; fewer let those under way finish first", async () => {
  const turns = createTurns(1);
  turns.take();
  const second = turns.take();
  turns.resize(2);
  assert.equal(await second, true);
  turns.resize(1);
  assert.equal(turns.activeCount, 2);
  const third = turns.take();
  turns.giveBack();
  assert.deepEqual([turns.activeCount, turns.waitingCount], [1, 1]);
  turns.giveBack();
  assert.equal(await third, true);
});

test("room that nobody in line takes is told of, and the first in line can be sent away alone", async () => {
  let told = 0;
  const turns = createTurns(1, () => {
    told += 1;
  });
  turns.take();
  const [first, second] = [turns.take(), turns.take()];
  turns.sendAway();
  assert.equal(await first, false);
  turns.giveBack();
  assert.deepEqual([await second, told], [true, 0]);
  turns.resize(2);
  turns.giveBack();
  assert.deepEqual([turns.activeCount, told], [0, 2]);
});

test("a line that is dissolved sends its people away, and takes no turn for them", async () => {
  const turns = createTurns(1);
  turns.take();
  const waiting = [turns.take(), turns.take()];
  turns.dissolve();
  assert.deepEqual(await Promise.all(waiting), [false, false]);
  assert.deepEqual([turns.activeCount, turns.waitingCount], [1, 0]);
  turns.giveBack();
  assert.equal(turns.take(), true);
});
