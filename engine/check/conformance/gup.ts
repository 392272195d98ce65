import { PAGE, record } from "../../core/index.ts";
import {
  addWatcher,
  FOLL,
  findVma,
  getUserPage,
  PIN_BIAS,
  pinPage,
  readFrame,
  writeFrame,
  ZERO_PAGE,
} from "../../mm/index.ts";
import { FLAG } from "../../task/index.ts";
import { addPci, type Bench, type Process, setUp } from "../bench/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import { failed } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";

/** get_user_pages of one page of a process. */
function gup({ bench, task }: Process, at: number, flags = FOLL.GET | FOLL.WRITE) {
  return getUserPage(bench.machine, task.mm, at, flags);
}

/** The first byte of a frame. */
function byteIn(bench: Bench, pfn: number): number {
  return readFrame(bench.machine, pfn as never, 0, 1)[0] ?? -1;
}

const APIS = ["neither", "FOLL_PIN"] as const;

/** A page of a process, held for the kernel or a device by one of the two. @returns its frame */
function held({ bench, task }: Process, at: number, api: (typeof APIS)[number]): number {
  const page =
    api === "neither"
      ? getUserPage(bench.machine, task.mm, at, FOLL.GET | FOLL.WRITE)
      : pinPage(bench.machine, task.mm, at, true);
  return page.ok ? page.value : -1;
}

/** Does what is written to a held page reach the process, when it forked and wrote meanwhile? */
function keepsData(app: Process, api: (typeof APIS)[number]): boolean {
  const at = app.buffer(1);
  const frame = held(app, at, api);
  app.fork();
  app.store(at + 1, "x");
  writeFrame(app.bench.machine, frame as never, 0, [0x51]);
  return app.load(at, 1) === "Q";
}

/** Is a held page there for its holder, whatever the process does with the address? */
function keepsPage(app: Process, api: (typeof APIS)[number]): boolean {
  const at = app.buffer(1);
  const frame = held(app, at, api);
  app.must("munmap", at, PAGE);
  return app.bench.refs(frame) === 1;
}

/** Is who holds nothing told, while the page is still there? */
function tellsFirst(app: Process): boolean {
  const { bench } = app;
  const at = app.buffer(1);
  const frame = bench.page(app, at);
  addWatcher(bench.machine, app.task.mm);
  app.begin("munmap", at, PAGE);
  while (bench.machine.watchers[0]?.changed !== 1 && bench.step());
  return bench.page(app, at) === -1 && bench.refs(frame) === 1;
}

/** The least that is enough. */
function least(lab: Lab, isEnough: (app: Process, api: (typeof APIS)[number]) => boolean): string {
  return APIS.find((api) => isEnough(lab.bench().app, api)) ?? "none of them";
}

/** get_user_pages and pin_user_pages: what they do, and what they do not promise. */
export const GUP: Area = {
  "GUP-001": (lab) => {
    const { app } = lab.bench();
    const { bench } = app;
    const at = app.buffer(1);
    const pfn = bench.page(app, at);
    gup(app, at);
    app.must("munmap", at, PAGE);
    const isHeld = bench.refs(pfn) === 1 && byteIn(bench, pfn) === 1;
    const fresh = app.buffer(1);
    const isOther = bench.page(app, fresh) !== pfn;
    return {
      result: prose(
        said("the struct page is not freed while the reference is held", isHeld && isOther),
      ),
    };
  },
  "GUP-002": (lab) => {
    const { app } = lab.bench();
    const at = app.buffer(1);
    const got = gup(app, at);
    app.must("madvise", at, PAGE, FLAG.MADV_DONTNEED);
    const isGone = app.bench.page(app, at) === -1;
    app.store(at, "x");
    const isOther = got.ok && app.bench.page(app, at) !== got.value;
    return {
      result: prose(
        said("page may no longer be in the user mapping", isGone),
        said("a different page may be there", isOther),
      ),
    };
  },
  "GUP-003": (lab) => {
    const { app } = lab.bench();
    const { bench } = app;
    const at = app.buffer(1);
    const pfn = bench.page(app, at);
    const flags = findVma(bench.machine, app.task.mm, at)?.flags;
    const before = bench.refcount(pfn);
    gup(app, at);
    return {
      event: prose(
        said(`refcount + ${bench.refcount(pfn) - before} per page`),
        said("no pin count", bench.pins === 0),
        said("no VMA flag", findVma(bench.machine, app.task.mm, at)?.flags === flags),
        said("no lock", app.lockedVm === 0),
      ),
    };
  },
  "GUP-004": (lab) => {
    const { app } = lab.bench();
    return [1, app.buffer(1) + PAGE].map((at) => failed(gup(app, at)));
  },
  "GUP-006": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const { device } = bench.hold(addPci(bench, "0000:01:00.0"));
    const rights = FLAG.PROT_READ | FLAG.PROT_WRITE;
    const bar = app.must("mmap", 0, PAGE, rights, FLAG.MAP_SHARED, device, 0);
    return failed(gup(app, bar));
  },
  "GUP-007": (lab) =>
    [true, false].map((isTouched): Actual => {
      const { app } = lab.bench();
      const { bench } = app;
      const at = isTouched ? app.buffer(1) : app.memory(1);
      app.fork();
      app.must("mprotect", at, PAGE, FLAG.PROT_READ);
      const before = bench.page(app, at);
      const plain = gup(app, at);
      const got = gup(app, at, FOLL.GET | FOLL.WRITE | FOLL.FORCE);
      const isCopy = got.ok && got.value !== before && got.value === bench.page(app, at);
      return {
        result: prose(said("COW copy is made and returned", isCopy && !plain.ok)),
      };
    }),
  "GUP-009": (lab) => {
    const { app } = lab.bench();
    const { bench } = app;
    const at = app.buffer(1);
    const before = bench.page(app, at);
    const child = app.fork();
    const { mark } = bench;
    const got = gup(app, at);
    const isPrivate = got.ok && got.value !== before && bench.page(app, at) === got.value;
    return {
      event: prose(
        said("COW broken first", bench.order(mark, "mm.cow") === "mm.cow"),
        said("the private copy is returned", isPrivate && bench.page(child, at) === before),
      ),
    };
  },
  "GUP-010": (lab) => {
    const { app } = lab.bench();
    const at = app.memory(1);
    const got = gup(app, at, FOLL.GET);
    app.store(at, "x");
    const isZero = got.ok && got.value === ZERO_PAGE;
    return {
      result: prose(
        said("zero page", isZero),
        said("the later CPU write goes to a new page", app.bench.page(app, at) > 0),
        said("the holder keeps seeing zeros", isZero && byteIn(app.bench, ZERO_PAGE) === 0),
      ),
    };
  },
  "GUP-013": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const { container } = setUp(app, [addPci(bench, "0000:01:00.0")]);
    const vaddr = app.buffer(1);
    const pfn = bench.page(app, vaddr);
    const before = bench.refcount(pfn);
    app.good(app.map(container, { vaddr, iova: 0, size: PAGE }), "map");
    const added = bench.refcount(pfn) - before;
    return {
      event: prose(
        said(`refcount + ${added} (GUP_PIN_COUNTING_BIAS)`, added === PIN_BIAS),
        said("so that page_maybe_dma_pinned() is true", bench.isPinned(pfn)),
      ),
    };
  },
  "GUP-016": (lab) => {
    const { app } = lab.bench();
    const at = app.buffer(1);
    const got = gup(app, at, FOLL.GET | FOLL.WRITE | FOLL.LONGTERM);
    const isRefused = !got.ok && got.errno === "EINVAL";
    return { result: prose(said("FOLL_PIN is a prerequisite", isRefused)) };
  },
  "GUP-017": (lab) => ({
    result: {
      DIO: least(lab, keepsData),
      "mmu notifier": least(lab, tellsFirst),
      "struct page only": least(lab, keepsPage),
      "write data": least(lab, keepsData),
    },
  }),
};

/** mlock and its limit. */
export const MEMLOCK: Area = {
  "MEMLOCK-001": (lab) => {
    const { app } = lab.bench({ memlock: 4 });
    const at = app.memory(8);
    app.must("mlock", at, 3 * PAGE);
    const overlapping = app.call("mlock", at + PAGE, 3 * PAGE);
    const isSubtracted = overlapping.value === 0 && app.lockedVm === 4;
    const got = app.call("mlock", at + 4 * PAGE, PAGE);
    const root = app.bench.root;
    const isFree = root.call("mlock", root.memory(8), 8 * PAGE).value === 0;
    return {
      ...(got.errno === undefined ? {} : { errno: got.errno }),
      event: prose(
        said("locked_vm + new > RLIMIT_MEMLOCK without CAP_IPC_LOCK", app.lockedVm === 4 && isFree),
        said("overlap with already locked ranges is subtracted", isSubtracted),
      ),
    };
  },
  "MEMLOCK-004": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const { container } = setUp(app, [addPci(bench, "0000:01:00.0")]);
    const vaddr = app.memory(3);
    app.must("mlock", vaddr, 3 * PAGE);
    const once = app.lockedVm;
    app.good(app.map(container, { vaddr, iova: 0, size: 3 * PAGE }), "map");
    const twice = app.lockedVm;
    const { lockedVm } = record(bench.machine.mms, app.task.mm);
    return {
      result: prose(
        said(twice === 2 * once ? "2n" : `${twice}`),
        said("the same counter is charged twice", lockedVm === 6),
      ),
    };
  },
};
