/**
 * Chance, as whole numbers: one stream for each (purpose, actor), so that a draw for one
 * purpose never shifts another's. The generator is xoshiro128**, four words of state a stream.
 */
export interface Random {
  readonly seed: number;
  /** Which stream a row of `state` is: purpose * 65536 + actor. */
  readonly keys: number[];
  /** Four words a stream. */
  state: Uint32Array;
}

/** What chance is for. */
export const PURPOSE = { bytes: 0 } as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

/** Streams of chance, none drawn from yet. @param seed  32 bits of it count */
export function random(seed: number): Random {
  return { seed: seed >>> 0, keys: [], state: new Uint32Array(16) };
}

/** One draw: a whole number from 0 to 2^32 - 1. */
export function draw(random: Random, purpose: Purpose, actor: number): number {
  const base = 4 * streamOf(random, purpose * 65_536 + actor);
  const { state } = random;
  const s1 = state[base + 1] as number;
  const drawn = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
  state[base + 2] = (state[base + 2] as number) ^ (state[base] as number);
  state[base + 3] = (state[base + 3] as number) ^ s1;
  state[base + 1] = s1 ^ (state[base + 2] as number);
  state[base] = (state[base] as number) ^ (state[base + 3] as number);
  state[base + 2] = (state[base + 2] as number) ^ (s1 << 9);
  state[base + 3] = rotate(state[base + 3] as number, 11);
  return drawn;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** The row of a stream; a new one is seeded from (seed, key) by splitmix32. */
function streamOf(random: Random, key: number): number {
  const found = random.keys.indexOf(key);
  if (found >= 0) return found;
  const row = random.keys.length;
  random.keys.push(key);
  if (4 * row + 4 > random.state.length) {
    const longer = new Uint32Array(2 * random.state.length);
    longer.set(random.state);
    random.state = longer;
  }
  let word = (random.seed ^ Math.imul(key + 1, 0x9e3779b9)) >>> 0;
  for (let at = 0; at < 4; at += 1) {
    word = (word + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    random.state[4 * row + at] = (mixed ^ (mixed >>> 15)) >>> 0;
  }
  return row;
}
