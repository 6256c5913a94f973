import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import type { LineageRecord } from "../../../src/domain/record.ts";
import { StoreError } from "../../../src/errors.ts";
import { type ExampleStory, type Lineage, namedUses, readLineage } from "../../../src/store/lineage/lineage.ts";
import type { StageNode, TurnCorpus } from "../../../src/store/lineage/stage-graph.ts";
import { openRecord } from "../../../src/store/record.ts";
import type { LanguageParts } from "../../../src/systems/language/settings.ts";
import { createLanguageArm } from "../../helpers/language-run.ts";
import { runPlanned } from "../../helpers/planned-run.ts";

const half = { best: null, threshold: null, keep: 0.5 };
const arms = [
  createLanguageArm("replace"),
  createLanguageArm("accumulate", { corpus: { kind: "accumulate" }, verifier: "oracle", selection: half }),
  createLanguageArm("doubling", { corpus: { kind: "accumulate-doubling" } }),
  createLanguageArm("subsample", { corpus: { kind: "accumulate-subsample", budget: 40, replacement: true } }, 3),
  createLanguageArm("mix", { corpus: { kind: "mix", share: 0.25 }, verifier: "weak", selection: half }),
];

const folder = mkdtempSync(join(tmpdir(), "refeed-lineage-"));
const directory = join(folder, "run");
let corpora: Awaited<ReturnType<typeof runPlanned>>;

before(async () => {
  corpora = await runPlanned(directory, arms, { seeds: [1, 0] });
});
after(() => rmSync(folder, { recursive: true }));

/** Every row of a corpus by its position. */
function listRows(lineage: Lineage, turn: TurnCorpus): ExampleStory[] {
  return Array.from({ length: lineage.countRows(turn) }, (_, row) => lineage.readRow(turn, row) as ExampleStory);
}

test("under every policy each row's story is the row a trainer reads", () => {
  const stories = readLineage(directory, (lineage) =>
    lineage.turns.map((turn) => ({ turn, rows: listRows(lineage, turn), beyond: lineage.readRow(turn, 10_000) })),
  );
  assert.deepEqual(
    stories
      .filter(({ turn }) => turn.seed === 0)
      .map(({ turn: { arm, generation }, rows }) => [arm, generation, rows.length]),
    [
      ["replace", 0, 12],
      ["replace", 1, 48],
      ["replace", 2, 48],
      ["accumulate", 0, 12],
      ["accumulate", 1, 36],
      ["accumulate", 2, 60],
      ["doubling", 0, 12],
      ["doubling", 1, 24],
      ["doubling", 2, 48],
      ["subsample", 0, 12],
      ["subsample", 1, 40],
      ["subsample", 2, 40],
      ["subsample", 3, 40],
      ["mix", 0, 12],
      ["mix", 1, 24],
      ["mix", 2, 24],
    ],
  );
  for (const { turn, rows, beyond } of stories) {
    const told = rows.map(({ row, candidate }) => ({
      id: candidate ? `${row.id}#${candidate.draw}` : row.id,
      article: row.article,
      summary: candidate ? candidate.completion : row.summary,
    }));
    assert.deepEqual(told, corpora.get(turn.corpus.key), `${turn.arm}/${turn.generation}`);
    assert.equal(beyond, undefined);
  }
});

test("a written row tells its prompt, draw, scores, decision and every model behind it", () => {
  const story = readLineage(directory, (lineage) => {
    const turn = lineage.turns.find(
      ({ arm, seed, generation }) => arm === "mix" && seed === 0 && generation === 2,
    ) as TurnCorpus;
    return lineage.readRow(turn, 23) as ExampleStory;
  });
  const { place, candidate, row, scores, decisions, models } = story;
  assert.deepEqual([place?.arm, place?.generation, place?.row, place?.rows], ["mix", 2, 23, 24]);
  assert.equal(candidate?.id, row.position * 2 + candidate!.draw);
  assert.deepEqual([candidate?.attempt.state, candidate?.attempt.rows, candidate?.finish], ["done", 2, "stop"]);
  assert.match(JSON.stringify(candidate?.sampling), /"temperature":1,/);
  // The weak verifier's own model judges; it wrote nothing and is nobody's ancestor.
  assert.deepEqual(
    scores.map(({ verifier, isScored }) => [verifier, isScored]),
    [[{ kind: "perplexity" }, true]],
  );
  assert.ok(scores[0]?.model && !models.some(({ stage }) => stage === scores[0]?.model));
  assert.deepEqual(
    decisions.map((one) => [one.reason, one.rank, one.kept, one.candidates, one.scores === scores[0]?.stage]),
    [["kept", 17, 24, 48, true]],
  );
  assert.equal(story.selection, decisions[0]?.stage);
  assert.deepEqual(
    models.map(({ generation, seed, start, corpus }) => [
      generation,
      seed,
      start,
      corpus?.rows,
      corpus?.real,
      corpus?.written.map((one) => [one.generation, one.rows]),
      corpus?.depths,
    ]),
    [
      [
        1,
        0,
        null,
        24,
        6,
        [[0, 18]],
        [
          { depth: 0, rows: 6 },
          { depth: 1, rows: 18 },
        ],
      ],
      [0, 0, null, 12, 12, [], [{ depth: 0, rows: 12 }]],
    ],
  );
  assert.ok(models.every(({ artifact }) => artifact?.state === "kept"));
});

test("a candidate knows every place it is trained on, and each of them knows the candidate", () => {
  readLineage(directory, (lineage) => {
    let [kept, rejected] = [0, 0];
    for (const sample of lineage.samples) {
      for (let id = 0; ; id += 3) {
        const story = lineage.readCandidate(sample, id);
        if (!story) break;
        for (const { arm, seed, generation, row } of story.uses) {
          const turn = lineage.turns.find(
            (one) => one.arm === arm && one.seed === seed && one.generation === generation,
          ) as TurnCorpus;
          const back = lineage.readRow(turn, row);
          assert.deepEqual([back?.candidate?.stage, back?.candidate?.id], [sample.key, id]);
          kept += 1;
        }
        for (const { rank, reason, kept: of } of story.decisions) {
          assert.equal(rank === null, reason === "below-rank");
          assert.ok(rank === null || rank < (of ?? 0));
          rejected += rank === null ? 1 : 0;
        }
      }
    }
    assert.ok(kept > 60 && rejected > 20, `${kept} places, ${rejected} rejections`);
    // Also of one that was drawn twice into the same corpus.
    let drawnAgain = 0;
    for (const turn of lineage.turns.filter(({ arm }) => arm === "subsample")) {
      for (const { uses, place } of listRows(lineage, turn)) {
        const here = uses.filter((use) => use.generation === turn.generation && use.arm === turn.arm);
        assert.ok(uses.length === namedUses || here.some(({ row }) => row === place?.row));
        drawnAgain += here.length > 1 ? 1 : 0;
      }
    }
    assert.ok(drawnAgain > 0);
    const answers = lineage.samples
      .map((sample) => lineage.readCandidate(sample, 0))
      .filter((one) => one?.row.split === "test");
    assert.ok(answers.length > 0 && answers.every((one) => one?.decisions.length === 0));
  });
});

test("the table of synthetic ancestors counts what the rows say one by one", () => {
  const record = openRecord(directory);
  const table = [...record.lineage()];
  record.close();
  const counted = readLineage(directory, (lineage) =>
    lineage.turns.flatMap((turn) => {
      const rows = listRows(lineage, turn);
      const byDepth = Map.groupBy(rows, ({ depth }) => depth);
      return [...byDepth]
        .map(([depth, group]): LineageRecord => {
          const { arm, seed, generation } = turn;
          return { arm, seed, generation, depth, rows: group.length, share: group.length / rows.length };
        })
        .sort((a, b) => a.depth - b.depth);
    }),
  );
  const order = ({ arm, seed }: LineageRecord): number =>
    arms.findIndex(({ id }) => id === arm) * 2 + (seed === 1 ? 0 : 1);
  assert.deepEqual(
    table,
    counted.toSorted((a, b) => order(a) - order(b)),
  );
  const shares = table.filter(({ arm, seed, generation }) => arm === "doubling" && seed === 0 && generation === 2);
  assert.deepEqual(
    shares.map(({ depth, share }) => [depth, share]),
    [
      [0, 0.25],
      [1, 0.25],
      [2, 0.5],
    ],
  );
});

test("what a model that goes on from the one before it writes has that one's ancestors too", async () => {
  // Model 1 is trained on what model 0 wrote, model 2 on real rows alone, model 3 on what model 2 wrote.
  const computeParts: LanguageParts["computeParts"] = ({ keptCounts: { length } }) => [
    { source: length === 2 ? 0 : length, take: "all" },
  ];
  const started = createLanguageArm("started", { start: "previous" }, 3);
  const plain = createLanguageArm("plain", {}, 3);
  const directory = join(folder, "started");
  await runPlanned(directory, [started, plain], { change: { computeParts } });
  const read = (arm: string) =>
    readLineage(directory, (lineage) => {
      const turns = lineage.turns.filter((one) => one.arm === arm);
      const behind = lineage.readCorpus(turns[3] as TurnCorpus).models;
      return {
        depths: turns.map((turn) => lineage.readCorpus(turn).corpus.depths.map(({ depth }) => depth)),
        row: lineage.readRow(turns[3] as TurnCorpus, 5)?.depth,
        behind: behind.map(({ generation, start }) => [generation, start === null]),
      };
    });
  assert.deepEqual(read("started"), {
    depths: [[0], [1], [0], [2]],
    row: 2,
    behind: [
      [3, false],
      [2, false],
      [1, false],
      [0, true],
    ],
  });
  assert.deepEqual(read("plain"), {
    depths: [[0], [1], [0], [1]],
    row: 1,
    behind: [
      [3, true],
      [2, true],
    ],
  });
});

test("text is found whatever its case, with the name of a place that trains on it", () => {
  readLineage(directory, (lineage) => {
    const found = [...lineage.search("FOX AND 3 dogs")];
    assert.deepEqual(found.map(({ kind, prompt, use }) => [kind, prompt, use?.generation ?? null]).slice(0, 3), [
      ["real", "train-3", found[0]?.use ? 0 : null],
      ["real", "train-10", found[1]?.use ? 0 : null],
      ["real", "train-17", found[2]?.use ? 0 : null],
    ]);
    const written = [...lineage.search("brown")].filter((one) => one.kind === "synthetic");
    assert.ok(written.length > 5);
    for (const { stage, id, text, use } of written) {
      const sample = lineage.samples.find(({ key }) => key === stage)!;
      const story = lineage.readCandidate(sample, id);
      assert.equal(story?.candidate?.completion, text);
      assert.match(text, /brown/);
      assert.deepEqual(use, story?.uses[0] ?? null);
    }
    assert.ok(written.some(({ use }) => use) && written.some(({ use }) => !use));
    assert.deepEqual([...lineage.search("%")], []);
    assert.deepEqual([...lineage.search("_")], []);
  });
});

test("of a run that came to a halt, what is there is told, and what is not is empty", async () => {
  const directory = join(folder, "halted");
  await runPlanned(directory, [arms[1]!], { halt: { kind: "select", after: 1 } });
  const record = openRecord(directory);
  assert.deepEqual(
    [...record.lineage()].map(({ generation, depth, rows }) => [generation, depth, rows]),
    [
      [0, 0, 12],
      [1, 0, 12],
      [1, 1, 24],
    ],
  );
  record.close();
  readLineage(directory, (lineage) => {
    const last = lineage.turns.at(-1) as TurnCorpus;
    assert.deepEqual([lineage.countRows(last), lineage.readRow(last, 0)], [0, undefined]);
    assert.deepEqual(
      lineage.readCorpus(last).models.map(({ state }) => state),
      ["new"],
    );
    const undecided = lineage.samples.flatMap((sample) => lineage.readCandidate(sample, 7) ?? []);
    assert.deepEqual(
      undecided.flatMap(({ decisions }) => decisions.map(({ reason }) => reason === null)),
      [false, true],
    );
    const planned = lineage.samples.find(({ state }) => state === "new");
    assert.ok(planned);
    assert.equal(lineage.readCandidate(planned, 0), undefined);
  });
});

test("a reference that leads nowhere is damage of the run, told in one line", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["DELETE FROM candidate", /row 0 of replace\/\d\/1 points at a candidate that is not there/],
    ["DELETE FROM selection", /selection \w{12} kept nothing at rank/],
    ["DELETE FROM corpus_part WHERE position = 1", /corpus \w{12} has \d+ rows, and should have \d+/],
    ["UPDATE corpus_part SET take = x'00' WHERE take IS NOT NULL", /has no reference for row/],
    ["UPDATE corpus_part SET source_id = stage_id WHERE position = 0", /is made of itself/],
    [
      "UPDATE stage SET inputs = (SELECT json_array(inputs ->> 0, s.key) FROM stage s WHERE s.id = stage.id) WHERE kind = 'train'",
      /model \w{12} is its own ancestor/,
    ],
    ["UPDATE stage SET inputs = '[' WHERE kind = 'train'", /the record of stage \w{12} is damaged/],
    ["UPDATE stage SET inputs = '[]' WHERE kind = 'sample'", /is made from nothing, which is not there/],
    ["DELETE FROM dataset_row", /dataset \d has no row/],
  ];
  // The last corpus of an arm is nobody's ancestor: only who asks where a text is trained on comes by it.
  const circle = join(folder, "circle");
  cpSync(directory, circle, { recursive: true });
  const connection = new Database(join(circle, "state.db"));
  connection.exec(`UPDATE corpus_part SET source_id = stage_id WHERE position = 1 AND stage_id IN
    (SELECT stage_id FROM turn WHERE arm = 'accumulate' AND generation = 2)`);
  connection.close();
  const kept = readLineage(directory, ({ turns, readRow, countRows }) => {
    const turn = turns.find(({ arm, seed, generation }) => arm === "accumulate" && seed === 0 && generation === 2);
    return readRow(turn as TurnCorpus, countRows(turn as TurnCorpus) - 1)?.candidate;
  });
  assert.throws(
    () =>
      readLineage(circle, ({ samples, readCandidate }) =>
        readCandidate(samples.find(({ key }) => key === kept?.stage) as StageNode, kept?.id as number),
      ),
    (error) => error instanceof StoreError && /is made of itself/.test(error.message),
  );
  for (const [index, [damage, message]] of cases.entries()) {
    const copy = join(folder, `damaged-${index}`);
    cpSync(directory, copy, { recursive: true });
    const connection = new Database(join(copy, "state.db"));
    connection.pragma("foreign_keys = OFF");
    connection.exec(damage);
    connection.close();
    assert.throws(
      () =>
        readLineage(copy, (lineage) => {
          for (const turn of lineage.turns) listRows(lineage, turn);
        }),
      (error) => error instanceof StoreError && message.test(error.message),
      damage,
    );
  }
});
