import { PAGE } from "../core/index.ts";
import { knowsSize } from "./part.ts";

const K = 1024;
const M = 1024 * K;
const G = 1024 * M;

/** What a table may hold beside its smallest pages: the blocks of two or of one level above. */
const GRANULES: readonly (readonly number[])[] = [
  [4 * K, 2 * M, G],
  [16 * K, 32 * M],
  [64 * K, 512 * M],
];
/** With pages of 64K, and more than 48 bits of physical address. */
const LARGEST = 4 * 1024 * G;

/**
 * Of the page sizes that an SMMU has, those that one table may hold. Its smallest pages are as
 * large as the CPU's where it has those, else the largest below, else the smallest above.
 *
 * @param hardware    sizes in bytes, as their sum
 * @param outputBits  bits of a physical address
 * @returns sizes in bytes, as their sum; 0 where the smallest is none of 4K, 16K, 64K
 * Leaves out: tables of 16K and 64K themselves: an IOMMU of the model has pages of 4K, or none.
 * Source: PGTABLE-007, PGTABLE-008; drivers/iommu/io-pgtable-arm.c arm_lpae_restrict_pgsizes v4.18
 */
export function chooseGranule(hardware: number, outputBits: number): number {
  const sizes: number[] = [];
  for (let size = 1; size <= hardware; size *= 2) if (knowsSize(hardware, size)) sizes.push(size);
  const below = sizes.filter((size) => size <= PAGE).at(-1);
  const smallest = below ?? sizes[0];
  const table = GRANULES.find(([granule]) => granule === smallest) ?? [];
  const isWide = smallest === 64 * K && outputBits > 48;
  return [...table, ...(isWide ? [LARGEST] : [])]
    .filter((size) => knowsSize(hardware, size))
    .reduce((sum, size) => sum + size, 0);
}
