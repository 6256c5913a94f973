// S6: nothing is written through a link that somebody planted, and what a run writes is its owner's alone.

import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { createOwnFile, createOwnFolder, validateReadFile } from "../../src/store/guard/own-path.ts";
import { openRunFolder } from "../../src/store/run-folder.ts";
import { runRefeed } from "../helpers/command-line.ts";
import { speakLine } from "../helpers/host.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";

const experiment = `schema: 1
name: small
system: { kind: gaussian, dimensions: 1, samples: 10 }
generations: 1
arms: { corpus: replace }
`;

const folder = createTemporaryFolder({ after: (work: () => void) => after(work) } as never);
const whole = join(folder, "runs/small");
const written: string[] = [];

before(async () => {
  writeFileSync(join(folder, "small.yaml"), experiment);
  const { code, stderr } = await speakLine(["run", "small.yaml"], { cwd: folder });
  assert.equal(code, 0, stderr);
  const entries = readdirSync(whole, { recursive: true, withFileTypes: true });
  written.push(
    ...entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(whole.length + 1)),
  );
});

/** What SQLite and writeWhole make and take away again. */
const passing = [
  "state.db-wal",
  "state.db-shm",
  "state.db-journal",
  "lock.db-journal",
  "experiment.yaml.tmp",
  "resolved.json.tmp",
  "report/index.html.tmp",
];

for (const kind of ["symbolic", "hard"] as const) {
  test(`a ${kind} link at any path that a run writes is refused in one line, exit code 5, and its target is untouched`, async () => {
    const paths = [...new Set([...written, ...passing])];
    assert.ok(paths.length >= 14 && paths.includes("report/metrics.csv") && paths.includes("lock.json"), paths.join());
    for (const path of paths) {
      const cwd = join(folder, "planted");
      const planted = join(cwd, "runs/small", path);
      cpSync(whole, join(cwd, "runs/small"), { recursive: true });
      writeFileSync(join(cwd, "small.yaml"), experiment);
      const target = join(cwd, "precious");
      if (existsSync(planted)) renameSync(planted, target);
      else writeFileSync(target, "");
      const bytes = readFileSync(target);
      if (kind === "symbolic") symlinkSync(target, planted);
      else linkSync(target, planted);
      const { code, stdout, stderr } = await speakLine(["run", "small.yaml", "--set", "seeds=[0, 1]", "--quiet"], {
        cwd,
      });
      assert.equal(code, 5, `${path}: ${stdout}${stderr}`);
      const where = `${join(cwd, "runs/small", path)}: is a ${kind} link`;
      assert.ok(stderr.startsWith(where), `${path}: ${stderr}`);
      assert.match(
        stderr,
        /^[^\n]*; nothing was written through it\n {2}remove the link, or name another folder with --run\n$/,
      );
      assert.deepEqual(readFileSync(target), bytes, path);
      rmSync(cwd, { recursive: true });
    }
  });
}

test("a folder of the run that is a link to another is refused as well", async (context) => {
  const cwd = createTemporaryFolder(context);
  cpSync(whole, join(cwd, "runs/small"), { recursive: true });
  mkdirSync(join(cwd, "elsewhere"));
  rmSync(join(cwd, "runs/small/report"), { recursive: true });
  symlinkSync(join(cwd, "elsewhere"), join(cwd, "runs/small/report"));
  const { code, stderr } = await speakLine(["report", "small"], { cwd });
  assert.equal(code, 5);
  assert.match(stderr, /runs\/small\/report: is a symbolic link; nothing was written through it\n/);
  assert.deepEqual(readdirSync(join(cwd, "elsewhere")), []);
});

test("artifacts and drafts: links are refused, and a draft is never written through one", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const target = join(dirname(directory), "precious");
  writeFileSync(target, "precious");
  const options = { clock: systemClock, holder: {} };
  const run = await openRunFolder(directory, options);
  const stage = "a".repeat(64);
  const draft = await run.artifacts.createDraft(stage);
  symlinkSync(target, draft);
  const refused = { message: `${draft}: is a symbolic link; nothing was written through it`, exitCode: 5 };
  await assert.rejects(run.artifacts.createDraft(stage), refused);
  await assert.rejects(run.artifacts.writeModel(stage, draft), refused);
  await run.close();
  await assert.rejects(openRunFolder(directory, options), refused);
  rmSync(draft);
  linkSync(target, draft);
  await assert.rejects(openRunFolder(directory, options), /is a hard link/);
  rmSync(join(directory, "artifacts"), { recursive: true });
  symlinkSync(dirname(directory), join(directory, "artifacts"));
  await assert.rejects(openRunFolder(directory, options), /artifacts: is a symbolic link/);
  assert.equal(readFileSync(target, "utf8"), "precious");
});

test("a path is only read as a plain file, whatever else stands there", (context) => {
  const path = join(createTemporaryFolder(context), "state.db");
  validateReadFile(path);
  symlinkSync("/nowhere", path);
  assert.throws(() => validateReadFile(path), /is a symbolic link/);
  assert.throws(() => createOwnFile(path), /is a symbolic link/);
  assert.throws(() => createOwnFolder(path), /is a symbolic link/);
  rmSync(path);
  mkdirSync(path);
  assert.throws(() => validateReadFile(path), /is a folder where a file is needed/);
  rmSync(path, { recursive: true });
  createOwnFile(path);
  assert.throws(() => createOwnFolder(path), /is no folder, where a folder is needed/);
  linkSync(path, `${path}-2`);
  validateReadFile(path);
  assert.throws(() => createOwnFile(path), /is a hard link/);
});

for (const umask of ["0000", "0022", "0777"]) {
  test(`under umask ${umask} folders have mode 0700 and files 0600`, async (context) => {
    const cwd = createTemporaryFolder(context);
    writeFileSync(join(cwd, "small.yaml"), experiment);
    chmodSync(cwd, 0o755);
    const { code, stderr } = await runRefeed(["run", "small.yaml", "--quiet"], { cwd, umask });
    assert.equal(code, 0, stderr);
    const directory = join(cwd, "runs/small");
    const entries = [
      directory,
      ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name))),
    ];
    assert.ok(entries.length >= 14);
    for (const entry of entries) {
      const found = lstatSync(entry);
      assert.equal((found.mode & 0o777).toString(8), found.isDirectory() ? "700" : "600", entry);
    }
  });
}
