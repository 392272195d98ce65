import { PAGE } from "../../core/index.ts";
import { commandCount, commandsSince } from "../../iommu/index.ts";
import { NOTIFY_DMA_UNMAP, pinPages, registerNotifier, VFIO } from "../../vfio/index.ts";
import { addOtherIommu, addPci, type Got, join, setUp } from "../bench/index.ts";
import { type Actual, outcome, prose, refused, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";
import { mediated, ready } from "./vfio-dma-map.ts";
import { containerOf } from "./vfio-states.ts";

const AT = 16 * PAGE;

/** One mapping of some pages. */
function mapped(lab: Lab, pages: number, options: Parameters<typeof ready>[1] = {}) {
  const one = ready(lab, options, Math.max(pages, 4));
  const { app, container, buffer } = one;
  app.good(app.map(container, { vaddr: buffer, iova: AT, size: pages * PAGE }), "map");
  return one;
}

/** The return value, and the size written back: `unit` where it is that many bytes. */
function sized(got: Got, unit: string, bytes: number): Actual {
  const size = Number(got.written?.size);
  return { result: { ret: got.value, size: size === bytes ? unit : size } };
}

function plain(got: Got): Actual {
  return { result: { ret: got.value, size: Number(got.written?.size) } };
}

const FLAGS = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);

/** Taking mappings back. */
export const VFIO_DMA_UNMAP: Area = {
  "VFIO-DMA-031": (lab) => {
    const { bench, app, container, buffer } = mediated(lab);
    const pci = join(app, container, addPci(bench, "0000:01:00.0"));
    app.good(app.map(container, { vaddr: buffer, iova: AT, size: 4 * PAGE }), "map");
    const n = app.lockedVm;
    app.good(app.unmap(container, AT, 4 * PAGE), "unmap");
    const isAll = n === 4 && app.lockedVm === 0;
    app.good(app.map(container, { vaddr: buffer, iova: AT, size: 4 * PAGE }), "map");
    registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
    const pinned = pinPages(bench.machine, 0, { iovas: [AT], prot: 3 });
    app.must("ioctl", pci, "VFIO_GROUP_UNSET_CONTAINER"); // what it mapped goes, the pin stays
    return {
      event: prose(
        said(`mm->locked_vm -= ${isAll ? "n" : n}`),
        said("(minus pages still held by an mdev pin)", pinned.ok && app.lockedVm === 1),
      ),
    };
  },
  "VFIO-DMA-033": (lab) => {
    const { bench, app, container, buffer } = mapped(lab, 3);
    const frames = [0, 1, 2].map((page) => bench.page(app, buffer + page * PAGE));
    const held = frames.map((pfn) => bench.refs(pfn));
    const wasClean = frames.every((pfn) => !bench.isDirty(pfn));
    app.good(app.unmap(container, AT, 3 * PAGE), "unmap");
    const isLess = frames.every((pfn, at) => bench.refs(pfn) === (held[at] ?? 0) - 1);
    const other = app.buffer(1);
    app.good(app.map(container, { vaddr: other, iova: AT, size: PAGE, flags: 1 }), "map");
    app.good(app.unmap(container, AT, PAGE), "unmap");
    const staysClean = wasClean && !bench.isDirty(bench.page(app, other)); // the device only read
    const isDirty = staysClean && frames.every((pfn) => bench.isDirty(pfn));
    return {
      event: prose(said("SetPageDirty then put_page on every unpinned page", isDirty && isLess)),
    };
  },
  "VFIO-DMA-039": (lab) => {
    const { app, container } = mapped(lab, 1);
    const arg = { argsz: 23, flags: 0, iova: BigInt(AT), size: BigInt(PAGE) };
    return outcome(app.ioctl(container, "VFIO_IOMMU_UNMAP_DMA", arg));
  },
  "VFIO-DMA-040": (lab) => {
    const { app, container } = mapped(lab, 1);
    return FLAGS.map((flags) => refused(app.unmap(container, AT, PAGE, flags)));
  },
  "VFIO-DMA-043": (lab) => {
    const { app, container } = ready(lab);
    return plain(app.unmap(container, AT, PAGE));
  },
  "VFIO-DMA-044": (lab) => {
    const { app, container } = mapped(lab, 3);
    return sized(app.unmap(container, AT, 3 * PAGE), "S", 3 * PAGE);
  },
  "VFIO-DMA-046": (lab) => {
    const { app, container } = mapped(lab, 2);
    return outcome(app.unmap(container, AT, PAGE));
  },
  "VFIO-DMA-047": (lab) => {
    const { app, container } = mapped(lab, 2);
    return outcome(app.unmap(container, AT + PAGE, PAGE));
  },
  "VFIO-DMA-049": (lab) => {
    const { app, container } = mapped(lab, 2);
    const got = app.unmap(container, AT, PAGE);
    const isUnchanged = got.errno === "EINVAL" && got.written === undefined;
    return { result: prose(said("unchanged (no copy_to_user on error)", isUnchanged)) };
  },
  "VFIO-DMA-051": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const { container } = setUp(app, [addPci(bench, "one")], VFIO.VFIO_TYPE1_IOMMU);
    const vaddr = app.buffer(2);
    app.good(app.map(container, { vaddr, iova: AT, size: 2 * PAGE }), "map");
    return sized(app.unmap(container, AT, PAGE), "2P", 2 * PAGE);
  },
  "VFIO-DMA-052": (lab) => {
    const { app, container } = mapped(lab, 2);
    const got = app.fork().unmap(container, AT, 2 * PAGE);
    const stays = containerOf(app, container).dmas.length === 1;
    return { ...plain(got), event: prose(said("mapping stays", stays)) };
  },
  "VFIO-DMA-053": (lab) => {
    const { bench, app, container, buffer } = mapped(lab, 2);
    const frames = [0, 1].map((page) => bench.page(app, buffer + page * PAGE));
    const child = app.fork();
    const mm = app.task.mm;
    app.exit();
    const charged = bench.lockedVmOf(mm);
    const held = containerOf(child, container).dmas.length === 1 && bench.pins === 2;
    child.exit();
    const areFree = frames.every((pfn) => bench.refs(pfn) === 0);
    return {
      result: prose(
        said("entries removed", held && bench.machine.containers[0]?.dmas.length === 0),
        said("pages put", bench.pins === 0 && areFree),
        said(
          "accounting silently skipped (ESRCH)",
          charged === 2 && bench.lockedVmOf(mm) === charged,
        ),
      ),
    };
  },
  "VFIO-DMA-054": (lab) => {
    const { bench, app, container } = ready(lab, { iommu: { pageSizes: PAGE } });
    const [one, two] = [app.buffer(3), app.buffer(2)];
    app.good(app.map(container, { vaddr: one, iova: AT, size: 5 * PAGE }), "map");
    const frames = [0, 1, 2, 3, 4].map((page) => bench.page(app, one + page * PAGE));
    const { mark } = bench;
    app.good(app.unmap(container, AT, 5 * PAGE), "unmap");
    const runs = bench.seen(mark, "iommu.unmap").map(({ args }) => Number(args[2]) / PAGE);
    const isRuns = two > one && runs.join() === lengths(frames).join();
    return {
      result: prose(said("iommu_unmap is called on largest contiguous physical runs", isRuns)),
    };
  },
  "VFIO-DMA-055": (lab) => {
    const { bench, app, container } = mapped(lab, 2);
    const { mark, machine, iommu } = bench;
    const since = commandCount(machine, iommu);
    app.good(app.unmap(container, AT, 2 * PAGE), "unmap");
    const order = bench.order(mark, "iommu.unmap", "iommu.flush", "mm.unpin");
    const names = commandsSince(machine, iommu, since).map(({ name }) => name);
    const isTold = names.at(-1) === "SYNC" && names[0] === "TLBI_NH_VA";
    return {
      event: prose(
        said(
          "clear PTE -> queue TLBI -> sync -> only then put_page",
          order === "iommu.unmap iommu.flush mm.unpin" && isTold,
        ),
      ),
    };
  },
  "VFIO-DMA-057": (lab) => {
    const { bench, app, container } = mapped(lab, 2);
    const second = addPci(bench, "two", addOtherIommu(bench));
    join(app, container, second);
    const domains = containerOf(app, container).domains.map(({ domain }) => domain);
    const { mark } = bench;
    app.good(app.unmap(container, AT, 2 * PAGE), "unmap");
    const left = bench.seen(mark, "iommu.unmap").map(({ args }) => args[0]);
    const last = bench.order(mark, "iommu.unmap", "mm.unpin").split(" ").at(-1);
    const isOrdered = left.length === 2 && left.join() === domains.toReversed().join();
    return {
      event: prose(
        said("all other domains are unmapped first", isOrdered && last === "mm.unpin"),
        said("pages unpinned only from the first domain walk", bench.pins === 0),
      ),
    };
  },
  "VFIO-DMA-073": (lab) => {
    const { app, container, buffer } = mapped(lab, 2);
    app.good(app.map(container, { vaddr: buffer, iova: AT + 64 * PAGE, size: PAGE }), "map");
    return sized(app.unmap(container, 0, 0, VFIO.VFIO_DMA_UNMAP_FLAG_ALL), "sum of all", 3 * PAGE);
  },
  "VFIO-DMA-074": (lab) => {
    const { app, container } = mapped(lab, 2);
    const { VFIO_DMA_UNMAP_FLAG_ALL: all } = VFIO;
    return [
      refused(app.unmap(container, PAGE, 0, all)),
      refused(app.unmap(container, 0, PAGE, all)),
    ];
  },
  "VFIO-DMA-075": (lab) => {
    const { app, container } = ready(lab);
    const fresh = app.fd("/dev/vfio/vfio");
    return [container, fresh].map((fd) =>
      outcome(app.ioctl(fd, "VFIO_CHECK_EXTENSION", VFIO.VFIO_UNMAP_ALL)),
    );
  },
  "VFIO-DMA-076": (lab) => {
    const { app, container } = mapped(lab, 2);
    return refused(app.unmap(container, 0, 0, VFIO.VFIO_DMA_UNMAP_FLAG_ALL | DIRTY_BITMAP));
  },
};

/** VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP */
const DIRTY_BITMAP = 1;

/** How long the runs of frames side by side are. */
function lengths(frames: readonly number[]): number[] {
  const runs: number[] = [];
  for (const [at, frame] of frames.entries()) {
    if (at > 0 && frame === (frames[at - 1] ?? 0) + 1) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(1);
  }
  return runs;
}
