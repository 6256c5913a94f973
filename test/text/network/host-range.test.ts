// Hosts by the part of the network they belong to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isLinkLocal, isLoopback, isNear } from "../../../src/text/network/host-range.ts";

const hosts: Readonly<Record<string, readonly [loopback: boolean, near: boolean, link: boolean]>> = {
  localhost: [true, false, false],
  "127.0.0.1": [true, true, false],
  "127.9.8.7": [true, true, false],
  "::1": [true, true, false],
  "[::1]": [true, true, false],
  "::ffff:127.0.0.1": [true, true, false],
  "10.1.2.3": [false, true, false],
  "172.31.0.1": [false, true, false],
  "172.32.0.1": [false, false, false],
  "192.168.1.1": [false, true, false],
  "100.64.0.1": [false, true, false],
  "100.100.100.200": [false, true, true],
  "[fc00::1]": [false, true, false],
  "169.254.169.254": [false, false, true],
  "[fe80::1]": [false, false, true],
  "::ffff:169.254.169.254": [false, false, true],
  "8.8.8.8": [false, false, false],
  "[2001:db8::1]": [false, false, false],
  "127.0.0.1.example.com": [false, false, false],
  "models.example.com": [false, false, false],
};

test("this machine, networks behind it and links are told from all others, names from addresses", () => {
  for (const [host, expected] of Object.entries(hosts)) {
    assert.deepEqual([isLoopback(host), isNear(host), isLinkLocal(host)], expected, host);
  }
});
