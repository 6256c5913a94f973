// npm run -s bench -- <name>: runs bench/<name>.bench.ts beside its peer and prints what it measured as one JSON line.
// Every figure is measured now: where the peer cannot be had, there is one line of why and a failing exit, never an old number.

import { readdirSync } from "node:fs";

/** What a benchmark exports as `run`. Larger is better or worse by its unit; the ratio is ours by the peer's. */
export interface Benchmark {
  readonly name: string;
  readonly measured: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: { readonly name: string; readonly value: number };
  readonly ratio: number;
  /** Limits that were not kept, one line each. */
  readonly broken?: readonly string[];
}

const suffix = ".bench.ts";
const names = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort();
const [name] = process.argv.slice(2);

if (name === undefined) console.log(names.join("\n"));
else if (names.includes(name)) await print(name);
else fail(`there is no benchmark "${name}"; there are ${names.join(", ")}`);

async function print(known: string): Promise<void> {
  try {
    const { run } = (await import(`./${known}${suffix}`)) as { run(): Promise<Benchmark> };
    const result = await run();
    if (!Number.isFinite(result.ratio)) throw new Error(`the ratio is ${result.ratio}`);
    console.log(JSON.stringify(result));
    for (const line of result.broken ?? []) fail(`${known}: ${line}`);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
    fail(`${known}: ${line}`);
  }
}

function fail(line: string): void {
  console.error(line);
  process.exitCode = 1;
}
