// Candidates drawn round by round, with articles of their own: their places, their digests, and what reads them back.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { Candidate, StoredCandidate } from "../../../src/domain/rows.ts";
import { StoreError } from "../../../src/errors.ts";
import { createRows, openLanguageFolder } from "../../helpers/language-run.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const turn = { arm: { id: "a", generations: 1, settings: {} }, seed: 0, generation: 0 };
const description = { kind: "sample", version: 1, parameters: { accept: { rows: 2 } }, inputs: [], turn } as const;
const request = { key: "s".repeat(64), inputs: [], description };
const splits = { train: createRows("train", 3), test: createRows("test", 1) };
const { signal } = new AbortController();

const texts: readonly Partial<Candidate>[] = [
  { completion: "one", article: "own one" },
  { completion: "noise", reason: "unparsable" },
  { completion: "", finish: "refused", reason: "refused" },
  { completion: "two", article: "own two", finish: "length", reason: "truncated" },
  { completion: "three <|im_end|>", reason: "marker" },
];

async function openWritten(directory: string) {
  const folder = await openLanguageFolder(directory, { splits });
  await folder.writePlan([{ ...request, turns: [turn] }], []);
  await folder.records.begin(request);
  const ledger = folder.createLedger(request.key);
  // Order of arrival carries no meaning.
  for (const id of [4, 0, 2, 1, 3]) {
    const attempt = `draw ${id}`;
    await ledger.intend({ key: attempt, rowCount: 1, isOutside: true });
    const place = { promptId: `train-${id % 3}`, draw: Math.floor(id / 3), attempt };
    const plain = {
      finish: "stop",
      reason: null,
      logProbability: -1,
      tokenCount: 2,
      tokenLogProbabilities: null,
    } as const;
    const candidate = { ...plain, completion: "", ...texts[id], ...place };
    await folder.shelf.writeCandidates(request.key, { split: "train", draws: null, candidates: [candidate] });
  }
  return folder;
}

test("round by round: all first draws before any second one, and which of them are of use", async (context) => {
  const folder = await openWritten(join(createTemporaryFolder(context), "run"));
  context.after(() => folder.close());
  const read: StoredCandidate[] = [];
  for await (const candidate of folder.shelf.readCandidates(request.key)) read.push(candidate);
  assert.deepEqual(
    read.map(({ id, promptIndex, candidate }) => [id, promptIndex, candidate.draw]),
    [0, 1, 2, 3, 4].map((id) => [id, id % 3, Math.floor(id / 3)]),
  );
  const shown = read.map(({ row }) => [row.article.slice(0, 7), row.summary === ""]);
  assert.deepEqual(shown, [
    ["own one", true],
    ["story 1", false],
    ["story 2", false],
    ["own two", true],
    ["story 1", false],
  ]);
  assert.equal(read[3]?.candidate.article, "own two");
  assert.equal(read[1]?.candidate.article, undefined);
  assert.deepEqual([...(await folder.shelf.readAccepted(request.key))], [1, 2, 2, 1, 2]);
  assert.deepEqual([...(await folder.shelf.readColumns(request.key)).unusable], [0, 2, 1, 0, 3]);
});

test("an article of a candidate's own is under its attempt's digest, and its place under that of the order", async (context) => {
  for (const [sql, what] of [
    ["UPDATE candidate SET article = 'own oné' WHERE id = 0", /attempt draw 0 did not bring these/],
    ["UPDATE candidate SET draw = 0 WHERE id = 3", /candidate 3 is out of its place/],
  ] as const) {
    const directory = join(createTemporaryFolder(context), "run");
    const folder = await openWritten(directory);
    await folder.records.finish(request, { rows: 5 });
    const select = {
      ...description,
      kind: "select" as const,
      parameters: {},
      inputs: [{ key: request.key, kind: "sample", value: null, digest: "" }] as const,
    };
    await folder.writePlan(
      [
        { ...request, turns: [turn] },
        { key: "x".repeat(64), inputs: select.inputs, description: select, turns: [turn] },
      ],
      [],
    );
    await folder.check(signal);
    await folder.close();
    const connection = new Database(join(directory, "state.db"));
    assert.ok(connection.prepare(sql).run().changes > 0);
    connection.close();
    const again = await openLanguageFolder(directory, { splits });
    context.after(() => again.close());
    await assert.rejects(again.check(signal), (error) => error instanceof StoreError && what.test(error.what));
  }
});
