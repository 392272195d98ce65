import { U64_END } from "../core/index.ts";
import type { Dma } from "./part.ts";

/**
 * The mapping that a range meets; undefined for none (vfio_find_dma). As in Linux the sum of
 * start and size is a 64-bit word: a range that ends at 2^64, or a mapping that does, is not
 * found. So the last page of all can be mapped, twice even, and not be unmapped.
 *
 * @param size  0 asks for a mapping that `start` lies inside of, behind its first byte
 */
export function findDma(dmas: readonly Dma[], start: number, size: number): Dma | undefined {
  const end = start + size;
  if (end === U64_END) return undefined;
  return dmas.find((dma) => {
    const dmaEnd = dma.iova + dma.size;
    return end > dma.iova && dmaEnd !== U64_END && start < dmaEnd;
  });
}

/** The list with one more, in the order of device addresses. */
export function withDma(dmas: readonly Dma[], dma: Dma): readonly Dma[] {
  const after = dmas.findIndex((other) => other.iova > dma.iova);
  return dmas.toSpliced(after < 0 ? dmas.length : after, 0, dma);
}
