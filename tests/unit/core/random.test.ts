import fc from "fast-check";
import { expect, test } from "vitest";
import { clone, decode, draw, encode, PURPOSE, random } from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "./fuzz.ts";

const WORD = (1n << 32n) - 1n;

/** xoshiro128** as its authors wrote it, in numbers that cannot overflow. */
function* reference(state: readonly number[]): Generator<number> {
  let [a = 0n, b = 0n, c = 0n, d = 0n] = state.map(BigInt);
  const rotate = (word: bigint, by: bigint) => ((word << by) | (word >> (32n - by))) & WORD;
  for (;;) {
    yield Number((rotate((b * 5n) & WORD, 7n) * 9n) & WORD);
    const shifted = (b << 9n) & WORD;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11n);
  }
}

const aSeed = fc.nat(0xffffffff);

test(
  "draws are those of xoshiro128**, from the state of the stream",
  () =>
    check(
      fc.property(aSeed, fc.nat(100), (seed, actor) => {
        const real = random(seed);
        const wanted = reference(stateBefore(seed, actor));
        for (let count = 0; count < 20; count += 1) {
          expect(draw(real, PURPOSE.bytes, actor)).toBe(wanted.next().value);
        }
      }),
    ),
  TIMEOUT,
);

/** splitmix32 over seed and stream, as the engine seeds a stream. */
function stateBefore(seed: number, key: number): number[] {
  let word = BigInt(seed) ^ ((BigInt(key + 1) * 0x9e3779b9n) & WORD);
  return Array.from({ length: 4 }, () => {
    word = (word + 0x9e3779b9n) & WORD;
    let mixed = ((word ^ (word >> 16n)) * 0x21f0aaadn) & WORD;
    mixed = ((mixed ^ (mixed >> 15n)) * 0x735a2d97n) & WORD;
    return Number(mixed ^ (mixed >> 15n));
  });
}

test(
  "a draw for one actor never shifts another's",
  () =>
    check(
      fc.property(aSeed, fc.array(fc.nat(9), { maxLength: 60 }), (seed, actors) => {
        const together = random(seed);
        const mixed = actors.map((actor) => [actor, draw(together, PURPOSE.bytes, actor)]);
        for (const actor of new Set(actors)) {
          const alone = random(seed);
          const own = actors.filter((other) => other === actor);
          expect(mixed.filter(([other]) => other === actor).map(([, word]) => word)).toEqual(
            own.map(() => draw(alone, PURPOSE.bytes, actor)),
          );
        }
      }),
    ),
  TIMEOUT,
);

test(
  "a copy, and one read back from text, draw the same",
  () =>
    check(
      fc.property(aSeed, fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }), (seed, actors) => {
        const real = random(seed);
        for (const actor of actors) draw(real, PURPOSE.bytes, actor);
        const others = [clone(real), decode<typeof real>(encode(real))];
        const next = actors.map((actor) => draw(real, PURPOSE.bytes, actor));
        for (const other of others) {
          expect(actors.map((actor) => draw(other, PURPOSE.bytes, actor))).toEqual(next);
        }
      }),
    ),
  TIMEOUT,
);

test("seeds and actors differ from each other", () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 50; seed += 1) {
    for (let actor = 0; actor < 50; actor += 1) {
      seen.add(draw(random(seed), PURPOSE.bytes, actor));
    }
  }
  expect(seen.size).toBeGreaterThan(2490);
});
