// How many pairs of about 40 words are scored in a CPU second, from strings to precision, recall and F of rouge-1, 2 and L,
// beside Google's Python implementation on the same pairs, whose numbers must be the same to the last bit.

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { scoreFiles } from "../src/evaluation/score-file.ts";
import { computeSeed } from "../src/keys/seed.ts";
import { createRandom, type Random } from "../src/math/random.ts";
import { createRougeScorer, type RougeScorer } from "../src/text/rouge-scorer.ts";
import { peerName, scoreWithPeer } from "./rouge-peer.ts";

type Pair = readonly [reference: string, prediction: string];
type Reader = Pick<RougeScorer, "read">;

const metrics = ["rouge1", "rouge2", "rougeL"] as const;
const pairCount = 4000;
const measuredSeconds = 2;
const fileRepeats = 75;

export async function run() {
  const pairs = createPairs(pairCount, createRandom(computeSeed("bench", "rouge")));
  const peer = scoreWithPeer(metrics, pairs);
  const scorer = createRougeScorer({ metrics });
  assertSame(scorer, pairs, peer.scores);
  const ours = measure(scorer, pairs);
  const peerRate = pairs.length / peer.seconds;
  return {
    name: "rouge",
    measured: "pairs of about 40 words a CPU second on one thread, strings to rouge-1 + 2 + L, unstemmed",
    unit: "pairs/CPU-s",
    ours,
    peer: { name: peerName, value: peerRate },
    ratio: ours / peerRate,
    sameNumbers: pairs.length * metrics.length * 3,
    stemmed: measure(createRougeScorer({ metrics, stemmer: true }), pairs),
    files: await measureFiles(pairs),
  };
}

/** Throws where one number of any pair differs from the peer's. */
function assertSame(scorer: Reader, pairs: readonly Pair[], expected: readonly (readonly number[])[]): void {
  for (const [index, [reference, prediction]] of pairs.entries()) {
    const numbers = scorer.read(reference, prediction);
    if (expected[index]?.every((number, at) => number === numbers[at])) continue;
    throw new Error(`pair ${index} scores ${[...numbers]}, the peer says ${expected[index]}`);
  }
}

/** Pairs a CPU second, garbage collection and compilation included. */
function measure(scorer: Reader, pairs: readonly Pair[]): number {
  const start = process.cpuUsage();
  for (let scored = 0; ; ) {
    for (const [reference, prediction] of pairs) scorer.read(reference, prediction);
    scored += pairs.length;
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > measuredSeconds) return scored / seconds;
  }
}

/** What `refeed score` does with two files: read, parse, match by id, score on all processors, average. */
async function measureFiles(pairs: readonly Pair[]) {
  const folder = mkdtempSync(join(tmpdir(), "refeed-rouge-"));
  try {
    const write = (name: string, side: 0 | 1, field: string) => {
      const path = join(folder, name);
      const render = (repeat: number) =>
        pairs.map((pair, index) => `${JSON.stringify({ id: repeat * pairs.length + index, [field]: pair[side] })}\n`);
      for (let repeat = 0; repeat < fileRepeats; repeat++) {
        writeFileSync(path, render(repeat).join(""), { flag: "a" });
      }
      return { name, open: () => createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Uint8Array> };
    };
    const sources = { references: write("r", 0, "reference"), predictions: write("p", 1, "prediction") };
    const workerCount = availableParallelism();
    const start = { cpu: process.cpuUsage(), wall: performance.now() };
    const openSpill = () => {
      throw new Error("files in one order need no place on disk");
    };
    const settings = { metrics, stemmer: false, seed: 0, workerCount, rows: undefined, openSpill };
    const { pairs: count } = await scoreFiles({ ...sources, ...settings });
    const seconds = (performance.now() - start.wall) / 1000;
    const { user, system } = process.cpuUsage(start.cpu);
    return {
      pairs: count,
      workers: workerCount,
      perSecond: count / seconds,
      perCpuSecond: (count * 1e6) / (user + system),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const syllables = "ka lo mi ra ten vor sel ing pro con de tion al er st un re ly ment ous".split(" ");

/** References of 32 to 48 words with Zipf's frequencies, and predictions that keep about two thirds of theirs. */
function createPairs(count: number, random: Random): Pair[] {
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(items.length)]!;
  const vocabulary = Array.from({ length: 20_000 }, (_, index) => {
    const length = index < 200 ? 1 + random.integer(2) : 2 + random.integer(2);
    return Array.from({ length }, () => pick(syllables)).join("");
  });
  const draw = (): string => vocabulary[Math.floor(vocabulary.length ** random.uniform()) - 1] ?? "the";
  const write = (words: readonly string[]): string => {
    const text = words.map((word) => (random.uniform() < 0.1 ? `${word},` : word)).join(" ");
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  };
  return Array.from({ length: count }, () => {
    const reference = Array.from({ length: 32 + random.integer(17) }, draw);
    const prediction = reference.flatMap((word) => {
      const chance = random.uniform();
      if (chance < 0.65) return [word];
      if (chance < 0.8) return [draw()];
      return chance < 0.9 ? [word, draw()] : [];
    });
    return [write(reference), write(prediction)];
  });
}
