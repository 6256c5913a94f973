import assert from "node:assert/strict";
import { test } from "node:test";
import { createLeaveOut, createQuiet, renderWait } from "../../../src/experiment/hosted/waits.ts";

const target = (url: string, pausedMs: number, reason: string | null = "nobody listens there (ECONNREFUSED)") => ({
  ...{ url, pausedMs, reason },
  ...{ window: 8, inFlight: 0, isLeftOut: false },
});

test("the live line says which server is waited for, also while others are asked", () => {
  const [one, two, three] = [target("http://a/v1", 0), target("http://b/v1", 12_300), target("http://c/v1", 20_000)];
  const wait = (...targets: (typeof one)[]): string | null => renderWait("teacher", { targets });
  assert.equal(wait(one), null);
  assert.equal(wait(two), "teacher waits 13 s: nobody listens there (ECONNREFUSED)");
  assert.equal(wait(one, two), "teacher waits 13 s for http://b/v1: nobody listens there (ECONNREFUSED)");
  assert.equal(
    wait(one, three, two),
    "teacher waits 13 s for http://b/v1 and 1 more: nobody listens there (ECONNREFUSED)",
  );
  assert.equal(wait(target("http://a/v1", 5000, null)), "teacher waits 5 s: it was asked to");
  assert.equal(wait(one, { ...two, isLeftOut: true }), "teacher goes without http://b/v1: nobody listened there");
  assert.equal(wait(target("http://a/v1", 999), target("http://b/v1", 0)), null);
});

test("the live line says of whom nothing has come for long, while something is under way", () => {
  let now = 0;
  const quiet = createQuiet("teacher", () => now);
  const look = (atSeconds: number, inFlight: number, answeredMs: number): string | null => {
    now = 1000 * atSeconds;
    return quiet({ inFlight, answeredMs });
  };
  assert.equal(look(0, 1, 0), null);
  assert.equal(look(9.9, 1, 0), null);
  assert.equal(look(12.3, 1, 0), "teacher has not answered for 12 s, 1 request under way");
  assert.equal(look(13, 3, 1), null);
  assert.equal(look(30, 3, 1), "teacher has not answered for 17 s, 3 requests under way");
  // Between two stages nobody waits for it, however long that is.
  assert.equal(look(40, 0, 4), null);
  assert.equal(look(400, 2, 4), null);
  assert.equal(look(411, 2, 4), "teacher has not answered for 11 s, 2 requests under way");
});

test("servers that are left out are told as often as that changes, and that they are back; all of them are none", () => {
  const heard: (readonly string[])[] = [];
  const left: (readonly string[])[] = [];
  const leaveOut = createLeaveOut(
    { name: "teacher", urls: ["http://a/v1", "http://b/v1", "http://c/v1"] },
    { leaveOut: (urls) => void left.push(urls) },
    (endpoint, urls) => heard.push([endpoint, ...urls]),
  );
  const said = [[], ["http://a/v1", "http://b/v1", "http://c/v1"], ["http://a/v1"], ["http://a/v1"], [], []];
  for (const urls of said) leaveOut(urls);
  assert.deepEqual(heard, [["teacher", "http://a/v1"], ["teacher"]]);
  assert.deepEqual(left, said);
});
