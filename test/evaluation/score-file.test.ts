import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DatasetError } from "../../src/errors.ts";
import { type FileScore, type ScoreRequest, scoreFiles } from "../../src/evaluation/score-file.ts";
import { computeKey } from "../../src/keys/digest.ts";
import { openPairSpill } from "../../src/store/spill/pair-spill.ts";
import { createRougeScorer } from "../../src/text/rouge-scorer.ts";
import fc from "../helpers/properties.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { createSource, createText, toLines } from "./score-sources.ts";

interface Scored {
  readonly score: FileScore;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly spillCount: number;
  readonly clearCount: number;
}

/** Scores two files' contents, and keeps count of what was asked of the ports. */
async function score(
  context: Pick<TestContext, "after">,
  contents: readonly [predictions: string | Uint8Array, references: string | Uint8Array],
  changes: Partial<ScoreRequest> = {},
): Promise<Scored> {
  let [rows, spillCount, clearCount] = ["", 0, 0];
  const folder = createTemporaryFolder(context);
  const result = await scoreFiles({
    predictions: createSource("p.jsonl", contents[0]),
    references: createSource("r.jsonl", contents[1]),
    metrics: ["rouge1", "rougeL"],
    stemmer: false,
    seed: 0,
    workerCount: 2,
    rows: {
      write: async (bytes) => {
        rows += new TextDecoder().decode(bytes);
      },
      clear: async () => {
        rows = "";
        clearCount++;
      },
    },
    openSpill: () => openPairSpill(join(folder, `pairs-${spillCount++}.db`)),
    ...changes,
  });
  const parsed = rows
    .split("\n")
    .slice(0, -1)
    .map((row) => JSON.parse(row));
  return { score: result, rows: parsed, spillCount, clearCount };
}

const createIds = (count: number): string[] => Array.from({ length: count }, (_, index) => `row-${index}`);
const toPredictions = (ids: readonly unknown[]): string =>
  toLines(ids.map((id) => ({ id, prediction: createText(Number(String(id).slice(4))) })));
const toReferences = (ids: readonly unknown[]): string =>
  toLines(ids.map((id) => ({ id, references: [createText(Number(String(id).slice(4)) * 3), "the coast"] })));

test("files in one order are merged in one pass, without a place on disk", async (context) => {
  const ids = createIds(300);
  const { score: result, rows, spillCount, clearCount } = await score(context, [toPredictions(ids), toReferences(ids)]);
  assert.deepEqual([result.pairs, result.matchedBy, rows.length, spillCount, clearCount], [300, "id", 300, 0, 0]);
  const scorer = createRougeScorer({ metrics: ["rouge1", "rougeL"] });
  let sum = 0;
  for (const [index, row] of rows.entries()) {
    const expected = scorer.computeBest([createText(index * 3), "the coast"], createText(index));
    const { precision, recall, fmeasure } = expected.rouge1;
    assert.deepEqual([row.id, row.rouge1], [`row-${index}`, [precision, recall, fmeasure]]);
    sum += fmeasure;
  }
  assert.ok(Math.abs((result.metrics.rouge1?.fmeasure ?? 0) - sum / 300) < 1e-14);
});

test("any other order gives the same numbers and rows, in the order of the predictions", async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(createIds(40), { minLength: 40 }), async (shuffled) => {
      const expected = await score(context, [toPredictions(shuffled), toReferences(shuffled)]);
      const result = await score(context, [toPredictions(shuffled), toReferences(createIds(40))]);
      assert.deepEqual(result.score, expected.score);
      assert.deepEqual(result.rows, expected.rows);
      assert.deepEqual(
        result.rows.map(({ id }) => id),
        shuffled,
      );
    }),
    { numRuns: 15 },
  );
});

test("orders that part late start over once, and large files in another order use every thread", async (context) => {
  const ids = createIds(20_000);
  const late = [...ids.slice(0, -2), ids.at(-1)!, ids.at(-2)!];
  const expected = await score(context, [toPredictions(ids), toReferences(ids)]);
  const result = await score(context, [toPredictions(ids), toReferences(late)]);
  assert.deepEqual(result.score, expected.score);
  // Comparing digests keeps a failure from printing 20,000 rows.
  assert.equal(computeKey(result.rows), computeKey(expected.rows));
  assert.deepEqual([expected.clearCount, expected.spillCount, result.clearCount, result.spillCount], [0, 0, 1, 1]);
  assert.equal(result.score.interval.kind, "normal");
});

test("the number of threads, chunks and the machine's haste change no bit", async (context) => {
  const ids = createIds(12_000);
  const contents = [toPredictions(ids), toReferences(ids)] as const;
  const expected = await score(context, contents, { workerCount: 1 });
  const chunked = { predictions: createSource("p.jsonl", contents[0], 61_007) };
  const result = await score(context, contents, { workerCount: 3, ...chunked });
  assert.deepEqual(result.score, expected.score);
  assert.equal(computeKey(result.rows), computeKey(expected.rows));
});

test("ids in no visible order are looked through for doubles, on disk", async (context) => {
  const ids = ["c", "a", "b"];
  const { score: result, spillCount } = await score(context, [toPredictions(ids), toReferences(ids)]);
  assert.deepEqual([result.pairs, spillCount], [3, 1]);
});

test("without ids in both files lines are matched", async (context) => {
  const predictions = toLines([{ prediction: "a b" }, { prediction: "c" }]);
  const plain = await score(context, [predictions, toLines([{ reference: "a b" }, { reference: "d" }])]);
  assert.deepEqual([plain.score.matchedBy, plain.score.metrics.rouge1?.fmeasure], ["line", 0.5]);
  assert.deepEqual(
    plain.rows.map(({ id }) => id),
    [1, 2],
  );
  const half = await score(context, [
    predictions,
    toLines([
      { id: "y", reference: "a b" },
      { id: "x", reference: "d" },
    ]),
  ]);
  assert.deepEqual([half.score.matchedBy, half.rows.map(({ id }) => id)], ["line", ["y", "x"]]);
});

const refusals: readonly (readonly [
  name: string,
  predictions: string | Uint8Array,
  references: string | Uint8Array,
  message: string,
])[] = [
  ["no predictions", "", toReferences(["row-1"]), "p.jsonl: is empty"],
  ["no references", toPredictions(["row-1"]), "", "r.jsonl: is empty"],
  ["an empty first line", "\n", toReferences(["row-1"]), "p.jsonl:1: is an empty line"],
  [
    "an empty last line",
    `${toPredictions(["row-1"])}\n`,
    `${toReferences(["row-1"])}\n`,
    "p.jsonl:2: is an empty line",
  ],
  [
    "fewer references",
    toLines([{ prediction: "a" }, { prediction: "b" }]),
    toLines([{ reference: "a" }]),
    "p.jsonl: has 2 rows, but r.jsonl has 1",
  ],
  [
    "fewer predictions",
    toLines([{ prediction: "a" }]),
    toLines(Array(2000).fill({ reference: "a" })),
    "p.jsonl: has 1 row, but r.jsonl has 2000",
  ],
  [
    "a missing reference",
    toPredictions(createIds(5)),
    toReferences(createIds(4)),
    'p.jsonl:5: id "row-4" is not in r.jsonl',
  ],
  [
    "a missing prediction",
    toPredictions(createIds(4)),
    toReferences(createIds(6)),
    'r.jsonl:5: id "row-4" has no prediction in p.jsonl',
  ],
  [
    "a doubled prediction",
    toPredictions(["row-1", "row-2", "row-1"]),
    toReferences(["row-3", "row-2", "row-1"]),
    'p.jsonl:3: id "row-1" is on line 1 already',
  ],
  [
    "a doubled reference",
    toPredictions(["row-1", "row-2", "row-3"]),
    toReferences(["row-1", "row-3", "row-3"]),
    'r.jsonl:3: id "row-3" is on line 2 already',
  ],
  [
    "the same doubles",
    toPredictions(["row-2", "row-1", "row-2"]),
    toReferences(["row-2", "row-1", "row-2"]),
    'p.jsonl:3: id "row-2" is on line 1 already',
  ],
  ["ids that read the same", toPredictions([1, "1"]), toReferences([1, "1"]), 'p.jsonl:2: id "1" is on line 1 already'],
  [
    "an id on some rows",
    toPredictions(["row-1"]) + toLines([{ prediction: "a" }]),
    toReferences(["row-1", "row-2"]),
    "p.jsonl:2: has no id, while line 1 has one",
  ],
  [
    "a bad row behind another order",
    toPredictions(["row-2", "row-1"]),
    `${toReferences(["row-1", "row-2"])}x\n`,
    "r.jsonl:3:1: not valid JSON: x is not a JSON value",
  ],
  [
    "a bad prediction behind another order",
    `${toPredictions(["row-2", "row-1"])}{}\n`,
    toReferences(["row-1", "row-2", "row-3"]),
    'p.jsonl:3: has no "prediction"',
  ],
  [
    "bytes that are no text",
    Uint8Array.of(0x7b, 0xff, 0x7d, 10),
    toReferences(["row-1"]),
    "p.jsonl:1: is not valid UTF-8",
  ],
  [
    "a bad row late",
    `${toPredictions(createIds(15_000))}{\n`,
    toReferences(createIds(15_001)),
    "p.jsonl:15001:2: not valid JSON: ends inside an object",
  ],
];

for (const [name, predictions, references, message] of refusals) {
  test(`refused: ${name}`, async (context) => {
    await assert.rejects(score(context, [predictions, references]), (error) => {
      assert.ok(error instanceof DatasetError, String(error));
      assert.ok(error.message.startsWith(message), error.message);
      assert.ok(error.next);
      return true;
    });
  });
}
