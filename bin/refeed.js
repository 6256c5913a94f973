#!/usr/bin/env node
// The door: plain old JavaScript, so that a Node too old for the sources still says so in one line.
// In a checkout it runs src/ as it is (type stripping); installed it runs dist/.
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `refeed needs Node 22.18 or newer and runs on ${process.versions.node}: ` +
      "in a checkout use `npm run -s refeed -- <verb>` (a pinned Node comes with npm ci), elsewhere `npm install node@24` beside it and `npx refeed <verb>`\n",
  );
  process.exitCode = 2;
} else {
  // A diagnostic report that Node is asked for shows the environment, and with it every key.
  process.report.excludeEnv = true;
  const source = new URL("../src/cli/main.ts", import.meta.url);
  const main = await import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
  process.exitCode = await main.runCommandLine(process);
}
