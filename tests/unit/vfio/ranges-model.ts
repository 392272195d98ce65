import { type Kernel, PAGE } from "../../../engine/core/index.ts";

/** A mapping as the model keeps it: all in pages. `frames`: what the process had when it mapped. */
export interface Range {
  readonly iova: number;
  readonly vaddr: number;
  readonly pages: number;
  readonly isWrite: boolean;
  readonly frames: readonly number[];
}

export interface MapAsk {
  readonly iova: number;
  readonly vaddr: number;
  readonly pages: number;
  readonly isWrite: boolean;
}

/** What the model has to know of the process: what stands behind each page of its buffer. */
export interface Memory {
  /** 0: untouched. */
  frameOf(page: number): number;
  has(page: number): boolean;
  /** Pages it may lock; Infinity for one that may lock any number. */
  readonly limit: number;
}

/**
 * The plainest container that could be right: a list of ranges. It pins and charges what is not
 * the zero page, each page of each range once.
 */
export class Ranges {
  readonly kernel: Kernel;
  readonly isV2: boolean;
  list: readonly Range[] = [];

  constructor(kernel: Kernel, isV2: boolean) {
    this.kernel = kernel;
    this.isV2 = isV2;
  }

  /** Pages charged: a frame of 0 is the zero page. */
  charged(): number {
    return this.list.flatMap(({ frames }) => frames).filter((frame) => frame > 0).length;
  }

  /** What MAP_DMA comes to. */
  judge({ iova, vaddr, pages, isWrite }: MapAsk, memory: Memory): string {
    if (pages === 0) return "EINVAL";
    if (this.list.some((range) => meets(range, iova, pages))) return "EEXIST";
    let charged = this.charged();
    for (let page = vaddr; page < vaddr + pages; page += 1) {
      if (!memory.has(page)) return "EFAULT";
      if (!isWrite && memory.frameOf(page) === 0) continue;
      charged += 1;
      if (charged > memory.limit) return "ENOMEM";
    }
    return "0";
  }

  add(ask: MapAsk, memory: Memory): void {
    const frames = Array.from({ length: ask.pages }, (_, page) => memory.frameOf(ask.vaddr + page));
    this.list = [...this.list, { ...ask, frames }].sort((a, b) => a.iova - b.iova);
  }

  /** What UNMAP_DMA comes to: an errno, or the pages removed. */
  remove(iova: number, pages: number): number | string {
    if (pages === 0) return "EINVAL";
    const hit = this.list.filter((range) => meets(range, iova, pages));
    if (this.isV2) {
      if (hit.some((range) => range.iova < iova)) return "EINVAL";
      if (hit.some((range) => range.iova + range.pages > iova + pages)) return "EINVAL";
    } else if (hit[0] && hit[0].iova < iova) {
      return 0;
    }
    this.list = this.list.filter((range) => !hit.includes(range));
    return hit.reduce((sum, range) => sum + range.pages, 0);
  }

  clear(): number {
    const pages = this.list.reduce((sum, range) => sum + range.pages, 0);
    this.list = [];
    return pages;
  }

  /** Which frame each page of device addresses leads to, lowest first, in bytes as a table says it. */
  entries(): [iova: number, pfn: number, size: number][] {
    return this.list.flatMap(({ iova, frames }) =>
      frames.map((frame, page): [number, number, number] => [(iova + page) * PAGE, frame, PAGE]),
    );
  }

  /** Pins of each frame that has any, lowest first. */
  pins(): [pfn: number, pins: number][] {
    const counts = new Map<number, number>();
    for (const frame of this.list.flatMap(({ frames }) => frames)) {
      if (frame > 0) counts.set(frame, (counts.get(frame) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => a - b);
  }
}

function meets(range: Range, iova: number, pages: number): boolean {
  return range.iova < iova + pages && iova < range.iova + range.pages;
}
