// Where a program is found and where it is not, held against the launcher itself: what is said before is what would happen.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createStream, readAll } from "../../src/contracts/case.ts";
import { LauncherError } from "../../src/errors.ts";
import { findProgram } from "../../src/launchers/find-program.ts";
import { createRunner } from "../../src/launchers/runner.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

/** Folders `a` and `b` with programs of every kind. */
function prepare(context: TestContext): string {
  const folder = createTemporaryFolder(context);
  const write = (name: string, text: string, mode: number): void => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  };
  for (const place of ["a", "b", "a/inner"]) mkdirSync(join(folder, place));
  write("a/good", "#!/bin/sh\nexit 0\n", 0o755);
  write("a/denied", "#!/bin/sh\nexit 0\n", 0o644);
  write("a/both", "#!/bin/sh\nexit 0\n", 0o644);
  write("b/both", "#!/bin/sh\nexit 0\n", 0o755);
  write("a/plain", "exit 0\n", 0o755);
  write("a/orphan", "#!/no/such/interpreter -x\n", 0o755);
  symlinkSync("/bin/sh", join(folder, "a/shell"));
  write("a/near", "#!./a/shell\nexit 0\n", 0o755);
  write("a/far", "#!./shell\nexit 0\n", 0o755);
  write("a/spaced", "#! \t/bin/sh -e\nexit 0\n", 0o755);
  return folder;
}

const cases: readonly (readonly [string, string | undefined, RegExp | null])[] = [
  ["./a/good", undefined, null],
  ["a/good", undefined, null],
  ["good", "a:b", null],
  ["good", "b::a", null],
  ["both", "a:b", null],
  ["./a/plain", undefined, null],
  ["./a/spaced", undefined, null],
  ["./a/near", undefined, null],
  ["./a/far", undefined, /\/a\/far is to be read by \.\/shell, which is not there or may not be run$/],
  ["sh", undefined, null],
  ["good", "b", /^good is in no folder of its PATH$/],
  ["good", undefined, /^good is in no folder of its PATH$/],
  ["./good", "a", /^\/\S+\/good is not there$/],
  ["denied", "b:a", /^\/\S+\/a\/denied may not be run$/],
  ["./a/denied", undefined, /\/a\/denied may not be run$/],
  ["a/inner", undefined, /\/a\/inner is no file$/],
  ["a/good/more", undefined, /is not there$/],
  [
    "./a/orphan",
    undefined,
    /\/a\/orphan is to be read by \/no\/such\/interpreter, which is not there or may not be run$/,
  ],
  ["orphan", "a", /is to be read by \/no\/such\/interpreter/],
  ["", "a:b", /^an empty name is in no folder of its PATH$/],
  ["one\nline", "a", /^one\S+line is in no folder of its PATH$/],
];

test("what is said of a program beforehand is what becomes of it", async (context) => {
  const folder = prepare(context);
  for (const [name, path, pattern] of cases) {
    const environment = path === undefined ? {} : { PATH: path };
    const program = { argv: [name] as [string], folder, environment, idleMs: 10_000, lineBytes: 1000 };
    const told = await findProgram(program);
    const started = await readAll(createRunner().run(program, createStream([]), new AbortController().signal)).then(
      () => null,
      (error: unknown) => error,
    );
    if (pattern === null) {
      assert.deepEqual([name, told.kind, started], [name, "found", null]);
      continue;
    }
    assert.ok(told.kind === "lacking", `${name} in ${path}`);
    assert.match(told.what, pattern);
    assert.doesNotMatch(`${told.what}${told.next}`, /\n/);
    assert.ok(
      started instanceof LauncherError && /cannot be started|is empty/.test(started.message),
      `${name}: ${started}`,
    );
  }
});

test("without its folder no program is found, by whatever name", async (context) => {
  const folder = prepare(context);
  for (const name of ["sh", "./a/good", process.execPath]) {
    const told = await findProgram({ argv: [name], folder: join(folder, "gone"), environment: {} });
    assert.ok(told.kind === "lacking");
    assert.match(told.what, /is to run in \/\S+\/gone, which is no folder$/);
  }
});
