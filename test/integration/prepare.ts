// Installs what the integration suite needs and this machine lacks: Debian's Chromium, for looking at reports.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const chromium = "/usr/bin/chromium";

if (!existsSync(chromium)) {
  console.log("installing chromium");
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
    const [command = "apt-get", ...rest] = [...sudo, "apt-get", "-q", ...args];
    const { status } = spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) console.error(`${command} ${rest.join(" ")} failed; install Chromium at ${chromium} by hand`);
  }
}
if (!existsSync(chromium)) process.exitCode = 1;
