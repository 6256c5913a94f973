// The package as a user gets it: packed, installed with a Node 24 beside it in an empty folder, and trained there.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const root = new URL("../..", import.meta.url).pathname;

function run(command: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 28 });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

test("packed, installed in an empty folder, trained there", async (context) => {
  const folder = createTemporaryFolder(context);
  const packed = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], root)) as unknown;
  const [report] = Object.values(packed as Record<string, unknown>) as {
    filename: string;
    files: { path: string }[];
  }[];
  const files = report!.files.map(({ path }) => path);
  for (const needed of [
    "bin/refeed.js",
    "dist/cli/main.js",
    "dist/index.d.ts",
    "models/newswire.bin",
    "experiments/newswire.yaml",
    "prompts/article.jinja",
    "LICENSE",
  ]) {
    assert.ok(files.includes(needed), needed);
  }
  assert.deepEqual(
    files.filter((path) => /^(src|test|bench|docs|runs|\.ci)\//.test(path)),
    [],
  );

  assert.deepEqual([...files].sort(), listExpected());

  const home = join(folder, "home");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{"name": "home", "private": true, "allowScripts": {"node": true}}\n');
  run("npm", ["install", "--no-fund", "--no-audit", join(folder, report!.filename), "node@24"], home);
  runWithoutScripts(folder, join(folder, report!.filename));
  const path = `${join(home, "node_modules/.bin")}:${process.env.PATH}`;
  const refeed = (...args: string[]): string => run("env", [`PATH=${path}`, "npx", "refeed", ...args], home);

  assert.match(refeed("--help"), /^Usage: refeed/);
  const told = refeed("run", "newswire", "--set", "scale=tiny");
  assert.match(told, /report: runs\/newswire\/report\/index\.html/);
  assert.match(
    readFileSync(join(home, "runs/newswire/report/metrics.csv"), "utf8"),
    /^replace-oracle-25,0,1,rouge1,0\.\d+/m,
  );
  assert.ok(existsSync(join(home, "runs/newswire/state.db")));

  writeFileSync(
    join(home, "own.mjs"),
    `
    import { createSamplerSuite } from "refeed/contracts";
    import { runExperiment } from "refeed";
    console.log(typeof runExperiment, typeof createSamplerSuite);
  `,
  );
  assert.equal(run(join(home, "node_modules/.bin/node"), ["own.mjs"], home), "function function\n");
});

/** What a package holds and nothing else: each source compiled, with its types, and the folders that it reads. */
function listExpected(): readonly string[] {
  const list = (name: string): string[] =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true })
      // What npm reads to know what to leave out, it leaves out.
      .filter((entry) => entry.isFile() && entry.name !== ".npmignore")
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
  const compiled = list("src").flatMap((path) => {
    const stem = path.replace(/^src/, "dist").replace(/\.ts$/, "");
    return [`${stem}.js`, `${stem}.d.ts`];
  });
  const single = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];
  return [...compiled, ...["bin", "prompts", "datasets", "experiments", "models"].flatMap(list), ...single].sort();
}

/** No script of any package is needed: installed without them, on the Node that runs this, it works. */
function runWithoutScripts(folder: string, tarball: string): void {
  const home = join(folder, "bare");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{"name": "bare", "private": true}\n');
  run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-fund", "--no-audit", tarball], home);
  const told = run(
    process.execPath,
    [join(home, "node_modules/refeed/bin/refeed.js"), "run", "gaussian", "--set", "scale=tiny", "--quiet"],
    home,
  );
  assert.match(told, /report: runs\/gaussian\/report\/index\.html/);
}
