// S18 and S19: few dependencies, each with a reason; nothing is fetched on installation or on import.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = new URL("../..", import.meta.url).pathname;
const read = (name: string): string => readFileSync(join(root, name), "utf8");

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: true;
  readonly dev?: true;
  readonly optional?: true;
}

const manifest = JSON.parse(read("package.json")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
const locked = (JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, Locked>> }).packages;
const dependencies = manifest.dependencies!;
const sources = readdirSync(join(root, "src"), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".ts"));

test("every dependency has its line in the design, with its floor, and there are at most 18", () => {
  const lines = [...read("docs/design/dependencies.md").matchAll(/^\| `([^`]+)` \| ([\d.]+) \| .+ \| .{20,} \|$/gm)];
  const floors = Object.fromEntries(lines.map((match) => [match[1]!, match[2]!]));
  const asked = Object.fromEntries(Object.entries(dependencies).map(([name, range]) => [name, range.replace("^", "")]));
  assert.deepEqual(floors, asked);
  assert.ok(lines.length > 5 && lines.length <= 18, `${lines.length} dependencies`);
  assert.deepEqual(
    [manifest.optionalDependencies, manifest.peerDependencies, manifest.bundleDependencies],
    [undefined, undefined, undefined],
  );
});

test("every dependency is imported, and nothing else is", () => {
  const imported = new Set(
    sources.flatMap((name) =>
      [...read(join("src", name)).matchAll(/(?:from |import\()"((?!node:|\.)[^"\s]+)"/g)].map((match) => match[1]!),
    ),
  );
  assert.deepEqual([...imported].sort(), Object.keys(dependencies).sort());
});

test("the lock file is complete, names no host, and no package that users get has an install script", () => {
  assert.deepEqual(locked[""], { ...locked[""], dependencies, devDependencies: manifest.devDependencies });
  const packages = Object.entries(locked).filter(([path]) => path !== "");
  assert.ok(packages.length > 60);
  for (const [path, { resolved, integrity, hasInstallScript, dev, optional }] of packages) {
    assert.equal(resolved, undefined, `${path} is tied to ${resolved}`);
    // Binaries of the linter for other systems than the one that locked are optional, and for developers alone.
    assert.ok(/^sha512-/.test(integrity ?? "") || (dev && optional), `${path} has no digest`);
    assert.ok(!hasInstallScript || (dev && path === "node_modules/node"), `${path} runs a script on installation`);
  }
  for (const name of Object.keys({ ...dependencies, ...manifest.devDependencies })) {
    assert.ok(locked[`node_modules/${name}`], `${name} is not locked`);
  }
});

test("our own package runs nothing on installation", () => {
  const scripts = Object.keys(manifest.scripts!);
  assert.deepEqual(
    scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
    [],
  );
});

test("importing every module of the sources asks for no address", () => {
  const modules = sources
    .filter((name) => !/(^|[/-])worker\.ts$/.test(name))
    .map((name) => new URL(`../../src/${name}`, import.meta.url).href);
  assert.ok(modules.length > 150);
  const script = `
    import dns from "node:dns";
    import net from "node:net";
    import child from "node:child_process";
    import { syncBuiltinESMExports } from "node:module";
    const refuse = (what) => () => { console.error(what); process.exit(9); };
    net.Socket.prototype.connect = refuse("connect");
    dns.lookup = refuse("lookup");
    dns.promises.lookup = refuse("lookup");
    globalThis.fetch = refuse("fetch");
    for (const way of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) child[way] = refuse(way);
    syncBuiltinESMExports();
    for (const module of ${JSON.stringify(modules)}) await import(module);
    console.log("imported");
    if (process.argv[1] === "asks") fetch("https://example.invalid");`;
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", script, ...args], {
      encoding: "utf8",
      env: { PATH: process.env.PATH },
    });
  const { status, stdout, stderr } = run();
  assert.deepEqual([status, stdout], [0, "imported\n"], stderr);
  assert.equal(run("asks").status, 9, "one that asks would be seen");
});
