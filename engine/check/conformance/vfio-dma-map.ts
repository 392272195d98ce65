import { ADDRESS_END, PAGE, U64_END } from "../../core/index.ts";
import { FLAG } from "../../task/index.ts";
import { IOCTLS, VFIO } from "../../vfio/index.ts";
import {
  addMdev,
  addMtty,
  addPci,
  type Bench,
  type Got,
  type Process,
  setUp,
} from "../bench/index.ts";
import { outcome, prose, refused, said } from "./compare.ts";
import { BLOCK } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";
import { at, containerOf } from "./vfio-states.ts";

/** Where things are for the device. */
const AT = 16 * PAGE;
const PAGES = 4;

/** A container that one device of the bus is in, and a program with a buffer. */
export function ready(lab: Lab, options: Parameters<typeof at>[2] = {}, pages = PAGES) {
  const { bench, app, container, device } = at(lab, "device", options);
  return { bench, app, container, device, buffer: app.buffer(pages) };
}

/** A container that only a mediated device is in. */
export function mediated(lab: Lab) {
  const bench = lab.bench();
  addMtty(bench);
  const mdev = addMdev(bench);
  const { container, groups } = setUp(bench.app, [mdev]);
  return { bench, app: bench.app, container, groups, buffer: bench.app.buffer(PAGES) };
}

function map(app: Process, container: number, vaddr: number, pages: number, iova = AT): Got {
  return app.map(container, { vaddr, iova, size: pages * PAGE });
}

/** Nothing is pinned, charged, entered or recorded. */
function isUntouched(bench: Bench, app: Process, container: number): boolean {
  const { dmas, domains } = containerOf(app, container);
  const entered = domains.some(({ domain }) => bench.translate(domain, AT) >= 0);
  return bench.pins === 0 && app.lockedVm === 0 && dmas.length === 0 && !entered;
}

function minsz(name: keyof typeof IOCTLS): number {
  return IOCTLS[name].argsz;
}

/** Creating mappings: what is refused, what is pinned, what is charged. */
export const VFIO_DMA_MAP: Area = {
  "VFIO-DMA-001": () => ({
    result: {
      iommu_type1_info: minsz("VFIO_IOMMU_GET_INFO"),
      dma_map: minsz("VFIO_IOMMU_MAP_DMA"),
      dma_unmap: minsz("VFIO_IOMMU_UNMAP_DMA"),
      group_status: minsz("VFIO_GROUP_GET_STATUS"),
      device_info: minsz("VFIO_DEVICE_GET_INFO"),
      region_info: minsz("VFIO_DEVICE_GET_REGION_INFO"),
      irq_info: minsz("VFIO_DEVICE_GET_IRQ_INFO"),
      irq_set: minsz("VFIO_DEVICE_SET_IRQS"),
    },
  }),
  "VFIO-DMA-002": (lab) => {
    const { app, container } = ready(lab);
    return outcome(app.ioctl(container, "VFIO_IOMMU_GET_INFO", { argsz: 15 }));
  },
  "VFIO-DMA-005": (lab) => {
    const { app, container } = ready(lab, { iommu: { pageSizes: 1024 + 2048 + BLOCK } });
    const got = app.ioctl(container, "VFIO_IOMMU_GET_INFO", { argsz: 16 });
    const sizes = Number(got.written?.iova_pgsizes);
    return {
      result: prose(
        said("sub-PAGE_SIZE bits cleared", sizes % PAGE === 0 && sizes >= BLOCK),
        said("PAGE_SIZE bit set", sizes === PAGE + BLOCK),
      ),
    };
  },
  "VFIO-DMA-010": (lab) => {
    const { app, container, buffer } = ready(lab);
    return outcome(map(app, container, buffer, 0));
  },
  "VFIO-DMA-013": (lab) => {
    const { app, container } = ready(lab);
    return outcome(map(app, container, U64_END - PAGE, 2));
  },
  "VFIO-DMA-015": (lab) => {
    const { app, container, buffer } = ready(lab);
    app.good(map(app, container, buffer, 4), "map");
    const ranges: [number, number][] = [[0, 4], [-1, 2], [3, 2], [1, 1], [-1, 6]]; // biome-ignore format: one line
    return ranges.map(([page, pages]) =>
      outcome(map(app, container, buffer, pages, AT + page * PAGE)),
    );
  },
  "VFIO-DMA-018": (lab) => {
    const { app, container, buffer } = ready(lab);
    return outcome(map(app, container, buffer + PAGES * PAGE, 1));
  },
  "VFIO-DMA-019": (lab) => {
    const { bench, app, container, buffer } = ready(lab);
    app.must("munmap", buffer + 2 * PAGE, PAGE);
    const { mark } = bench;
    const got = map(app, container, buffer, PAGES);
    const wereThere = bench.order(mark, "mm.pin", "iommu.map", "iommu.unmap", "mm.unpin");
    const isUndone = isUntouched(bench, app, container);
    return {
      ...outcome(got),
      event: prose(
        said("all-or-nothing", isUndone),
        said(
          "pages already pinned and IOMMU entries already made are undone",
          wereThere === "mm.pin iommu.map iommu.unmap mm.unpin" && isUndone,
        ),
        said("no vfio_dma is left", containerOf(app, container).dmas.length === 0),
      ),
    };
  },
  "VFIO-DMA-023": (lab) => {
    const { bench, app, container, device } = ready(lab);
    const rights = FLAG.PROT_READ | FLAG.PROT_WRITE;
    const bar = app.must("mmap", 0, PAGE, rights, FLAG.MAP_SHARED, device, 0);
    const pfn = bench.page(app, bar);
    const got = map(app, container, bar, 1);
    const [domain] = containerOf(app, container).domains;
    const isSame = bench.translate(domain?.domain ?? -1, AT) === pfn;
    return {
      ...outcome(got),
      event: prose(
        said("pfn taken from vm_pgoff", isSame),
        said("not refcounted", bench.pins === 0),
        said("not charged to RLIMIT_MEMLOCK", app.lockedVm === 0),
      ),
    };
  },
  "VFIO-DMA-026": (lab) => {
    const { bench, app, container, buffer } = ready(lab, { memlock: 4 });
    app.good(map(app, container, buffer, 2), "map");
    const got = map(app, container, buffer, 3, AT + 8 * PAGE);
    return {
      ...outcome(got),
      event: prose(
        said("nothing stays pinned", bench.pins === 2),
        said("locked_vm back to U", app.lockedVm === 2),
      ),
    };
  },
  "VFIO-DMA-027": (lab) => {
    const { app, container, buffer } = ready(lab, { memlock: 4 });
    app.good(map(app, container, buffer, 2), "map");
    return outcome(map(app, container, buffer, 2, AT + 8 * PAGE));
  },
  "VFIO-DMA-028": (lab) => {
    const bench = lab.bench({ memlock: 1 });
    const { root } = bench;
    const { container } = setUp(root, [addPci(bench, "0000:01:00.0")]);
    const got = map(root, container, root.buffer(PAGES), PAGES);
    return {
      ...outcome(got),
      event: prose(said("still added to locked_vm", root.lockedVm === PAGES)),
    };
  },
  "VFIO-DMA-030": (lab) => {
    const { app, container, buffer } = ready(lab);
    const before = app.lockedVm;
    app.good(map(app, container, buffer, 3), "map");
    const added = app.lockedVm - before;
    return { event: prose(said(`mm->locked_vm += ${added === 3 ? "n" : added}`)) };
  },
  "VFIO-DMA-032": (lab) => {
    const { bench, app, container } = ready(lab);
    const fresh = app.memory(1);
    const before = bench.zeroHeld;
    const size = PAGE;
    app.good(app.map(container, { vaddr: fresh, iova: AT, size, flags: 1 }), "map");
    const isZero = bench.page(app, fresh) === 0;
    const isHeld = bench.zeroHeld === before + 1;
    app.good(app.unmap(container, AT, PAGE), "unmap");
    return {
      result: prose(
        said("zero page", isZero),
        said("counted as reserved", bench.pins === 0),
        said("not charged to locked_vm", app.lockedVm === 0),
        said(
          "the reference taken at MAP is never dropped",
          isHeld && bench.zeroHeld === before + 1,
        ),
      ),
    };
  },
  "VFIO-DMA-034": (lab) => {
    const { bench, app, container } = mediated(lab);
    const got = map(app, container, 512 * PAGE, 2);
    return {
      ...outcome(got),
      event: prose(
        said("only recorded", containerOf(app, container).dmas.length === 1),
        said("no pin", bench.pins === 0),
        said("no accounting", app.lockedVm === 0),
        said("vaddr not even checked for a VMA", got.value === 0),
      ),
    };
  },
  "VFIO-DMA-036": (lab) => {
    const [usual, single] = [false, true].map((disablesHugepages) => {
      const { bench, app, container, buffer } = ready(lab, { disablesHugepages });
      const { mark } = bench;
      app.good(map(app, container, buffer, PAGES), "map");
      return bench.seen(mark, "iommu.map").map(({ args }) => args[2]);
    });
    const isOne = usual?.length === 1;
    const areSingle = single?.length === PAGES && single.every((size) => size === PAGE);
    return {
      result: prose(said("pages pinned and mapped one PAGE_SIZE at a time", isOne && areSingle)),
    };
  },
  "VFIO-DMA-038": (lab) => {
    const { app, container, buffer } = mediated(lab);
    app.fillDmas(container, 65_535);
    const got = map(app, container, buffer, 1, AT);
    const isOver = containerOf(app, container).dmas.length === 65_536;
    return {
      ...outcome(got),
      event: prose(said("no dma_entry_limit exists in v4.18", isOver)),
    };
  },
  "VFIO-DMA-059": (lab) => {
    const { bench, app, container } = ready(lab, { iommu: { keepsTables: true } });
    const start = app.aligned(BLOCK);
    app.good(app.map(container, { vaddr: start, iova: BLOCK, size: PAGE }), "map");
    app.good(app.unmap(container, BLOCK, PAGE), "unmap");
    const { mark } = bench;
    app.good(app.map(container, { vaddr: start, iova: BLOCK, size: BLOCK }), "map");
    const sizes = bench.seen(mark, "iommu.map").map(({ args }) => args[2]);
    const areSingle = sizes.length === 512 && sizes.every((size) => size === PAGE);
    return { result: prose(said("retried page by page (map_try_harder)", areSingle)) };
  },
  "VFIO-DMA-070": (lab) => {
    const { dmaEntryLimit } = lab.bench().machine.vfio;
    const small = ready(lab, { dmaEntryLimit: 1 });
    small.app.good(map(small.app, small.container, small.buffer, 1), "map");
    const over = map(small.app, small.container, small.buffer, 1, 0);
    const param = over.chain?.[0]?.why.split(" ")[0] ?? "";
    return { result: { default: dmaEntryLimit, module_param: param } };
  },
  "VFIO-DMA-071": (lab) => {
    const { app, container, buffer } = ready(lab, { dmaEntryLimit: 2 });
    for (const page of [0, 1]) app.good(map(app, container, buffer, 1, AT + page * PAGE), "map");
    return refused(map(app, container, buffer, 1, 0));
  },
  "VFIO-DMA-072": (lab) => {
    const { app, container, buffer } = ready(lab);
    return refused(map(app, container, buffer, 1, ADDRESS_END));
  },
  "VFIO-DMA-078": (lab) => {
    const { app, container, buffer } = ready(lab);
    const { VFIO_DMA_MAP_FLAG_VADDR: flags } = VFIO;
    return refused(app.map(container, { vaddr: buffer, iova: AT, size: PAGE, flags }));
  },
  "VFIO-DMA-079": (lab) => {
    const { bench, app, container, buffer } = ready(lab);
    const pfn = bench.page(app, buffer);
    const before = bench.refcount(pfn);
    app.good(map(app, container, buffer, 1), "map");
    const added = bench.refcount(pfn) - before;
    return {
      result: prose(
        said("pin_user_pages_remote(FOLL_LONGTERM)", bench.isPinned(pfn)),
        said("the page gets a pin count, not just a refcount", added > 1),
      ),
    };
  },
};
