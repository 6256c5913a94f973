// Pulling from a hub that does what hubs do: pages, redirects to another origin, asks to wait, ends early, sends other bytes,
// says nothing. Whatever bears a file's name is whole and proved; what has arrived is never fetched again.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openHubDataset } from "../../../src/datasets/hub/hub-dataset.ts";
import { type PullRequest, pullDataset } from "../../../src/datasets/hub/pull.ts";
import { createHubWeb, type WebLimits } from "../../../src/datasets/hub/web.ts";
import { DatasetError, ProviderError } from "../../../src/errors.ts";
import { type HubRepository, startHub } from "../../helpers/hub-server.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const tables = new URL("../../fixtures/tables/", import.meta.url).pathname;
const [parquet, csv, lines] = ["zstd.parquet", "rows.csv", "rows.jsonl"].map((name) =>
  readFileSync(join(tables, name)),
);
/** Another split must not have the ids of the first. */
const others = Buffer.from(lines!.toString().replaceAll('"id": "r', '"id": "s').replaceAll("Article", "Essay"));
const card = (front: string): string => `---\n${front}\n---\n# A card\n`;
const converted: HubRepository = {
  branches: {
    main: { "README.md": card("license: mit"), "loader.py": "print()", "data/english.tar.bz2": "packed" },
    "refs/convert/parquet": {
      "english/train/0000.parquet": parquet!,
      "english/test/0000.parquet": parquet!,
      "welsh/train/0000.parquet": parquet!,
    },
  },
  tags: ["task:summarization", "license:cc-by-nc-sa-4.0"],
};
const limits = { answerMs: 5000, idleMs: 300, tries: 4, pauseMs: 5 };

async function createDesk(
  context: TestContext,
  repositories: Readonly<Record<string, HubRepository>>,
  given: { readonly token?: string; readonly limits?: Partial<WebLimits> } = {},
) {
  const server = await startHub(context, repositories);
  const folder = createTemporaryFolder(context);
  const signal = new AbortController().signal;
  const { token } = given;
  const waits: number[] = [];
  const pause = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const web = createHubWeb({
    endpoint: server.endpoint,
    token,
    fetch,
    signal,
    now: () => Date.now(),
    limits: { ...limits, ...given.limits },
    pause,
  });
  const pull = (request: Partial<PullRequest> & { readonly repository: string }, progress = (_: object): void => {}) =>
    pullDataset(
      web,
      {
        config: undefined,
        revision: undefined,
        splits: [],
        root: join(folder, "datasets"),
        now: "2026-11-21T00:00:00.000Z",
        ...request,
      },
      progress,
    );
  return { server, folder, pull, signal, waits };
}

test("the hub's conversion of a configuration is pinned, fetched, proved and read", async (context) => {
  const { server, folder, pull, signal } = await createDesk(context, { "org/news": converted });
  const bytes: number[] = [];
  const { folder: kept, manifest } = await pull({ repository: "org/news", config: "english" }, (told) =>
    bytes.push((told as { bytes: number }).bytes),
  );
  assert.deepEqual(
    [manifest.revision, manifest.licence, manifest.config],
    [server.commit("org/news"), "cc-by-nc-sa-4.0", "english"],
  );
  assert.deepEqual(
    manifest.files.map(({ name, split, revision, size }) => [name, split, revision, size]),
    [
      ["train-00000.parquet", "train", server.commit("org/news", "refs/convert/parquet"), parquet!.length],
      ["test-00000.parquet", "test", server.commit("org/news", "refs/convert/parquet"), parquet!.length],
    ],
  );
  assert.deepEqual(readdirSync(kept).sort(), ["manifest.json", "test-00000.parquet", "train-00000.parquet"]);
  assert.ok(readFileSync(join(kept, "train-00000.parquet")).equals(parquet!));
  assert.equal(statSync(join(kept, "train-00000.parquet")).mode & 0o777, 0o600);
  assert.equal(bytes.at(-1), 2 * parquet!.length);
  assert.ok(
    bytes.every((count, index) => index === 0 || count >= bytes[index - 1]!),
    "progress goes back",
  );
  const { splits, notes } = await openHubDataset({ hub: "org/news" }, { folder: join(folder, "deep/down"), signal });
  assert.deepEqual([splits.train.count, splits.test.count], [60, 60]);
  assert.match(notes[0]!, /^is hub:org\/news, english at [0-9a-f]{12}, licence cc-by-nc-sa-4.0$/);
  assert.match(notes.at(-1)!, /^60 rows have the article of a row of the other split$/);
});

test("files of a card's configurations, of names that tell, packed and not; a second pull fetches nothing", async (context) => {
  const named = { "data/train.csv": csv!, "data/test.jsonl.gz": gzipSync(others), "dataset_infos.json": "{}" };
  const front =
    'configs:\n- config_name: big\n  data_files:\n  - split: train\n    path: "b/train-*.csv"\n  - split: test\n    path: ["b/held out/ü?.jsonl"]\n- config_name: small\n  data_files: "s/**"';
  const listed = {
    "README.md": card(front),
    "b/train-0.csv": csv!,
    "b/held out/ü1.jsonl": others,
    "s/x/y.jsonl": lines!,
  };
  const { server, folder, pull, signal } = await createDesk(context, {
    "org/named": { branches: { main: named } },
    "org/listed": { branches: { main: listed } },
  });
  const plain = await pull({ repository: "org/named" });
  assert.deepEqual(
    plain.manifest.files.map(({ name }) => name),
    ["train-00000.csv", "test-00000.jsonl.gz"],
  );
  const big = await pull({ repository: "org/listed", config: "big", revision: "main" });
  assert.deepEqual(
    big.manifest.files.map(({ path }) => path),
    ["b/train-0.csv", "b/held out/ü1.jsonl"],
  );
  const small = await pull({ repository: "org/listed", config: "small" });
  assert.deepEqual(
    small.manifest.files.map(({ split, path }) => [split, path]),
    [["train", "s/x/y.jsonl"]],
  );
  const context_ = { folder, signal };
  const fields = { id: "id" };
  const [first, second] = [
    await openHubDataset({ hub: "org/named", fields }, context_),
    await openHubDataset({ hub: "org/listed", config: "big", fields }, context_),
  ];
  assert.equal(first.digest, second.digest);
  const held = await openHubDataset(
    { hub: "org/listed", config: "small", splits: { train: "train", test: null } },
    context_,
  );
  assert.equal(held.splits.train.count + held.splits.test.count, 60);
  assert.ok(held.splits.test.count > 3);

  const count = server.seen.filter(({ path }) => path.includes("/resolve/")).length;
  const sent = server.sentBytes();
  const again = await pull({ repository: "org/listed", config: "big" });
  assert.deepEqual(again.manifest, big.manifest);
  // The card alone is read again: it is part of the listing.
  assert.deepEqual(
    [server.seen.filter(({ path }) => path.includes("/resolve/")).length, server.sentBytes() - sent],
    [count + 1, Buffer.byteLength(card(front))],
  );
});

for (const fault of ["cut", "short", "busy", "wrong-once", "ignores-range"] as const) {
  test(`a hub that is ${fault}: the files arrive whole all the same`, async (context) => {
    const { server, pull, waits } = await createDesk(
      context,
      { "org/news": { ...converted, fault } },
      { limits: { tries: 8 } },
    );
    const { folder } = await pull({ repository: "org/news", config: "english" });
    for (const name of ["train-00000.parquet", "test-00000.parquet"])
      assert.ok(readFileSync(join(folder, name)).equals(parquet!));
    assert.deepEqual(readdirSync(folder).length, 3);
    if (fault === "cut" || fault === "short") {
      // Each goes on where the one before it ended.
      assert.ok(server.seen.some(({ at, range }) => at === "store" && range === `bytes=${parquet!.length >> 1}-`));
    }
    if (fault === "busy") {
      const asked = waits.filter((milliseconds) => milliseconds >= 1000);
      const addresses = new Set(server.seen.filter(({ at }) => at === "hub").map(({ path }) => path));
      // Twice for every address: once by Retry-After, once by the hub's own header.
      assert.deepEqual([asked.length, waits.length], [2 * addresses.size, 2 * addresses.size]);
      assert.ok(addresses.size > 8);
    }
  });
}

test("a hub that sends other bytes, too many, or nothing more is refused, and no file bears the name", async (context) => {
  const { folder, pull } = await createDesk(
    context,
    {
      "org/wrong": { ...converted, fault: "wrong" },
      "org/long": { ...converted, fault: "long" },
      "org/stall": { ...converted, fault: "stall" },
    },
    { limits: { tries: 2, idleMs: 60 } },
  );
  await assert.rejects(
    pull({ repository: "org/wrong", config: "english" }),
    (error: Error) => error instanceof DatasetError && /arrives damaged/.test(error.message),
  );
  await assert.rejects(
    pull({ repository: "org/long", config: "english", splits: ["test"] }),
    (error: Error) => error instanceof ProviderError && /more arrives than the hub lists/.test(error.message),
  );
  // Half of what is left arrives each time: it is kept, and the end of it is reached.
  const { folder: kept } = await pull({ repository: "org/stall", config: "english", splits: ["test"] });
  assert.ok(readFileSync(join(kept, "test-00000.parquet")).equals(parquet!));
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".parquet"));
  assert.equal(names.length, 1);
});

test("the token goes to the hub and to nobody else; without it, or with another, a gated data set is refused", async (context) => {
  const gated = { "org/gated": { ...converted, fault: "gated" } } as const;
  const { server, pull } = await createDesk(context, gated, { token: "hf_good" });
  await pull({ repository: "org/gated", config: "english" });
  const byPlace = Map.groupBy(server.seen, ({ at }) => at);
  assert.ok(byPlace.get("store")!.every(({ authorization }) => authorization === undefined));
  assert.ok(byPlace.get("hub")!.every(({ authorization }) => authorization === "Bearer hf_good"));
  assert.ok(byPlace.get("store")!.length >= 2);
  for (const [token, next] of [
    [undefined, /agree to its terms/],
    ["hf_other", /ask for access/],
  ] as const) {
    const other = await createDesk(context, gated, token === undefined ? {} : { token });
    await assert.rejects(other.pull({ repository: "org/gated", config: "english" }), (error: Error) => {
      assert.ok(error instanceof DatasetError && /is gated/.test(error.message), error.stack);
      assert.match(error.next!, next);
      assert.doesNotMatch(`${error.message} ${error.next}`, /hf_other/);
      return true;
    });
  }
});

test("what is not there is told: data set, revision, configuration, split", async (context) => {
  const { pull } = await createDesk(context, {
    "org/news": converted,
    "org/none": { branches: { main: { "model.bin": "x" } } },
    // Nothing of it is converted, as of private data sets and on hubs that convert nothing.
    "org/plain": {
      branches: {
        main: {
          "README.md": card(
            "configs:\n- config_name: irish\n  data_files: ga.jsonl\n- config_name: manx\n  data_files: gv.zip",
          ),
          "ga.jsonl": lines!,
          "gv.zip": "packed",
        },
      },
    },
  });
  const refused = [
    [{ repository: "org/plain" }, /has several configurations.*/, /--config: irish, manx$/],
    [{ repository: "org/plain", config: "klingon" }, /has no configuration "klingon"/, /--config: irish, manx$/],
    [
      { repository: "org/plain", config: "manx" },
      /has no Parquet, JSON Lines or CSV files of the configuration "manx"/,
    ],
    [{ repository: "org/none", config: "irish" }, /has no configuration "irish"/, /leave --config out/],
    [{ repository: "org/absent" }, /there is no such data set, or it is private/],
    [{ repository: "org/news", revision: "v9" }, /has no such revision/],
    [{ repository: "org/news" }, /has several configurations.*/],
    [{ repository: "org/news", config: "klingon" }, /has no configuration "klingon"/],
    [{ repository: "org/news", config: "english", splits: ["dev"] }, /has no split "dev"/],
    [{ repository: "org/none" }, /the hub has not converted it/],
  ] as const;
  for (const [request, message, next = /./] of refused) {
    await assert.rejects(pull(request), (error: Error) => {
      assert.ok(error instanceof DatasetError);
      assert.match(error.message, message);
      assert.match(error.next ?? "", next);
      return true;
    });
  }
  assert.equal(refused.length, 10);
});

test("a link planted where a file goes is not written through", async (context) => {
  const { folder, pull } = await createDesk(context, { "org/news": converted });
  const { folder: kept, manifest } = await pull({ repository: "org/news", config: "english", splits: ["train"] });
  const target = join(folder, "target");
  writeFileSync(target, "mine");
  const [train] = manifest.files;
  symlinkSync(target, join(kept, `test-00000.parquet.${train!.sha256.slice(0, 16)}.part`));
  await assert.rejects(pull({ repository: "org/news", config: "english", splits: ["test"] }), { code: "ELOOP" });
  assert.equal(readFileSync(target, "utf8"), "mine");
});

test("what is not pulled, or no longer whole, is refused with the command that pulls it", async (context) => {
  const { folder, pull, signal, server } = await createDesk(context, { "org/news": converted });
  const open = (declaration: object) => openHubDataset({ hub: "org/news", ...declaration }, { folder, signal });
  const refuse = (promise: Promise<unknown>, next: RegExp) =>
    assert.rejects(promise, (error: Error) => {
      assert.ok(error instanceof DatasetError, error.stack);
      assert.match(error.next!, next);
      return true;
    });
  const commit = server.commit("org/news");
  await refuse(
    open({ config: "english", revision: commit }),
    new RegExp(`pull it: refeed datasets pull hub:org/news --config english --revision ${commit}$`),
  );
  const { folder: kept } = await pull({ repository: "org/news", config: "english", splits: ["train"] });
  const both = { train: "train", test: "test" };
  await refuse(open({ splits: both }), /test: null holds rows of train out\); it has train$/);
  // Where nobody has said which splits there are, what is there is enough.
  const alone = await open({});
  assert.ok(alone.splits.train.count > 0 && alone.splits.test.count > 0);
  assert.match(alone.notes.join("\n"), /has no test split: rows are held out by their ids/);
  await pull({ repository: "org/news", config: "english", splits: ["test"] });
  assert.equal((await open({})).splits.test.count, 60);
  // A rule for a split that is not made would be followed in silence by nothing.
  await refuse(open({ splits: both, split: { test: 0.4, seed: 0 } }), /splits: \{test: null\}/);
  const held = await open({ splits: { train: "train", test: null }, split: { test: 0.4, seed: 0 } });
  assert.equal(held.splits.train.count + held.splits.test.count, 60);
  await pull({ repository: "org/news", config: "welsh" });
  await refuse(open({}), /name one with config: english, welsh/);
  writeFileSync(join(kept, "train-00000.parquet"), "short");
  await refuse(open({ config: "english" }), /pull it again: refeed datasets pull hub:org\/news --config english/);
  await pull({ repository: "org/news", config: "english" });
  assert.equal((await open({ config: "english", train: 10 })).splits.train.count, 10);
});
