import assert from "node:assert/strict";
import { test } from "node:test";
import { createLookup, findAddressFault } from "../../../src/providers/wire/address.ts";

test("this machine, private networks and https are asked", () => {
  const good = [
    ..."http://127.0.0.1:8000/v1 http://localhost:8000 http://[::1]:8000/v1 http://10.1.2.3 http://172.31.0.1".split(
      " ",
    ),
    ..."http://192.168.1.1:11434/v1 http://[fd12:3456::1]/v1 http://0.0.0.0:8000/v1 https://api.example.com/v1".split(
      " ",
    ),
    ..."https://8.8.8.8/v1 https://[2001:db8::1]/ http://box:8000/v1 http://[::ffff:127.0.0.1]/ http://100.64.0.9/v1".split(
      " ",
    ),
  ];
  for (const address of good) assert.equal(findAddressFault(address), null, address);
});

test("link-local and metadata addresses are refused in every spelling, over https and where plain is allowed too", () => {
  const hosts =
    "169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 0xA9.0xFE.43518 169.254.43518 [::ffff:169.254.169.254] " +
    "[::ffff:a9fe:a9fe] [fe80::1] [fd00:ec2::254] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::] 169.254.169.254. 100.100.100.200 " +
    "168.63.129.16 [::169.254.169.254]";
  for (const host of hosts.split(" ")) {
    for (const scheme of ["http", "https"]) {
      const fault = findAddressFault(`${scheme}://${host}/v1`, true);
      assert.match(fault?.what ?? "", /link-local or metadata/, `${scheme}://${host}`);
    }
  }
});

test("http to a public address is refused unless it is meant", () => {
  assert.match(findAddressFault("http://8.8.8.8/v1")?.what ?? "", /public/);
  assert.equal(findAddressFault("http://8.8.8.8/v1", true), null);
});

test("what is no plain address is refused with what to write", () => {
  for (const address of ["", "127.0.0.1:8000", "ftp://127.0.0.1", "file:///etc/passwd", "http://u:p@127.0.0.1"]) {
    const fault = findAddressFault(address);
    assert.ok(fault !== null && fault.next !== "", address);
  }
  assert.match(findAddressFault("https://host/v1?key=abc")?.what ?? "", /query/);
});

test("a name is judged by what it is looked up to", async () => {
  const look = (name: string) =>
    new Promise<Error | null>((resolve) => createLookup("http:", false)(name, {}, (error) => resolve(error)));
  assert.equal(await look("localhost"), null);
  // The look-up of a literal gives itself: no network is needed to show what a name in the DNS would come to.
  assert.match((await look("169.254.169.254"))?.message ?? "", /metadata/);
  assert.match((await look("8.8.8.8"))?.message ?? "", /public/);
});
