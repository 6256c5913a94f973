// How long `refeed --help` takes, beside a Node that does nothing: what is left is our own doing.

import { spawnSync } from "node:child_process";

const refeed = new URL("../bin/refeed.js", import.meta.url).pathname;

export async function run() {
  const ours = medianMs([refeed, "--help"]);
  const peer = medianMs(["--eval", "0"]);
  return {
    name: "help",
    measured: "median of ten starts, wall clock; the peer is a Node that starts and ends",
    unit: "ms",
    ours,
    peer: { name: `node ${process.version} --eval 0`, value: peer },
    ratio: ours / peer,
  };
}

function medianMs(args: readonly string[]): number {
  const times = Array.from({ length: 10 }, () => {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return (times[4]! + times[5]!) / 2;
}
