// Words of a text as pairs of hashes, in any script: NFKC, lower case, then every run of letters, marks and digits is a word.
// Scripts that set no spaces between words count every character as one. No word is kept: equal hashes stand for equal words.

import { createLarger } from "../scratch.ts";

/** Words in order, each by two hashes of 32 bits. */
export interface WordHashes {
  first: Int32Array<ArrayBuffer>;
  second: Int32Array<ArrayBuffer>;
  count: number;
}

export function createWordHashes(): WordHashes {
  return { first: new Int32Array(256), second: new Int32Array(256), count: 0 };
}

const [separator, inWord, alone, unknown] = [0, 1, 2, 255];
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** The class of every code unit, found out when it is first met. */
const classes = new Uint8Array(65536).fill(unknown);

function computeClass(code: number): number {
  // Halves of a pair: letters of old scripts, and signs, which tell texts apart as well as letters do.
  if (code >= 0xd800 && code < 0xe000) return inWord;
  const character = String.fromCharCode(code);
  if (spaceless.test(character)) return alone;
  return /[\p{L}\p{M}\p{N}]/u.test(character) ? inWord : separator;
}

/** Fills `words` with those of the text. */
export function readWords(text: string, words: WordHashes): void {
  const normal = text.normalize("NFKC").toLowerCase();
  words.count = 0;
  let [one, other, length] = [firstBasis, secondBasis, 0];
  for (let at = 0; at <= normal.length; at++) {
    const code = at < normal.length ? normal.charCodeAt(at) : 0x20;
    let kind = classes[code]!;
    if (kind === unknown) {
      kind = computeClass(code);
      classes[code] = kind;
    }
    if (kind !== inWord && length > 0) {
      add(words, one, other);
      [one, other, length] = [firstBasis, secondBasis, 0];
    }
    if (kind === separator) continue;
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x5bd1e995);
    other ^= other >>> 15;
    length += 1;
    if (kind !== alone) continue;
    add(words, one, other);
    [one, other, length] = [firstBasis, secondBasis, 0];
  }
}

const firstBasis = 0x811c9dc5 | 0;
const secondBasis = 0x9747b28c | 0;

function add(words: WordHashes, one: number, other: number): void {
  if (words.count === words.first.length) {
    words.first = createLarger(words.first, 0);
    words.second = createLarger(words.second, 0);
  }
  words.first[words.count] = computeMix(one);
  words.second[words.count] = computeMix(other);
  words.count += 1;
}

/** Every bit of the result hangs on every bit of the value (Appleby, MurmurHash3's finaliser). */
export function computeMix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
