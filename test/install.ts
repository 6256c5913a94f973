// Installs the Debian packages that a suite needs and this machine lacks; a suite without them fails, it does not skip.
// node test/install.ts chromium strace

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const programByPackage: Readonly<Record<string, string>> = {
  chromium: "/usr/bin/chromium",
  strace: "/usr/bin/strace",
  faketime: "/usr/bin/faketime",
  "python3-pip": "/usr/bin/pip3",
  "g++": "/usr/bin/g++",
};

const wanted = process.argv.slice(2);
const listMissing = (): string[] => wanted.filter((name) => !existsSync(programByPackage[name] ?? ""));

const missing = listMissing();
if (missing.length > 0) {
  console.log(`installing ${missing.join(" and ")}`);
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const [command = "apt-get", ...rest] = [...sudo, "apt-get", "-q", ...args];
    const { status } = spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) console.error(`${command} ${rest.join(" ")} failed; install ${missing.join(" and ")} by hand`);
  }
}
if (listMissing().length > 0) process.exitCode = 1;
