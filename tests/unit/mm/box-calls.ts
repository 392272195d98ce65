import fc from "fast-check";

/** Calls on the memory of processes, at random. */

/** Few pages and few processes, so that calls meet. */
export const DRIVER_PAGES = 2;
export const FIRST = -1;
export const LAST = 2;

export const anOp = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("map" as const),
      who: fc.nat(2),
      at: fc.option(fc.integer({ min: FIRST, max: LAST })),
      pages: fc.integer({ min: 1, max: DRIVER_PAGES }),
      prot: fc.constantFrom(3, 3, 3, 1, 0, 2),
      kind: fc.constantFrom("private", "private", "private", "shared", "device" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom("unmap", "dontNeed", "readOnly", "writable" as const),
      who: fc.nat(2),
      at: fc.integer({ min: FIRST, max: LAST }),
      pages: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("write" as const),
      who: fc.nat(2),
      at: fc.integer({ min: FIRST, max: LAST }),
      value: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom("read", "pin", "pinToRead" as const),
      who: fc.nat(2),
      at: fc.integer({ min: FIRST, max: LAST }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom("fork", "exit" as const), who: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("unpin" as const), which: fc.nat(5) }) },
);

export type Op = typeof anOp extends fc.Arbitrary<infer T> ? T : never;
