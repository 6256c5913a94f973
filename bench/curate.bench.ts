// How many articles of some 260 words are held against all before them in a CPU second, near ones at 80 % being dropped, beside
// Python's datasketch on the same articles. Both estimate: how often they decide alike is told, and limited from below.

import { createCurator } from "../src/datasets/curate/curator.ts";
import { computeSeed } from "../src/keys/seed.ts";
import { createRandom, type Random } from "../src/math/random.ts";
import { dedupeWithPeer, peerName } from "./curate-peer.ts";

const rowCount = 4000;
const wordCount = 260;
const leastAgreement = 0.97;

const noLimits = { minWords: null, maxWords: null, minCharacters: null, maxCharacters: null };
const settings = {
  filter: { empty: "refuse", longer: "keep", article: noLimits, summary: noLimits },
  dedupe: { exact: "none", near: 0.8, words: 5 },
  decontaminate: null,
} as const;

export async function run() {
  const texts = createTexts(createRandom(computeSeed("bench", "curate")));
  const peer = dedupeWithPeer(texts);
  // Once to compile, once to count.
  dedupe(texts);
  const start = process.cpuUsage();
  const kept = new Set(dedupe(texts));
  const { user, system } = process.cpuUsage(start);
  const ours = texts.length / ((user + system) / 1e6);
  const peerRate = texts.length / peer.seconds;
  const theirs = new Set(peer.kept);
  const alike = texts.filter((_, index) => kept.has(index) === theirs.has(index)).length / texts.length;
  return {
    name: "curate",
    measured: `articles of ${wordCount} words a CPU second on one thread, near ones at 80 % dropped (128 places, shingles of 5 words)`,
    unit: "articles/CPU-s",
    ours,
    peer: { name: peerName, value: peerRate },
    ratio: ours / peerRate,
    kept: kept.size,
    peerKept: theirs.size,
    alike,
    broken: alike < leastAgreement ? [`decides like the peer in ${alike} of the rows, at least ${leastAgreement}`] : [],
  };
}

function dedupe(texts: readonly string[]): number[] {
  const curator = createCurator(settings);
  return texts.flatMap((article, index) => (curator.add("train", { id: "", article, summary: "s" }) ? [index] : []));
}

/** One in ten is a copy of an earlier one with 1 to 12 words changed, which is a similarity of 0.96 to 0.62. */
function createTexts(random: Random): string[] {
  const texts: string[] = [];
  const draw = (): string => `w${Math.floor(8000 * random.uniform() ** 2)}`;
  while (texts.length < rowCount) {
    const isCopy = texts.length > 50 && random.integer(10) === 0;
    const words = isCopy ? texts[random.integer(texts.length)]!.split(" ") : Array.from({ length: wordCount }, draw);
    if (isCopy)
      for (let changes = 1 + random.integer(12); changes > 0; changes--) words[random.integer(wordCount)] = draw();
    texts.push(words.join(" "));
  }
  return texts;
}
