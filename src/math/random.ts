// A seeded source of randomness: xoshiro128** (Blackman and Vigna 2021), 53-bit uniforms, Marsaglia's polar normals.
// The state is four 32-bit words, made from names by keys/seed.ts. Nothing here reads a clock or a global.

export interface Random {
  /** Uniform on [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, bound), bound in 1..2^32, without modulo bias. */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
}

/** Creates a generator from 128 bits of state; an all-zero state is replaced by a fixed one. */
export function createRandom(seed: Uint32Array): Random {
  let a = seed[0] ?? 0;
  let b = seed[1] ?? 0;
  let c = seed[2] ?? 0;
  let d = seed[3] ?? 0;
  if ((a | b | c | d) === 0) a = 0x9e3779b9;
  let spare: number | undefined;

  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;

  return {
    uniform,
    integer(bound) {
      const limit = 4294967296 - (4294967296 % bound);
      let word = next();
      while (word >= limit) word = next();
      return word % bound;
    },
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const square = x * x + y * y;
        if (square === 0 || square >= 1) continue;
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    },
  };
}

/** Shuffles a copy by Fisher and Yates. */
export function createShuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const held = shuffled[last] as Item;
    shuffled[last] = shuffled[other] as Item;
    shuffled[other] = held;
  }
  return shuffled;
}
