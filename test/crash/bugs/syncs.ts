// Slips by which a power cut, a signal, a second process or a clock takes something.

import { type Bug, edit } from "./plant.ts";

const database = "store/database.ts";
const wholeFile = "store/whole-file.ts";
const artifacts = "store/shelf/artifacts.ts";
const normal = [
  edit(database, 'pragma("synchronous = FULL")', 'pragma("synchronous = NORMAL")'),
  edit(database, '  assertPragma(connection, "synchronous", 2, file);\n', ""),
];

export const syncBugs: readonly Bug[] = [
  {
    name: "commits are not synced",
    edits: normal,
    experiment: "power",
    says: /acknowledged \w+ \S+ was lost/,
  },
  {
    name: "intents are not synced before the call",
    edits: normal,
    experiment: "syncs",
    says: /was sent before its intent was on the disk/,
  },
  {
    name: "the compiled-in synchronous is left as it is",
    edits: [edit(database, '    connection.pragma("synchronous = FULL");\n', "")],
    experiment: "plain",
    says: /SQLite refused synchronous = 2 and keeps 1/,
  },
  {
    name: "a whole file is not synced before it has its name",
    edits: [edit(wholeFile, "content);\n    await file.sync();", "content);")],
    experiment: "syncs",
    says: /(experiment\.yaml|resolved\.json) is there and not whole/,
  },
  {
    name: "a whole file has its name before it is synced",
    edits: [
      edit(wholeFile, "content);\n    await file.sync();", "content);"),
      edit(wholeFile, "await rename(temporary, path);", "await rename(temporary, path);\n  await syncPath(path);"),
    ],
    experiment: "syncs",
    says: /(experiment\.yaml|resolved\.json) is there and not whole/,
  },
  {
    name: "the folder of a whole file is not synced",
    edits: [edit(wholeFile, "  await syncPath(dirname(path));\n", "")],
    experiment: "syncs",
    says: /the run stands in the database and \S+ not on the disk/,
  },
  {
    name: "a model is synced by nobody",
    edits: [
      edit(artifacts, "await syncPath(draft);", ""),
      edit("providers/scripted/trainer.ts", "    await file.sync();\n", ""),
    ],
    experiment: "syncs",
    says: /model \w+ stands in the database and not on the disk|artifacts\/\w+ is there and not whole/,
  },
  {
    name: "the folder of the models is not synced",
    edits: [edit(artifacts, "await syncPath(directory);", "")],
    experiment: "syncs",
    says: /model \w+ stands in the database and not on the disk/,
  },
  {
    name: "a new run's folder is not synced into its parent",
    edits: [edit("store/lock.ts", "  syncNames(parent);\n", "")],
    experiment: "power",
    says: /acknowledged \w+ \S+ was lost/,
  },
  {
    name: "what is on its way when it is told to stop is thrown away",
    edits: [
      edit(
        "providers/control/ask-all.ts",
        "else if (flying > 0 && (isRead || isFull())) await pause();",
        "else if (flying > 0 && (isRead || isFull()) && !context.signal.aborted) await pause();",
      ),
    ],
    experiment: "signals",
    count: 12,
    says: /was paid for and thrown away|is left sent by a drain/,
  },
  {
    name: "the lock is not taken",
    edits: [edit("store/lock.ts", '    connection.exec("BEGIN EXCLUSIVE");\n', '    connection.exec("BEGIN");\n')],
    experiment: "writers",
    count: 4,
    says: /one that came too late ended with/,
  },
  {
    name: "durations are taken from the clock on the wall",
    edits: [
      edit("store/stages.ts", "startByKey.set(key, clock.monotonic())", "startByKey.set(key, clock.now())"),
      edit(
        "store/stages.ts",
        "clock.monotonic() - (startByKey.get(key) ?? clock.monotonic())",
        "clock.now() - (startByKey.get(key) ?? clock.now())",
      ),
    ],
    experiment: "clocks",
    count: 1,
    says: /took less than nothing/,
  },
];
