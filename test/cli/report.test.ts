import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { createReportCommand } from "../../src/cli/report.ts";
import { UsageError } from "../../src/errors.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { speakVerb } from "../helpers/verb.ts";

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 2
arms:
  - { corpus: [replace, accumulate] }
seeds: [0, 1, 2]
`;

test("report writes the folder anew, the same bytes as the run did, and prints where", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), experiment);
  const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet"], { cwd });
  assert.equal(code, 0, stderr);
  const folder = join(cwd, "runs/small/report");
  const names = ["metrics.csv", "arms.csv", "summary.csv", "traceRatio-by-generation.svg", "index.html"];
  const before = names.map((name) => readFileSync(join(folder, name), "utf8"));
  rmSync(folder, { recursive: true });

  const speak = (...args: string[]): Promise<string> => speakVerb(createReportCommand, cwd, args);
  assert.equal(await speak("small"), "runs/small/report/index.html\n");
  assert.deepEqual(
    names.map((name) => readFileSync(join(folder, name), "utf8")),
    before,
  );
  // A run is its owner's: nobody else reads what the models wrote.
  for (const name of names) assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);

  // Without a name it is the latest run.
  const { index, files, event } = JSON.parse(await speak("--json")) as Record<string, unknown>;
  assert.deepEqual([event, index], ["report", "runs/small/report/index.html"]);
  assert.ok(Array.isArray(files) && names.every((name) => files.includes(name)));
  await assert.rejects(
    speak("nowhere"),
    (error: unknown) => error instanceof UsageError && /nowhere/.test(error.message),
  );
});

test("the page of a stopped run says how far it came, and figures of an earlier report are taken away", async (context) => {
  const cwd = createTemporaryFolder(context);
  writeFileSync(join(cwd, "small.yaml"), experiment);
  const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet"], { cwd });
  assert.equal(code, 0, stderr);
  const folder = join(cwd, "runs/small/report");
  assert.doesNotMatch(readFileSync(join(folder, "index.html"), "utf8"), /This report is partial/);
  const connection = new Database(join(cwd, "runs/small/state.db"));
  connection.exec("UPDATE run SET state = 'interrupted'");
  connection.exec("UPDATE stage SET state = 'new' WHERE id = (SELECT max(id) FROM stage)");
  connection.close();
  writeFileSync(join(folder, "length-by-generation.svg"), "<svg/>");
  writeFileSync(join(folder, "mine.svg"), "<svg/>");

  await speakVerb(createReportCommand, cwd, ["small"]);
  const page = readFileSync(join(folder, "index.html"), "utf8");
  assert.match(page, /This report is partial:<\/strong> the run was interrupted, and 5 of its 6 stages are done\./);
  assert.equal(existsSync(join(folder, "length-by-generation.svg")), false);
  assert.equal(existsSync(join(folder, "mine.svg")), true);
});
