// Google's Python rouge_score, in an environment of its own under .cache/, made once for its pinned version.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

const pin = "rouge-score==0.1.2";
const folder = new URL(`../.cache/${pin.replace("==", "-")}/`, import.meta.url).pathname;
const ready = `${folder}ready`;

const script = `
import json, sys, time
from rouge_score import rouge_scorer
request = json.load(sys.stdin)
scorer = rouge_scorer.RougeScorer(request["metrics"], use_stemmer=False)
start = time.process_time()
scores = [scorer.score(reference, prediction) for reference, prediction in request["pairs"]]
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "scores": [[number for metric in request["metrics"] for number in score[metric]] for score in scores]}))
`;

export const peerName = `Google's rouge_score (${pin}), Python`;

export interface PeerResult {
  /** CPU seconds from strings to scores, one thread. */
  readonly seconds: number;
  /** Precision, recall and F of each metric, for each pair. */
  readonly scores: readonly (readonly number[])[];
}

/** Scores pairs of reference and prediction with the peer; throws an error of one line where it cannot be had. */
export function scoreWithPeer(metrics: readonly string[], pairs: readonly (readonly [string, string])[]): PeerResult {
  if (!existsSync(ready)) install();
  return JSON.parse(run(`${folder}bin/python`, ["-c", script], JSON.stringify({ metrics, pairs })));
}

function install(): void {
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder]);
  run(`${folder}bin/pip`, ["install", "--quiet", "--disable-pip-version-check", pin]);
  writeFileSync(ready, "");
}

function run(command: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 2 ** 30 });
  if (status === 0) return stdout;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Error(`the peer ${pin} cannot be run (python3 with venv and pip is needed): ${reason}`);
}
