// A process of its own that gives command lines one after another and tells what each cost: what a bomb is measured in.
// Reads {cwd, lines} as JSON from its argument, and prints one JSON object.

import { type HostSpeech, speakLine } from "./host.ts";

export interface Measured {
  readonly spoken: readonly (HostSpeech & { readonly cpuSeconds: number })[];
  /** The most that was resident at any time, Node itself included. */
  readonly mostBytes: number;
}

const { cwd, lines } = JSON.parse(process.argv[2] ?? "") as {
  readonly cwd: string;
  readonly lines: readonly (readonly string[])[];
};
const spoken: Measured["spoken"][number][] = [];
for (const line of lines) {
  // What the line before it left behind is not this one's.
  globalThis.gc?.();
  const start = process.cpuUsage();
  const said = await speakLine(line, { cwd });
  const { user, system } = process.cpuUsage(start);
  spoken.push({ ...said, cpuSeconds: (user + system) / 1e6 });
}
const measured: Measured = { spoken, mostBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(measured));
