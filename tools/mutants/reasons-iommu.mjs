// Why a change of `engine/iommu` may go unseen, judged one by one.

const LEAVES = "no entry of the last level leads to a table: the level only saves a look";
const PAGE_0 = "page 0 is never given out: a place is -1, or page 1 or more";
const PASID_0 = "PASID 0 is nobody's: no process has it and no bond";
const NO_SIZE = "a word in place of a size is no size that hardware has";
const NO_CRASH = "to enter something is refused, and never a crash";

/**
 * The file, what the code looks like, what it became, why nothing can be seen.
 *
 * @type {readonly (readonly [file: string, code: RegExp, becomes: RegExp, why: string])[]}
 */
// biome-ignore format: one place a line
export const IOMMU = [
  ["iommu/dma.ts", /^start < 0$/, /^start <= 0$/, PAGE_0],
  ["iommu/dma.ts", /^low >= 0$/, /^low > 0$/, PAGE_0],
  ["iommu/dma.ts", /^range\.start >= end$/, /^range\.start > end$/, "one that begins at the end leaves the place below it as high as it was"],
  ["iommu/dma.ts", /^mapped\.errno === "BUG"$/, /^true$|^false$|!==/, NO_CRASH],
  ["iommu/dma.ts", /^"BUG"$/, /^""$/, NO_CRASH],
  ["iommu/domain.ts", /^levelsFor\(inputBits\) - 1$/, /^levelsFor\(inputBits\) \+ 1$/, LEAVES],
  ["iommu/granule.ts", /^\[\]$/, /Stryker/, NO_SIZE],
  ["iommu/page-table.ts", /^level > 0$/, /^level >= 0$/, "at level 0 the loop finds the page that is given without it"],
  ["iommu/page-table.ts", /^place < 0$/, /^false$/, "no entry stands at -1, and what is no entry is refused alike"],
  ["iommu/page-table.ts", /^level - 1$/, /^level \+ 1$/, LEAVES],
  ["iommu/pasid.ts", /^own > 0$/, /^own >= 0$/, PASID_0],
  ["iommu/pasid.ts", /^pasid > 0$/, /^true$|^pasid >= 0$/, PASID_0],
  ["iommu/sva.ts", /^feature === "sva"$/, /^true$/, "with sharing off nobody is bound, and no request waits or is parked"],
  ["iommu/translate.ts", /^row < 0$/, /^false$/, "what no row knows is looked at by nobody"],
  ["iommu/translate.ts", /^row >= 0$/, /^true$/, "where no row knew the page there is none to forget"],
  ["iommu/translate.ts", /^entry === 0$/, /^false$/, "an empty entry is handed on empty, whatever its area allows"],
  ["iommu/translate.ts", /^LEVELS - level$/, /^LEVELS \+ level$/, "a process has single pages only, at level 0"],
  ["iommu/translate.ts", /^findVma\(machine, mm, address\)\?\.prot$/, /^findVma\(machine, mm, address\)\.prot$/, "memory that is present lies in an area"],
  ["iommu/translate.ts", /^pasid > 0$/, /^true$|^pasid >= 0$/, PASID_0],
];
