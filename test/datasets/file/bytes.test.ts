// What is no plain file, is packed or changes is refused before anything is read as rows.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Files, nodeFiles, readBytes } from "../../../src/datasets/file/bytes.ts";
import { CancelledError, DatasetError } from "../../../src/errors.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

interface Reading {
  readonly signal?: AbortSignal;
  readonly files?: Files;
  readonly onChunk?: () => void;
}

async function read(
  folder: string,
  name: string,
  { signal, files = nodeFiles, onChunk }: Reading = {},
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const request = { path: join(folder, name), shown: name, signal: signal ?? new AbortController().signal, files };
  for await (const chunk of readBytes(request)) {
    chunks.push(chunk);
    onChunk?.();
  }
  return Buffer.concat(chunks);
}

/** Message and next step of the refusal. */
async function tell(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
    return "ok";
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return error.next === undefined ? error.message : `${error.message} | ${error.next}`;
  }
}

const row = Buffer.from('{"article": "a", "summary": "b"}\n');

const contents: readonly (readonly [name: string, content: Buffer, told: string])[] = [
  ["good.jsonl", row, "ok"],
  ["good.jsonl.gz", gzipSync(row), "ok"],
  ["one-byte.jsonl", Buffer.from("a"), "ok"],
  ["zeros.jsonl", Buffer.alloc(64), "ok"],
  ["empty.jsonl", Buffer.alloc(0), "empty.jsonl: the file is empty"],
  [
    "packed.jsonl",
    gzipSync(row),
    "packed.jsonl: is gzip-compressed, and its name does not say so | let its name end in .jsonl.gz",
  ],
  ["plain.jsonl.gz", row, "plain.jsonl.gz: is named .gz but is not gzip-compressed | let its name end in .jsonl"],
  ["twice.jsonl.gz", gzipSync(gzipSync(row)), "twice.jsonl.gz: is gzip within gzip | unpack it once"],
  [
    "cut.jsonl.gz",
    gzipSync(row).subarray(0, 30),
    "cut.jsonl.gz: the gzip data is cut off after 19 unpacked bytes | download it or pack it again",
  ],
  [
    "damaged.jsonl.gz",
    Buffer.concat([gzipSync(row).subarray(0, 10), Buffer.alloc(40, 0xff)]),
    "damaged.jsonl.gz: the gzip data is damaged after 0 unpacked bytes | download it or pack it again",
  ],
  [
    "bomb.jsonl.gz",
    gzipSync(Buffer.alloc(110 * 1024 * 1024, "\n")),
    "bomb.jsonl.gz: unpacks to more than 100 times its size | unpack it yourself if that is right",
  ],
  ["a.zst.jsonl", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), "a.zst.jsonl: is zstd-compressed | unpack it: zstd -d"],
  ["a.zip.jsonl", Buffer.from("PK\u0003\u0004rest"), "a.zip.jsonl: is a zip archive | unpack it"],
  [
    "a.parquet",
    Buffer.from("PAR1rest"),
    "a.parquet: is a Parquet file | convert it to JSON Lines, with DuckDB or pandas for example",
  ],
  ...["utf16le", "utf-16be", "marked"].map((kind) => {
    const bytes = Buffer.from(`${kind === "marked" ? "\ufeff" : ""}{"a": 1}`, "utf16le");
    if (kind === "utf-16be") bytes.swap16();
    const told = `${kind}.jsonl: is UTF-16, not UTF-8 | convert it: iconv -f UTF-16 -t UTF-8`;
    return [`${kind}.jsonl`, bytes, told] as const;
  }),
];

for (const [name, content, told] of contents) {
  test(`${name} is ${told === "ok" ? "read" : "refused"}`, async (context) => {
    const folder = createTemporaryFolder(context);
    writeFileSync(join(folder, name), content);
    assert.equal(await tell(read(folder, name)), told);
  });
}

test("packed files are unpacked, also of several members", async (context) => {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "two.gz"), Buffer.concat([gzipSync(row), gzipSync(row)]));
  assert.deepEqual(await read(folder, "two.gz"), Buffer.concat([row, row]));
});

test("what is no file is refused, without waiting for it", async (context) => {
  const folder = createTemporaryFolder(context);
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("nowhere.jsonl", join(folder, "dangling"));
  symlinkSync("circle", join(folder, "circle"));
  writeFileSync(join(folder, "file"), row);
  symlinkSync("file", join(folder, "link"));
  const server = createServer();
  await new Promise<void>((done) => server.listen(join(folder, "socket"), done));
  context.after(() => server.close());
  const next = "| give the path of a JSON Lines file";
  const told: Readonly<Record<string, string>> = {
    folder: `folder: is a folder, not a file ${next}`,
    pipe: `pipe: is a named pipe, which cannot be read twice ${next}`,
    socket: `socket: is a socket, not a file ${next}`,
    dangling:
      "dangling: is a link to nowhere.jsonl, which does not exist | let the link lead to a file, or give another path",
    circle: "circle: is a link that leads back to itself | let the link lead to a file, or give another path",
    "absent.jsonl": `absent.jsonl: there is no such file | it was looked for at ${folder}/absent.jsonl`,
    "file/x": "file/x: there is no such file: a part of its path is not a folder",
    link: "ok",
    ["n".repeat(255)]: `${"n".repeat(255)}: there is no such file | it was looked for at ${folder}/${"n".repeat(255)}`,
    ["n".repeat(256)]: `${"n".repeat(256)}: there is no such file: the name is too long`,
  };
  for (const [name, expected] of Object.entries(told)) assert.equal(await tell(read(folder, name)), expected);
  assert.equal(await tell(read("/dev", "zero")), `zero: is a device, not a file ${next}`);
});

test("no permission, and an error nobody thought of, are told by their code", async (context) => {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "a.jsonl"), row);
  const failing = (code: string): Files => ({
    ...nodeFiles,
    open: () => Promise.reject(Object.assign(new Error("refused"), { code })),
  });
  assert.equal(
    await tell(read(folder, "a.jsonl", { files: failing("EACCES") })),
    "a.jsonl: cannot be read: permission denied | allow it, for example: chmod u+r",
  );
  assert.equal(await tell(read(folder, "a.jsonl", { files: failing("EIO") })), "a.jsonl: cannot be opened: EIO");
});

test("a file that grows, is rewritten or is cut while it is read is refused", async (context) => {
  const folder = createTemporaryFolder(context);
  const path = join(folder, "a.jsonl");
  const size = 600_000;
  const next = "| wait until nothing writes to it, then start again";
  const change = (onChunk: () => void): Promise<string> => {
    writeFileSync(path, Buffer.alloc(size, "a"));
    utimesSync(path, 1000, 1000);
    return tell(read(folder, "a.jsonl", { onChunk }));
  };
  assert.equal(await change(() => {}), "ok");
  const once = (act: () => void) => {
    let isDone = false;
    return () => {
      if (!isDone) act();
      isDone = true;
    };
  };
  assert.equal(
    await change(once(() => appendFileSync(path, "bb"))),
    `a.jsonl: changed from 600,000 to 600,002 bytes while it was being read ${next}`,
  );
  assert.equal(
    await change(once(() => writeFileSync(path, "b"))),
    `a.jsonl: changed from 600,000 to 1 bytes while it was being read ${next}`,
  );
  assert.equal(
    await change(once(() => writeFileSync(path, Buffer.alloc(size, "b")))),
    `a.jsonl: changed while it was being read ${next}`,
  );
});

test("an aborted signal ends the reading with its reason", async (context) => {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "a.jsonl"), Buffer.alloc(600_000, "a"));
  const stop = new AbortController();
  const reading = read(folder, "a.jsonl", { signal: stop.signal, onChunk: () => stop.abort(new CancelledError()) });
  await assert.rejects(reading, CancelledError);
});
