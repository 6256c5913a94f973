// Python's datasketch, in an environment of its own under .cache/, made once for its pinned version.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

const pin = "datasketch==2.0.0";
const folder = new URL(`../.cache/${pin.replace("==", "-")}/`, import.meta.url).pathname;
const ready = `${folder}ready`;

/** The same work: the first row of near ones stays; candidates of the index are decided by all 128 places. */
const script = `
import json, sys, time
from datasketch import MinHash, MinHashLSH
texts = json.load(sys.stdin)
start = time.process_time()
index = MinHashLSH(threshold=0.8, num_perm=128)
signatures, kept = {}, []
for number, text in enumerate(texts):
    words = text.lower().split()
    signature = MinHash(num_perm=128)
    signature.update_batch([" ".join(words[at:at + 5]).encode() for at in range(max(1, len(words) - 4))])
    if any(signature.jaccard(signatures[other]) >= 0.8 for other in index.query(signature)): continue
    index.insert(number, signature)
    signatures[number] = signature
    kept.append(number)
print(json.dumps({"seconds": time.process_time() - start, "kept": kept}))
`;

export const peerName = `${pin}, Python with numpy`;

export interface PeerResult {
  /** CPU seconds from texts to the rows that stay. */
  readonly seconds: number;
  /** Their places. */
  readonly kept: readonly number[];
}

/** Throws an error of one line where the peer cannot be had. */
export function dedupeWithPeer(texts: readonly string[]): PeerResult {
  if (!existsSync(ready)) install();
  return JSON.parse(run(`${folder}bin/python`, ["-c", script], JSON.stringify(texts))) as PeerResult;
}

function install(): void {
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder]);
  run(`${folder}bin/pip`, ["install", "--quiet", "--disable-pip-version-check", pin]);
  writeFileSync(ready, "");
}

function run(command: string, args: readonly string[], input = ""): string {
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status === 0) return stdout;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Error(`the peer ${pin} cannot be run (python3 with venv and pip is needed): ${reason}`);
}
