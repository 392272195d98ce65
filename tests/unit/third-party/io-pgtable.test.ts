import { describe, expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  IOMMU_PROT,
  iovaToFrame,
  mapDomain,
  translate,
  unmapDomain,
} from "../../../engine/iommu/index.ts";
import { spanOf, walk } from "../../../engine/mm/index.ts";
import { at, type Bench, bench, G1, M2 } from "../iommu/support.ts";

/**
 * After arm_lpae_run_tests of drivers/iommu/io-pgtable-arm.c (v4.18): for every set of page sizes and
 * every width of address, an empty table leads nowhere; each size is mapped where device address and
 * memory are the same, and not twice; a page out of a block leaves the rest; what went can be mapped
 * again. The original asks its table only: here the device is asked too, whose IOTLB has seen it all.
 */

const { READ, WRITE } = IOMMU_PROT;
const SETS: readonly (readonly number[])[] = [[PAGE], [PAGE, M2], [PAGE, G1], [PAGE, M2, G1]];
/** Widths that the model has, with the levels of their tables. */
const WIDTHS = [39, 48] as const;
const LEVELS = { 39: 3, 48: 4 } as const;
type Width = (typeof WIDTHS)[number];
const CASES = SETS.flatMap((sizes) => WIDTHS.map((bits) => [sizes, bits] as const));

/** 42 bytes into the range that begins at 0, at one and at two of the largest regular size. */
const FAR = [42, G1 + 42, 2 * G1 + 42];

interface Scene extends Bench {
  /** Each page size, at the address that is its number times 1G. */
  readonly leaves: readonly (readonly [size: number, iova: number])[];
}

function scene(sizes: readonly number[], inputBits: Width): Scene {
  const pageSizes = sizes.reduce((sum, size) => sum + size, 0);
  const leaves = sizes.map((size, index) => [size, index * G1] as const);
  return { ...bench({ pageSizes, inputBits, iotlb: 4 }), leaves };
}

function map({ machine, domain }: Bench, iova: number, size: number): string {
  const pfn = at(iova / PAGE);
  const made = mapDomain(machine, domain, { iova: Iova(iova), pfn, size, prot: READ | WRITE });
  return made.ok ? "ok" : made.errno;
}

/** What the table says, and what the device finds; -1 for nothing. */
function asked({ machine, domain, stream }: Bench, iova: number): number[] {
  const found = translate(machine, stream, Iova(iova), "write");
  return [iovaToFrame(machine, domain, iova), found.ok ? found.pfn : -1];
}

const nowhere = [-1, -1];
/** Device address and memory are the same. */
const itself = (iova: number) => [Math.floor(iova / PAGE), Math.floor(iova / PAGE)];

function sizeAt({ machine, domain }: Bench, iova: number, bits: Width): number {
  return spanOf(
    walk(machine.tables, machine.domains[domain]?.root ?? -1, iova, LEVELS[bits]).level,
  );
}

describe.each(CASES)("page sizes %j, addresses of %i bits", (sizes, bits) => {
  test("an empty table leads nowhere", () => {
    const to = scene(sizes, bits);
    for (const iova of FAR) expect(asked(to, iova)).toEqual(nowhere);
  });

  test("each size is mapped once", () => {
    const to = scene(sizes, bits);
    for (const [size, iova] of to.leaves) {
      expect(map(to, iova, size)).toBe("ok");
      // Over itself, over its first page, over its last.
      for (const [where, much] of [
        [iova, size],
        [iova, PAGE],
        [iova + size - PAGE, PAGE],
      ] as const) {
        expect([size, where, map(to, where, much)]).toEqual([size, where, "EEXIST"]);
      }
      for (const offset of [0, 42, size - PAGE, size - 1]) {
        expect(asked(to, iova + offset)).toEqual(itself(iova + offset));
      }
      expect(asked(to, iova + size)).toEqual(nowhere);
    }
  });

  test("a page out of each leaves the rest, and can be put back", () => {
    const to = scene(sizes, bits);
    for (const [size, iova] of to.leaves) {
      map(to, iova, size);
      for (const page of [0, 1, size / PAGE - 1].filter((one) => one * PAGE < size)) {
        const hole = iova + page * PAGE;
        expect(unmapDomain(to.machine, to.domain, hole, PAGE)).toBe(PAGE);
        expect(asked(to, hole + 42)).toEqual(nowhere);
        for (const other of [hole - PAGE, hole + PAGE].filter(
          (one) => one >= iova && one < iova + size,
        )) {
          expect(asked(to, other)).toEqual(itself(other));
        }
        expect(map(to, hole, PAGE)).toBe("ok");
        expect(asked(to, hole + 42)).toEqual(itself(hole));
      }
    }
  });

  test("all of each goes at once, and can be mapped again", () => {
    const to = scene(sizes, bits);
    for (const [size, iova] of to.leaves) map(to, iova, size);
    for (const [size, iova] of to.leaves) {
      expect(unmapDomain(to.machine, to.domain, iova, size)).toBe(size);
      for (const offset of [42, size - 1]) expect(asked(to, iova + offset)).toEqual(nowhere);
      expect(unmapDomain(to.machine, to.domain, iova, size)).toBe(0);
      expect(map(to, iova, size)).toBe("ok");
      expect(asked(to, iova + size - 1)).toEqual(itself(iova + size - 1));
      expect(sizeAt(to, iova, bits)).toBe(size);
    }
  });

  test("the last page of the address space is one, the next is ERANGE", () => {
    const to = scene(sizes, bits);
    const end = 2 ** bits;
    expect(map(to, end - PAGE, PAGE)).toBe("ok");
    expect(map(to, end, PAGE)).toBe("ERANGE");
    expect(asked(to, end - 1)).toEqual(itself(end - 1));
  });
});
