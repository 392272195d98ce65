import {
  BEFORE_V6,
  type Check,
  firstRefusal,
  PAGE,
  record,
  SINCE_V6,
  U64_END,
  type Value,
  ZERO,
} from "../core/index.ts";
import type { IoctlRequest, Reply } from "../task/index.ts";
import { findDma } from "./dma-list.ts";
import { IOCTLS, VFIO } from "./ioctl-numbers.ts";
import { mapDma } from "./map.ts";
import { BROKEN, type Container, type Dma, type VfioPart } from "./part.ts";
import { unmapDma } from "./unmap-dma.ts";
import { readWords, type Words, wraps } from "./words.ts";

const TYPE1 = "drivers/vfio/vfio_iommu_type1.c vfio_iommu_type1_ioctl v4.18";
const NEW_MAP = "drivers/vfio/vfio_iommu_type1.c vfio_dma_do_map v6.1";

/** Words of struct vfio_iommu_type1_dma_map, of dma_unmap, of info; each by its width. */
const DMA_MAP = { argsz: 32, flags: 32, vaddr: 64, iova: 64, size: 64 } as const;
const DMA_UNMAP = { argsz: 32, flags: 32, iova: 64, size: 64 } as const;
const INFO = { argsz: 32, flags: 32, iova_pgsizes: 64 } as const;

type DmaMap = Words<keyof typeof DMA_MAP>;
type DmaUnmap = Words<keyof typeof DMA_UNMAP>;

/** READ and WRITE; the device's bits of the tables are the same. */
const RIGHTS = BigInt(VFIO.VFIO_DMA_MAP_FLAG_READ | VFIO.VFIO_DMA_MAP_FLAG_WRITE);
const VADDR = BigInt(VFIO.VFIO_DMA_MAP_FLAG_VADDR);
/** The model's IOMMUs all know 4K: the smallest page is that. */
const MASK = BigInt(PAGE - 1);

function isOff(...words: readonly bigint[]): boolean {
  return words.some((word) => (word & MASK) !== 0n);
}

// biome-ignore format: one check a line
export const MAP_WORD_CHECKS: readonly Check<DmaMap>[] = [
  { errno: "EINVAL", source: TYPE1, why: "argsz below 32", refuses: ({ argsz }) => argsz < IOCTLS.VFIO_IOMMU_MAP_DMA.argsz },
  { errno: "EINVAL", source: TYPE1, why: "a flag that is not READ or WRITE", kernels: BEFORE_V6, refuses: ({ flags }) => (flags & ~RIGHTS) !== 0n },
  { errno: "EINVAL", source: NEW_MAP, why: "a flag that is not READ, WRITE or VADDR", kernels: SINCE_V6, refuses: ({ flags }) => (flags & ~(RIGHTS | VADDR)) !== 0n },
  { errno: "EINVAL", source: TYPE1, why: "neither READ nor WRITE", refuses: ({ flags }) => flags === 0n },
  { errno: "EINVAL", source: NEW_MAP, why: "VADDR with READ or WRITE", kernels: SINCE_V6, refuses: ({ flags }) => (flags & VADDR) !== 0n && flags !== VADDR },
  { errno: "EINVAL", source: "VFIO-DMA-010", why: "size is 0", refuses: ({ size }) => size === 0n },
  { errno: "EINVAL", source: TYPE1, why: "iova, vaddr or size is not whole pages", refuses: ({ iova, vaddr, size }) => isOff(iova, vaddr, size) },
  { errno: "EINVAL", source: TYPE1, why: "iova wraps past 2^64", refuses: ({ iova, size }) => wraps(iova, size) },
  { errno: "EINVAL", source: "VFIO-DMA-013", why: "vaddr wraps past 2^64", refuses: ({ vaddr, size }) => wraps(vaddr, size) },
];

/** VADDR of v6.1 gives a mapping a new process address, where UNMAP_DMA took the old one away. */
// biome-ignore format: one check a line
export const VADDR_CHECKS: readonly Check<Dma | undefined>[] = [
  { errno: "ENOENT", source: "VFIO-DMA-078", why: "no mapping there", refuses: (dma) => dma === undefined },
  { errno: "EINVAL", source: NEW_MAP, why: "the mapping has its vaddr", refuses: (dma) => dma !== undefined },
];

/**
 * ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz, flags, vaddr, iova, size}).
 *
 * Refuses: EFAULT; MAP_WORD_CHECKS in order; then as `mapDma` does, or with VADDR, VADDR_CHECKS.
 * Leaves out: UNMAP_DMA with VADDR, so that no mapping is ever without one.
 */
export function ioctlMapDma(machine: VfioPart, id: number, pid: number, arg: Value): Reply {
  const map = readWords(arg, DMA_MAP);
  if (!map.ok) return map;
  const refusal = firstRefusal(MAP_WORD_CHECKS, machine.kernel, map.value);
  if (refusal) return refusal;
  if (record(machine.containers, id).isBroken) return BROKEN;
  const { flags, vaddr, iova, size } = map.value;
  const wish = {
    iova: Number(iova), // exact, all three: whole pages
    vaddr: Number(vaddr),
    size: Number(size),
    prot: Number(flags & RIGHTS),
  };
  if ((flags & VADDR) !== 0n) {
    const dma = findDma(record(machine.containers, id).dmas, wish.iova, wish.size);
    return firstRefusal(VADDR_CHECKS, machine.kernel, dma) ?? ZERO;
  }
  const mapped = mapDma(machine, id, wish, pid);
  return mapped.ok ? ZERO : mapped;
}

const ALL = BigInt(VFIO.VFIO_DMA_UNMAP_FLAG_ALL);

const isAll = ({ flags }: DmaUnmap) => (flags & ALL) !== 0n;

// biome-ignore format: one check a line
export const UNMAP_WORD_CHECKS: readonly Check<DmaUnmap>[] = [
  { errno: "EINVAL", source: "VFIO-DMA-039", why: "argsz below 24", refuses: ({ argsz }) => argsz < IOCTLS.VFIO_IOMMU_UNMAP_DMA.argsz },
  { errno: "EINVAL", source: "VFIO-DMA-040", why: "a flag is set", kernels: BEFORE_V6, refuses: ({ flags }) => flags !== 0n },
  { errno: "EINVAL", source: "VFIO-DMA-076", why: "a flag that is not ALL", kernels: SINCE_V6, refuses: ({ flags }) => (flags & ~ALL) !== 0n },
  { errno: "EINVAL", source: "VFIO-DMA-074", why: "ALL with iova or size", kernels: SINCE_V6, refuses: (unmap) => isAll(unmap) && (unmap.iova !== 0n || unmap.size !== 0n) },
  { errno: "EINVAL", source: TYPE1, why: "iova or size is not whole pages", refuses: ({ iova, size }) => isOff(iova, size) },
  { errno: "EINVAL", source: TYPE1, why: "size is 0", refuses: (unmap) => unmap.size === 0n && !isAll(unmap) },
  { errno: "EINVAL", source: TYPE1, why: "the range wraps, or ends at 2^64", kernels: BEFORE_V6, refuses: ({ iova, size }) => iova + size >= 1n << 64n },
  { errno: "EINVAL", source: TYPE1, why: "the range wraps past 2^64", kernels: SINCE_V6, refuses: ({ iova, size }) => wraps(iova, size) },
];

/**
 * ioctl(container, VFIO_IOMMU_UNMAP_DMA, {argsz, flags, iova, size}); `size` is written back: how
 * much went. On an error nothing is (VFIO-DMA-049).
 *
 * Refuses: EFAULT; UNMAP_WORD_CHECKS in order; then as `unmapDma` does.
 * Leaves out: dirty bitmaps and VADDR of v6.1.
 */
export function ioctlUnmapDma(machine: VfioPart, { object, arg, ...who }: IoctlRequest): Reply {
  const unmap = readWords(arg, DMA_UNMAP);
  if (!unmap.ok) return unmap;
  const refusal = firstRefusal(UNMAP_WORD_CHECKS, machine.kernel, unmap.value);
  if (refusal) return refusal;
  if (record(machine.containers, object).isBroken) return BROKEN;
  const all = isAll(unmap.value);
  const [iova, size] = all
    ? [0, U64_END - PAGE / 2] // behind where the last page begins
    : [Number(unmap.value.iova), Number(unmap.value.size)];
  return unmapDma(machine, object, { iova, size }, who);
}

/**
 * ioctl(container, VFIO_IOMMU_GET_INFO, {argsz}): the page sizes that every domain of the
 * container knows; with no domain all of them (VFIO-DMA-005).
 *
 * Refuses: EFAULT; EINVAL for an argsz below 16 (VFIO-DMA-002).
 * Leaves out: capability chains of later kernels.
 */
export function ioctlGetInfo(machine: VfioPart, container: Container, arg: Value): Reply {
  const info = readWords(arg, INFO);
  if (!info.ok) return info;
  const refusal = firstRefusal(INFO_CHECKS, machine.kernel, info.value);
  if (refusal) return refusal;
  if (container.isBroken) return BROKEN;
  const written = {
    flags: VFIO.VFIO_IOMMU_INFO_PGSIZES,
    iova_pgsizes: pageSizes(machine, container),
  };
  return { ...ZERO, written };
}

// biome-ignore format: one check a line
export const INFO_CHECKS: readonly Check<Words<keyof typeof INFO>>[] = [
  { errno: "EINVAL", source: "VFIO-DMA-002", why: "argsz below 16", refuses: ({ argsz }) => argsz < IOCTLS.VFIO_IOMMU_GET_INFO.argsz },
];

/** As a bitmap (vfio_pgsize_bitmap). */
function pageSizes(machine: VfioPart, { domains }: Container): bigint {
  const every = (1n << 64n) - 1n;
  const common = domains.reduce((sizes, { domain }) => {
    const { iommu } = record(machine.domains, domain);
    return sizes & BigInt(record(machine.iommus, iommu).pageSizes);
  }, every);
  // Smaller pages than the CPU's are put together to one of those.
  return (common & MASK) === 0n ? common : (common & ~MASK) | BigInt(PAGE);
}
