// Slips by which damage, a second writer or a second row is let in.

import { type Bug, edit } from "./plant.ts";

const book = "store/ledger/book.ts";
const schema = "store/schema.ts";
const calls = /bills\.jsonl|state\.db-wal/;

export const guardBugs: readonly Bug[] = [
  // Locks.
  {
    name: "the lock is a file that is there",
    edits: [
      edit(
        "store/lock.ts",
        "    for (const path of [file, note]) createOwnFile(path);",
        `    closeSync(openSync(\`\${file}.held\`, "wx"));
    for (const path of [file, note]) createOwnFile(path);`,
      ),
    ],
    experiment: "points",
    only: calls,
    says: /the resume ended with 5: .*EEXIST/,
  },
  // Damage.
  {
    name: "a finished stage's value is read without its digest",
    edits: [
      edit(
        "store/stages.ts",
        "row.value === null || computeDigest(row.value) !== row.output_sha256",
        "row.value === null",
      ),
    ],
    experiment: "alterations",
    says: /^the value of a finished stage: not refused/,
  },
  {
    name: "what is gone on with is not looked at",
    edits: [edit("store/run-folder.ts", "check: checkNeeded,", "check: async () => undefined,")],
    experiment: "alterations",
    says: /not refused/,
  },
  {
    name: "what an attempt brought is not held against its digest",
    edits: [edit("store/witness/candidate-rows.ts", "open.digest.compute() !== attempt.rows_sha256", "false")],
    experiment: "alterations",
    says: /^a candidate of a torn stage: not refused/,
  },
  {
    name: "a model's file is not held against its digest",
    edits: [
      edit("store/witness/needed-work.ts", "if (digest === stage.artifact) return true;", "if (digest) return true;"),
    ],
    experiment: "alterations",
    says: /^a bit of a model/,
  },
  {
    name: "a lost model is not trained again",
    edits: [edit("store/shelf/lost-models.ts", "      return lost.has(key);", "      return false;")],
    experiment: "alterations",
    says: /^a model taken away: not mended/,
  },
  // What the schema must refuse. The product makes no second row by itself, so the schema is asked directly.
  {
    name: "candidates are not unique",
    edits: [edit(schema, "    UNIQUE (stage_id, id),\n    FOREIGN KEY (dataset_id", "    FOREIGN KEY (dataset_id")],
    experiment: "constraints",
    says: /^a second candidate was let in/,
  },
  {
    name: "attempts are not unique, and intents are plainly inserted",
    edits: [
      edit(schema, "    closed_ms INTEGER,\n    UNIQUE (stage_id, key)", "    closed_ms INTEGER"),
      edit(book, " ON CONFLICT (stage_id, key) DO NOTHING", ""),
    ],
    experiment: "constraints",
    says: /^a second attempt was let in/,
  },
  {
    name: "ranks are not unique",
    edits: [edit(schema, "CREATE UNIQUE INDEX selection_by_rank", "CREATE INDEX selection_by_rank")],
    experiment: "constraints",
    says: /^a second rank was let in/,
  },
  {
    name: "foreign keys of candidates are not declared",
    edits: [edit(schema, "attempt_id INTEGER NOT NULL REFERENCES attempt (id)", "attempt_id INTEGER NOT NULL")],
    experiment: "constraints",
    says: /^a candidate without an attempt was let in/,
  },
];
