import assert from "node:assert/strict";
import { test } from "node:test";
import { renderWait } from "../../../src/experiment/hosted/endpoint.ts";

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
