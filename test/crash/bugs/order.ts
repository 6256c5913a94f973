// Slips by which what is made depends on time, on chance or on the order of arrival.

import { type Bug, edit } from "./plant.ts";

const calls = /bills\.jsonl|state\.db-wal/;

export const orderBugs: readonly Bug[] = [
  {
    name: "an answer's seed comes from the order of the calls",
    edits: [
      edit(
        "providers/scripted/answer.ts",
        'isGreedy ? "greedy" : request.seed, id,',
        'isGreedy ? "greedy" : request.seed, String((callCount += 1)),',
      ),
      edit(
        "providers/scripted/answer.ts",
        "export function createAnswer(",
        "let callCount = 0;\nexport function createAnswer(",
      ),
    ],
    experiment: "points",
    only: calls,
    says: /candidate is not that of the uninterrupted run/,
  },
  {
    name: "a training's order comes from the clock",
    edits: [
      edit(
        "systems/language/train.ts",
        'computeSeed("order", seed, generation)',
        'computeSeed("order", seed, Date.now())',
      ),
    ],
    experiment: "plain",
    says: /model is not that of the uninterrupted run/,
  },
  {
    name: "ties are broken by chance",
    edits: [
      edit(
        "selection/ties.ts",
        "const digest = createTieDigest(stage);",
        "const digest = createTieDigest(String(Math.random()));",
      ),
    ],
    experiment: "plain",
    says: /selection is not that of the uninterrupted run/,
  },
  {
    name: "a corpus is read in the order in which its candidates came",
    edits: [
      edit(
        "store/shelf/corpora.ts",
        "AND s.rank IS NOT NULL ORDER BY s.rank",
        "AND s.rank IS NOT NULL ORDER BY c.rowid",
      ),
    ],
    experiment: "plain",
    says: /model is not that of the uninterrupted run/,
  },
  {
    name: "an attempt's digest follows the order of arrival",
    edits: [
      edit(
        "store/witness/candidate-rows.ts",
        "[...candidates].sort((a, b) => a.id - b.id)",
        "[...candidates].sort((a, b) => b.id - a.id)",
      ),
    ],
    experiment: "points",
    only: calls,
    says: /did not bring these/,
  },
];
