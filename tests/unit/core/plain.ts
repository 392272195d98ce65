import fc from "fast-check";

/** Plain data as a machine has it: whole numbers, words of 64 bits, text, lists, records, columns. */

const aWhole = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(0xffffffff, 0x100000000, 2 ** 64, 0.5, 1 / 3),
);

const aColumn = fc.oneof(
  fc.array(aWhole, { maxLength: 5 }).map((all) => Float64Array.from(all)),
  fc.array(fc.integer(), { maxLength: 5 }).map((all) => Int32Array.from(all)),
  fc.array(fc.nat(255), { maxLength: 5 }).map((all) => Uint8Array.from(all)),
  fc.array(fc.nat(0xffffffff), { maxLength: 5 }).map((all) => Uint32Array.from(all)),
  fc.nat(9).map((length) => new Float64Array(length)),
);

/** Field names that a flow may bind, with those that plain objects have already. */
const aName = fc.constantFrom("a", "b", "value", "length", "constructor", "toString", "__proto__");

const aLeaf = fc.oneof(
  aWhole,
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
  fc.boolean(),
  fc.constantFrom(null, undefined),
);

export const { plain: aPlain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    aLeaf,
    aColumn,
    fc.array(tie("plain"), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(aName, tie("plain")), { maxLength: 4, selector: ([name]) => name })
      .map((fields) => Object.fromEntries(fields)),
  ),
}));
