// Slips by which something is told to be saved that is not, or a torn run is gone on with wrongly.

import { type Bug, edit } from "./plant.ts";

const artifacts = "store/shelf/artifacts.ts";
const candidates = "store/shelf/candidates.ts";
const scores = "store/shelf/scores.ts";
const writer = "store/writer.ts";
const calls = /bills\.jsonl|state\.db-wal/;

export const commitBugs: readonly Bug[] = [
  // Commits.
  {
    name: "a write resolves before its transaction is committed",
    edits: [
      edit(writer, "      begin.run();", "      if (!connection.inTransaction) begin.run();"),
      edit(
        writer,
        "      commit.run();\n      for (const { resolve, value } of group) resolve(value);",
        `      for (const { resolve, value } of group) resolve(value);
      setImmediate(() => connection.inTransaction && commit.run());`,
      ),
      // The log is not looked at while a transaction is open.
      edit(writer, "refusal ? undefined : follow()", "refusal || connection.inTransaction ? undefined : follow()"),
      edit(
        writer,
        "flush: () => add(() => undefined, scheduleNow),",
        "flush: () => add(() => undefined, scheduleNow).then(() => new Promise((end) => setTimeout(end, 5))),",
      ),
    ],
    experiment: "points",
    only: calls,
    says: /acknowledged \w+ \S+ is not there|was sent 2 times, intended 1/,
  },
  {
    name: "writes are made outside of a transaction",
    edits: [
      edit(
        writer,
        "      queue.push({ work, value: undefined, resolve: resolve as (value: unknown) => void, reject });",
        `      const value = work();
      queue.push({ work: () => value, value: undefined, resolve: () => undefined, reject });
      resolve(value);`,
      ),
    ],
    experiment: "points",
    only: calls,
    says: /has not all it brought|was billed 2 times, 0 repeats|UNIQUE constraint failed|are not those that were written/,
  },
  {
    name: "a stage is told to be finished before it is",
    edits: [
      edit(
        "loop/durable.ts",
        '      const stage = await records.finish(request, await perform(request));\n      onEvent({ kind: "stage-finished", request });',
        '      const value = await perform(request);\n      onEvent({ kind: "stage-finished", request });\n      const stage = await records.finish(request, value);',
      ),
    ],
    experiment: "points",
    only: calls,
    says: /acknowledged stage \w+ is not there/,
  },
  {
    name: "a selection's rows are not waited for",
    edits: [edit("systems/language/select.ts", "await parts.shelf.writeSelection", "void parts.shelf.writeSelection")],
    experiment: "points",
    only: calls,
    says: /stage is not that of the uninterrupted run|UNIQUE constraint failed: selection|rows of select stage/,
  },
  {
    name: "scores are read back before they are written",
    edits: [edit("systems/language/verify.ts", "  await writes.settle();\n", "")],
    experiment: "points",
    only: calls,
    says: /stage is not that of the uninterrupted run/,
  },
  {
    name: "candidates are told to be saved before they are",
    edits: [
      edit(
        candidates,
        "return writer.write(write).then(() => attempts.forget(stageId, attemptKey));",
        "void writer.write(write).then(() => attempts.forget(stageId, attemptKey));\n    return Promise.resolve();",
      ),
    ],
    experiment: "points",
    only: calls,
    says: /acknowledged attempt \S+ is not there|stage is not that of the uninterrupted run/,
  },
  // Going on.
  {
    name: "the prompt after the last sampled one counts as sampled",
    edits: [edit(candidates, "isSampled[id] = 1", "isSampled.fill(1, 0, (Math.floor(id / draws) + 2) * draws)")],
    experiment: "points",
    only: calls,
    says: /candidate is not that of the uninterrupted run|scored candidate \d+ where \d+ was due/,
  },
  {
    name: "scores are gone on with one too late",
    edits: [
      edit("systems/language/verify.ts", "if (candidate.id >= count)", "if (candidate.id > count || count === 0)"),
    ],
    experiment: "points",
    only: calls,
    says: /scored candidate \d+ where \d+ was due/,
  },
  {
    name: "a torn selection is not cleared",
    edits: [edit(scores, "const tornCount = lastSelected.get(stageId) as number;", "const tornCount = 0;")],
    experiment: "points",
    only: calls,
    says: /UNIQUE constraint failed: selection/,
  },
  {
    name: "a torn import is not cleared",
    edits: [
      edit("store/shelf/datasets.ts", "while ((await writer.writeBatch(() => clear.run({ id }).changes)) > 0);", ""),
    ],
    experiment: "points",
    only: calls,
    says: /UNIQUE constraint failed: dataset_row/,
  },
  {
    name: "a torn import counts as whole",
    edits: [
      edit(
        "store/shelf/datasets.ts",
        "    let position = 0;",
        `    let position = 0;
    for await (const _ of dataset.rows()) position += 1;
    await writer.write(() => void close.run(position, null, id));
    position = 0;`,
      ),
    ],
    experiment: "points",
    only: calls,
    says: /rows of the dataset are not those/,
  },
  {
    name: "drafts of a killed process stay",
    edits: [
      edit(
        artifacts,
        "      validateOwnFile(draft);\n      await rm(draft, { force: true });\n      return draft;",
        "      return draft;",
      ),
      edit(artifacts, "        validateOwnFile(draft);\n        await rm(draft, { force: true });\n      }", "      }"),
    ],
    experiment: "points",
    only: /draft-/,
    says: /EEXIST/,
  },
  {
    name: "the temporary file of a killed process stays",
    edits: [edit("store/whole-file.ts", "  await rm(temporary, { force: true });\n", "")],
    experiment: "points",
    only: /\.tmp/,
    says: /EEXIST/,
  },
  {
    name: "two stages share one draft",
    edits: [edit(artifacts, "{stage}.tmp`", "{directory.length}.tmp`")],
    experiment: "plain",
    says: /EEXIST/,
  },
];
