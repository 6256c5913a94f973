// Names, addresses, redirects and waiting: nothing leaves for a place that nobody meant, and nothing is asked too soon.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  computeFileAddress,
  isHubName,
  parseHubName,
  renderConfig,
  renderPullCommand,
} from "../../../src/datasets/hub/address.ts";
import { chooseConverted, chooseFiles, createExpression, parseCardConfigs } from "../../../src/datasets/hub/choose.ts";
import { isPrivateHost } from "../../../src/datasets/hub/hosts.ts";
import { createHubWeb } from "../../../src/datasets/hub/web.ts";
import { DatasetError, ProviderError, UsageError } from "../../../src/errors.ts";
import fc from "../../helpers/properties.ts";

const signal = new AbortController().signal;

interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What names lead to: most to somewhere in the world. */
async function lookUp(hostname: string): Promise<readonly string[]> {
  if (hostname.endsWith(".lost.example")) throw new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return hostname.endsWith(".inside.example") ? ["203.0.113.7", "10.1.2.3"] : ["203.0.113.7"];
}

/** A hub that answers by script; what it was asked is kept. */
function createScripted(
  answers: readonly (Answered | Error)[],
  { endpoint = "https://hub.example", token }: { readonly endpoint?: string; readonly token?: string } = {},
) {
  const asked: { readonly address: string; readonly authorization: string | null }[] = [];
  const waits: number[] = [];
  const told: string[] = [];
  const queue = [...answers];
  const send = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    asked.push({ address: String(address), authorization: new Headers(init?.headers).get("authorization") });
    const next = queue.shift() ?? { status: 200 };
    if (next instanceof Error) throw next;
    return new Response(null, next);
  };
  const pause = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const tellWait = (why: string, milliseconds: number): void => void told.push(`${why}: ${milliseconds}`);
  const now = () => Date.parse("2026-11-21T00:00:00Z");
  const limits = { tries: 4, pauseMs: 10 };
  const web = createHubWeb({ endpoint, token, fetch: send, signal, now, pause, limits, lookUp, tellWait });
  return { web, asked, waits, told };
}

test("the time a hub asks for is waited out in full, however it says it; a longer one ends the pull", async () => {
  const retry = (headers: Readonly<Record<string, string>>, status = 429): Answered => ({ status, headers });
  const { web, waits } = createScripted([
    retry({ "retry-after": "3" }),
    retry({ "retry-after": "Sat, 21 Nov 2026 00:00:20 GMT" }, 503),
    retry({ ratelimit: '"api";r=0;t=7' }),
  ]);
  assert.equal((await web.request("https://hub.example/a")).status, 200);
  assert.deepEqual(waits, [3000, 20_000, 7000]);
  // Its clock and ours may differ by minutes: its date is told by its own clock.
  const ahead = { "retry-after": "Sat, 21 Nov 2026 00:00:20 GMT", date: "Fri, 20 Nov 2026 23:58:00 GMT" };
  const late = createScripted([retry(ahead), retry({ "retry-after": "1.5" })]);
  await late.web.request("https://hub.example/a");
  assert.deepEqual(late.waits, [140_000, 1500]);
  const others = createScripted([
    new TypeError("fetch failed"),
    { status: 500 },
    { status: 502, headers: { "retry-after": "0" } },
  ]);
  await others.web.request("https://hub.example/a");
  assert.deepEqual(others.waits, [10, 20, 40]);
  const hub = "https://hub.example";
  assert.deepEqual(others.told, [
    `${hub} cannot be reached: fetch failed: 10`,
    `${hub} answers 500: 20`,
    `${hub} answers 502: 40`,
  ]);
  const long = createScripted([retry({ "retry-after": "3600" })]);
  await assert.rejects(
    long.web.request("https://hub.example/a"),
    (error: Error) => error instanceof ProviderError && /asks to wait 3600 s/.test(error.message),
  );
  const never = createScripted(Array.from({ length: 9 }, () => ({ status: 503 })));
  await assert.rejects(
    never.web.request("https://hub.example/a"),
    (error: Error) => error instanceof ProviderError && /answers 503/.test(error.message),
  );
  assert.equal(never.asked.length, 4);
});

test("the token stays at home through redirects, and comes back with them", async () => {
  const to = (location: string): Answered => ({ status: 302, headers: { location } });
  const { web, asked } = createScripted(
    [to("/b"), to("https://store.example/c"), to("https://hub.example:444/d"), to("https://hub.example/e")],
    { token: "hf_x" },
  );
  await web.request("https://hub.example/a");
  assert.deepEqual(asked, [
    { address: "https://hub.example/a", authorization: "Bearer hf_x" },
    { address: "https://hub.example/b", authorization: "Bearer hf_x" },
    { address: "https://store.example/c", authorization: null },
    { address: "https://hub.example:444/d", authorization: null },
    { address: "https://hub.example/e", authorization: "Bearer hf_x" },
  ]);
});

test("a hub out in the world sends nobody to this machine, to its network, or around in circles", async () => {
  const inside =
    "http://169.254.169.254/ https://2852039166/ https://0xa9fea9fe/ https://0251.0376.0251.0376/ https://[::ffff:169.254.169.254]/ https://127.1/ https://[::1]/ https://localhost/ https://10.0.0.1/ https://192.168.1.1/ https://172.20.0.1/ https://[fd00::1]/ https://[fe80::1]/ https://metadata.google.internal/ http://store.example/ file:///etc/passwd".split(
      " ",
    );
  for (const location of inside) {
    const { web, asked } = createScripted([{ status: 307, headers: { location } }]);
    await assert.rejects(
      web.request("https://hub.example/a"),
      (error: Error) => error instanceof DatasetError && /redirects to/.test(error.message),
      location,
    );
    assert.equal(asked.length, 1);
  }
  assert.equal(inside.length, 16);
  const circle = createScripted(Array.from({ length: 20 }, () => ({ status: 302, headers: { location: "/a" } })));
  await assert.rejects(circle.web.request("https://hub.example/a"), /more than 5 times/);
  for (const host of ["huggingface.co", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1]", "11.0.0.1"])
    assert.equal(isPrivateHost(host), false, host);
});

test("a name is judged by what it leads to: into this network only a hub of this network sends", async () => {
  const send = (location: string, endpoint: string) =>
    createScripted([{ status: 307, headers: { location } }], { endpoint });
  const out = send("https://store.inside.example/c", "https://hub.example");
  await assert.rejects(out.web.request("https://hub.example/a"), /redirects to store\.inside\.example, inside/);
  assert.equal(out.asked.length, 1);
  for (const [location, endpoint] of [
    ["https://store.inside.example/c", "https://hub.inside.example"],
    ["https://hub.inside.example/c", "https://hub.inside.example"],
    // Nobody here can look it up: whoever connects will say so.
    ["https://store.lost.example/c", "https://hub.example"],
  ] as const) {
    const { web, asked } = send(location, endpoint);
    await web.request(`${endpoint}/a`);
    assert.deepEqual(
      asked.map(({ address }) => address),
      [`${endpoint}/a`, location],
    );
  }
});

test("names and addresses that cannot be meant are refused, and no secret of theirs is told", () => {
  for (const name of ["hub:../x", "squad", "hub:a/b/c", "hub:a/..", "hub:/b", "hub:a/b?x", "hub:-/.b", "hub:a b/c"])
    assert.throws(() => parseHubName(name), UsageError, name);
  assert.equal(parseHubName("hub:csebuetnlp/xlsum"), "csebuetnlp/xlsum");
  const refused = [
    ["http://hub.example", "hf_secret", /not encrypted/],
    ["https://me:secret@hub.example", undefined, /holds a password/],
    ["ftp://hub.example", undefined, /no address of the web/],
    ["hub.example", undefined, /is no address/],
  ] as const;
  for (const [endpoint, token, message] of refused) {
    assert.throws(
      () => createScripted([], { endpoint, ...(token === undefined ? {} : { token }) }),
      (error: Error) =>
        error instanceof UsageError && message.test(error.message) && !/secret/.test(error.message + error.next),
    );
  }
});

test("property: no name of a hub, a configuration or a file leads out of its place", () => {
  const odd = fc.string({
    unit: fc.constantFrom("a", ".", "/", "\\", "%", "..", "\0", "é", " ", "?", "#"),
    maxLength: 9,
  });
  fc.assert(
    fc.property(odd, odd, (one, path) => {
      if (isHubName(one)) assert.match(one, /^[^./\\][^/\\\0]*\/[^./\\][^/\\\0]*$/);
      const folder = renderConfig(one);
      assert.ok(!/[/\\\0]/.test(folder) && folder !== "." && folder !== "..");
      const address = computeFileAddress("https://hub.example", {
        repository: "a/b",
        revision: one,
        path: `x${path}y`,
      });
      // Dots alone between slashes are taken away by every reader of addresses; the hub then has no such file.
      if (!/(^|\/)\.{1,2}(\/|$)/.test(`x${path}y`) && !/^\.{1,2}$/.test(one))
        assert.ok(new URL(address).pathname.startsWith("/datasets/a/b/resolve/"));
      assert.equal(new URL(address).search + new URL(address).hash, "");
    }),
  );
  assert.equal(
    renderPullCommand("a/b", { config: "it's", splits: ["x"] }),
    "refeed datasets pull hub:a/b --config 'it'\\''s' --split x",
  );
});

test("patterns of a card take in what the hub's own reader takes in", () => {
  const matches = (pattern: string, paths: readonly string[]): string[] =>
    paths.filter((path) => createExpression(pattern).test(path));
  const paths = ["a.csv", "d/a.csv", "d/e/a.csv", "d/train-1.parquet", "d/train-2.parquet", "d/trainXparquet"];
  assert.deepEqual(matches("*.csv", paths), ["a.csv"]);
  assert.deepEqual(matches("**/*.csv", paths), ["a.csv", "d/a.csv", "d/e/a.csv"]);
  assert.deepEqual(matches("./d/**", paths), paths.slice(1));
  assert.deepEqual(matches("d/train-?.parquet", paths), paths.slice(3, 5));
  assert.deepEqual(matches("d/train-[!1].parquet", paths), ["d/train-2.parquet"]);
  const forms = ["a.csv", ["a.csv"], { train: "a.csv" }, [{ split: "train", path: ["a.csv"] }]];
  for (const data_files of forms) {
    const [config] = parseCardConfigs({ configs: [{ config_name: "x", data_files }] });
    assert.deepEqual(chooseFiles(paths, config!), [{ split: "train", path: "a.csv" }]);
  }
  for (const front of [null, 3, { configs: "x" }, { configs: [3, null] }])
    assert.deepEqual(parseCardConfigs(front), []);
  const named = ["data/train.jsonl", "data/dev.jsonl", "test/part.csv", "notes/contest.csv", "README.md"];
  assert.deepEqual(
    chooseFiles(named, { name: "x", isDefault: true, patterns: [], folder: undefined }).map(
      ({ split, path }) => `${split} ${path}`,
    ),
    ["train data/train.jsonl", "test test/part.csv", "validation data/dev.jsonl"],
  );
  assert.deepEqual(
    chooseConverted(
      [
        "en/xl-train.parquet",
        "en/xl-test-00000-of-00002.parquet",
        "en/xl-test-00001-of-00002.parquet",
        "en/pretrain.parquet",
        "fr/xl-train.parquet",
      ],
      { config: "en", splits: ["train", "test"] },
    ).map(({ path }) => path),
    ["en/xl-train.parquet", "en/xl-test-00000-of-00002.parquet", "en/xl-test-00001-of-00002.parquet"],
  );
});

test("every row is taken once: of one format, packed or plain, and under however many patterns", () => {
  const whole = { name: "x", isDefault: true, patterns: [], folder: undefined };
  const choose = (paths: readonly string[], patterns: readonly { split: string; pattern: string }[] = []) =>
    chooseFiles(paths, { ...whole, patterns }).map(({ split, path }) => `${split} ${path}`);
  // As many of each: Parquet before JSON Lines before CSV.
  assert.deepEqual(choose(["train.csv", "train.jsonl", "train.parquet"]), ["train train.parquet"]);
  assert.deepEqual(choose(["train.csv", "train.jsonl"]), ["train train.jsonl"]);
  // The commonest goes before them.
  assert.deepEqual(choose(["train.parquet", "train-0.csv", "train-1.csv"]), ["train train-0.csv", "train train-1.csv"]);
  // Splits are looked at one by one, so that none is lost.
  assert.deepEqual(choose(["train.csv", "train.json", "test.csv"]), ["train train.json", "test test.csv"]);
  assert.deepEqual(choose(["train.jsonl", "train.jsonl.gz", "test.csv.gz"]), ["train train.jsonl", "test test.csv.gz"]);
  const patterns = [
    { split: "train", pattern: "data/*" },
    { split: "train", pattern: "data/train-*" },
    { split: "test", pattern: "data/test-*" },
  ];
  assert.deepEqual(choose(["data/test-0.csv", "data/train-0.csv"], patterns), [
    "train data/test-0.csv",
    "train data/train-0.csv",
    "test data/test-0.csv",
  ]);
});
