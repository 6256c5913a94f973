// bespoke-curator, in a Python environment of its own under .cache/, made once for its pinned version: the quickest of the
// samplers that keep what they were answered.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pin = "bespokelabs-curator==0.1.31";
const folder = new URL(`../.cache/${pin.replace("==", "-")}/`, import.meta.url).pathname;
const ready = `${folder}ready`;

/** Requests of `#row-N#` prompts, as many at once; processor time and seconds of its sampling alone, without its start. */
const script = `
import glob, json, os, resource, sys, time
request = json.load(sys.stdin)
# The tokenizer that a dependency brings along: none is fetched.
os.environ["TIKTOKEN_CACHE_DIR"] = glob.glob(f"{sys.prefix}/lib/python3*/site-packages/litellm/litellm_core_utils/tokenizers")[0]
from datasets import Dataset
from bespokelabs import curator

class Sampler(curator.LLM):
    def prompt(self, row):
        return row["text"]
    def parse(self, row, response):
        return {"id": row["id"], "completion": response}

texts = "# the committee said on tuesday that the rules of its members would be looked at again"
rows = [{"id": i, "text": f"#row-{i}{texts}"} for i in range(request["count"])]
sampler = Sampler(model_name="gpt-4", backend="openai", backend_params={
    "base_url": request["url"], "max_requests_per_minute": request["requests"], "max_tokens_per_minute": 10**9,
    "max_concurrent_requests": request["concurrency"], "require_all_responses": True})
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.time()
answer = sampler(Dataset.from_list(rows), working_dir=request["folder"])
seconds = time.time() - start
used = resource.getrusage(resource.RUSAGE_SELF)
data = getattr(answer, "dataset", answer)
print("FIGURES " + json.dumps({"rows": len(data), "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, "seconds": seconds}))
`;

export const peerName = `bespoke-curator (${pin}), Python`;

export interface PeerRequest {
  readonly url: string;
  readonly count: number;
  readonly concurrency: number;
  /** A minute. */
  readonly requests: number;
  /** Where it keeps what it was answered. */
  readonly folder: string;
}

export interface PeerFigures {
  readonly microseconds: number;
  readonly perSecond: number;
}

/** Starts it; throws an error of one line where it cannot be had. */
export function startPeer(request: PeerRequest): ChildProcess {
  if (!existsSync(ready)) install();
  const environment = {
    ...process.env,
    OPENAI_API_KEY: "none",
    CURATOR_DISABLE_RICH_DISPLAY: "1",
    TELEMETRY_ENABLED: "false",
  };
  const child = spawn(`${folder}bin/python`, ["-c", script], { stdio: ["pipe", "pipe", "pipe"], env: environment });
  child.stdin?.end(JSON.stringify(request));
  return child;
}

export async function runPeer(request: Omit<PeerRequest, "folder">): Promise<PeerFigures> {
  const cache = mkdtempSync(join(tmpdir(), "refeed-curator-"));
  try {
    const child = startPeer({ ...request, folder: cache });
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (data) => (stdout += data));
    child.stderr?.on("data", (data) => (stderr += data));
    await new Promise((resolve) => child.once("close", resolve));
    const line = /FIGURES (.*)/.exec(stdout)?.[1];
    if (line === undefined) throw new Error(`the peer ${pin} failed: ${stderr.trim().split("\n").at(-1)}`);
    const { rows, cpu, seconds } = JSON.parse(line) as Readonly<Record<"rows" | "cpu" | "seconds", number>>;
    if (rows !== request.count) throw new Error(`the peer ${pin} brought ${rows} of ${request.count} rows`);
    return { microseconds: (1e6 * cpu) / rows, perSecond: rows / seconds };
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function install(): void {
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder]);
  run(`${folder}bin/pip`, ["install", "--quiet", "--disable-pip-version-check", pin]);
  writeFileSync(ready, "");
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status === 0) return;
  throw new Error(
    `the peer ${pin} cannot be run (python3 with venv and pip is needed): ${String(stderr).trim().split("\n").at(-1)}`,
  );
}
