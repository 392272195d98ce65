import { describe, expect, test } from "vitest";
import { KERNELS, type Kernel, KIND_NAMES } from "../../../engine/core/index.ts";
import {
  addNotifier,
  chargeLocked,
  dontNeed,
  entryOf,
  forkMm,
  isOverLimit,
  type MmPart,
  pinPage,
  putMm,
  readFrame,
  recall,
  remember,
  reserveRows,
  unpinPage,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, look, page, put, spaceOf } from "./bench.ts";

/**
 * What a device sees through a pin after fork and after MADV_DONTNEED: the two hazards of the
 * review's footnote. The device reads by frame, the processes by address.
 */

interface Scene {
  readonly machine: MmPart;
  readonly parent: number;
  readonly child: number;
  readonly pfn: number;
}

/** One page with 1 in it; pinned for a device or not; then fork. */
function forked(kernel: Kernel, isPinned: boolean): Scene {
  const machine = bench({ kernel });
  const parent = spaceOf(machine, 1);
  put(machine, parent, page(0), 1);
  const pfn = isPinned
    ? good(pinPage(machine, parent, page(0), true))
    : frameOf(machine, parent, page(0));
  return { machine, parent, child: good(forkMm(machine, parent)), pfn };
}

function device({ machine, pfn }: Scene): number {
  return readFrame(machine, pfn as never, 0, 1)[0] as number;
}

/** Parent, child and device, in this order. */
function seen(scene: Scene): unknown[] {
  const { machine, parent, child } = scene;
  return [look(machine, parent, page(0)), look(machine, child, page(0)), device(scene)];
}

function counts({ machine, pfn }: Scene): (number | undefined)[] {
  const { refs, mapcount, pins } = machine.frames;
  return [refs[pfn], mapcount[pfn], pins[pfn]];
}

describe.each(KERNELS)("%s: after fork", (kernel) => {
  test("both share one page, and neither may write it", () => {
    const scene = forked(kernel, false);
    const { machine, parent, child, pfn } = scene;
    expect([frameOf(machine, parent, page(0)), frameOf(machine, child, page(0))]).toEqual([
      pfn,
      pfn,
    ]);
    expect(counts(scene)).toEqual([2, 2, 0]);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("who writes first gets the copy, the other keeps the page", () => {
    for (const [writer, other] of [["parent", "child"] as const, ["child", "parent"] as const]) {
      const scene = forked(kernel, false);
      put(scene.machine, scene[writer], page(0), 2);
      expect(frameOf(scene.machine, scene[writer], page(0))).not.toBe(scene.pfn);
      expect(frameOf(scene.machine, scene[other], page(0))).toBe(scene.pfn);
      expect(counts(scene)).toEqual([1, 1, 0]);
      put(scene.machine, scene[other], page(0), 3);
      expect(frameOf(scene.machine, scene[other], page(0)), "the last one needs no copy").toBe(
        scene.pfn,
      );
    }
  });

  test("once the child is gone, the parent writes in place", () => {
    const scene = forked(kernel, false);
    putMm(scene.machine, scene.child);
    put(scene.machine, scene.parent, page(0), 2);
    expect(frameOf(scene.machine, scene.parent, page(0))).toBe(scene.pfn);
    expect(counts(scene)).toEqual([1, 1, 0]);
  });

  test("a page that the child only reads stays shared", () => {
    const scene = forked(kernel, false);
    expect(get(scene.machine, scene.child, page(0))).toBe(1);
    expect(counts(scene)).toEqual([2, 2, 0]);
  });
});

/** Who writes 2 first, with the page pinned before fork; what all three see then. */
// biome-ignore format: one case a line
const PINNED: readonly (readonly [kernel: Kernel, writer: "parent" | "child", all: readonly number[], why: string])[] = [
  ["v4.18", "parent", [2, 1, 1], "the parent moves away, the device stays with the child's page"],
  ["v4.18", "child",  [1, 2, 1], "the child moves away, the device stays with the parent"],
  ["v5.7",  "parent", [2, 1, 1], "as v4.18: pins are counted, and fork does not look"],
  ["v5.7",  "child",  [1, 2, 1], "as v4.18"],
  ["v6.1",  "parent", [2, 1, 2], "the child got a copy at fork, so the parent stays"],
  ["v6.1",  "child",  [1, 2, 1], "the child writes its own copy"],
];

test.each(PINNED)("%s, pinned: the %s writes first, and all see %j: %s", (kernel, writer, all) => {
  const scene = forked(kernel, true);
  put(scene.machine, scene[writer], page(0), 2);
  expect(seen(scene)).toEqual(all);
  expect(faultsOf(scene.machine, { pins: [scene.pfn], frames: [] })).toEqual([]);
});

test("v4.18, pinned: what the device writes later reaches the child, not the parent", () => {
  const scene = forked("v4.18", true);
  put(scene.machine, scene.parent, page(0), 2);
  const { machine, pfn } = scene;
  machine.frames.bytes[((machine.frames.slot[pfn] as number) - 1) * 4096] = 7;
  expect(seen(scene)).toEqual([2, 7, 7]);
});

test("v4.18, pinned: once the child is gone the parent writes in place, and the device sees it", () => {
  const scene = forked("v4.18", true);
  putMm(scene.machine, scene.child);
  put(scene.machine, scene.parent, page(0), 2);
  expect([look(scene.machine, scene.parent, page(0)), device(scene)]).toEqual([2, 2]);
  expect(counts(scene)).toEqual([2, 1, 1]);
});

test("v6.1, pinned: fork copies at once, and the parent may still write", () => {
  const scene = forked("v6.1", true);
  expect(frameOf(scene.machine, scene.child, page(0))).not.toBe(scene.pfn);
  expect(counts(scene)).toEqual([2, 1, 1]);
});

test("v6.1: pinning for reading leaves the child's page alone", () => {
  const scene = forked("v6.1", false);
  const { machine, parent, child, pfn } = scene;
  const own = good(pinPage(machine, parent, page(0), false));
  expect(own).not.toBe(pfn);
  expect([frameOf(machine, parent, page(0)), frameOf(machine, child, page(0))]).toEqual([own, pfn]);
  put(machine, parent, page(0), 2);
  expect([readFrame(machine, own, 0, 1)[0], look(machine, child, page(0))]).toEqual([2, 1]);
  expect(faultsOf(machine, { pins: [own], frames: [] })).toEqual([]);
});

test("v4.18: pinning for reading takes the page as it is, shared with the child", () => {
  const scene = forked("v4.18", false);
  expect(good(pinPage(scene.machine, scene.parent, page(0), false))).toBe(scene.pfn);
  expect(counts(scene)).toEqual([3, 2, 1]);
});

test.each(KERNELS)(
  "%s: after MADV_DONTNEED the process gets a fresh page, the device keeps the old",
  (kernel) => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    const pfn = good(pinPage(machine, mm, page(0), true));
    good(dontNeed(machine, mm, page(0), 4096));
    put(machine, mm, page(0), 2);
    expect([readFrame(machine, pfn, 0, 1)[0], look(machine, mm, page(0))]).toEqual([1, 2]);
    expect([machine.frames.refs[pfn], machine.frames.mapcount[pfn]]).toEqual([1, 0]);
    expect(faultsOf(machine, { pins: [pfn], frames: [] })).toEqual([]);
    unpinPage(machine, pfn);
    expect(machine.frames.free).toEqual([pfn]);
  },
);

test("a page outlives its process while it is pinned, and goes with the last pin", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const [first, second] = [1, 2].map(() => good(pinPage(machine, mm, page(0), true)));
  put(machine, mm, page(0), 5);
  putMm(machine, mm);
  expect(first).toBe(second);
  expect(readFrame(machine, first as never, 0, 1)[0]).toBe(5);
  unpinPage(machine, first as never);
  expect(machine.frames.free).toEqual([]);
  unpinPage(machine, first as never);
  expect(machine.frames.free).toEqual([first]);
});

test("the zero page may be pinned for reading, and is not counted", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  expect(good(pinPage(machine, mm, page(0), false))).toBe(0);
  unpinPage(machine, 0 as never);
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
});

test("the k-th pin fails, and pins nothing", () => {
  const machine = bench({ fails: [{ kind: "pin", nth: 2 }] });
  const mm = spaceOf(machine, 1);
  const pfn = good(pinPage(machine, mm, page(0), true));
  const second = pinPage(machine, mm, page(0), true);
  expect(second.ok ? "ok" : second.errno).toBe("ENOMEM");
  expect(machine.frames.pins[pfn]).toBe(1);
});

test("a pin too many taken back is the model's mistake; locked_vm wraps, and is over every limit", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const pfn = good(pinPage(machine, mm, page(0), true));
  unpinPage(machine, pfn);
  expect(() => unpinPage(machine, pfn)).toThrow("one pin too many");
  chargeLocked(machine, mm, 3);
  expect([isOverLimit(machine, mm, 4, 7), isOverLimit(machine, mm, 5, 7)]).toEqual([false, true]);
  expect(chargeLocked(machine, mm, -4)).toBe(-1);
  expect(machine.mms[mm]?.lockedVm).toBe(-1);
  expect([isOverLimit(machine, mm, 0, 7), isOverLimit(machine, mm, 1, 7)]).toEqual([true, false]);
});

test("an IOTLB forgets a page before the page goes, not after", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  put(machine, mm, page(0), 1);
  const owner = { firstRow: reserveRows(machine.iotlb, 4), rows: 4 };
  addNotifier(machine, { ...owner, mm, asid: 1, pasid: 1 });
  machine.news.count = 0;
  good(dontNeed(machine, mm, page(0), 4096));
  const said = Array.from(machine.news.kind.subarray(0, machine.news.count));
  expect(said.map((kind) => KIND_NAMES[kind])).toEqual(["sva.invalidate", "mm.free", "mm.zap"]);
});

test("a fork that fails half-way has IOTLBs forget what may no longer be written", () => {
  // Page 1 is pinned, so v6.1 copies it, and that copy is the third allocation.
  const machine = bench({ kernel: "v6.1", fails: [{ kind: "allocate", nth: 3 }] });
  const mm = spaceOf(machine, 2);
  for (const index of [0, 1]) put(machine, mm, page(index), 1);
  good(pinPage(machine, mm, page(1), true));
  const owner = { firstRow: reserveRows(machine.iotlb, 4), rows: 4 };
  addNotifier(machine, { ...owner, mm, asid: 1, pasid: 1 });
  const entry = entryOf(frameOf(machine, mm, page(0)), 2);
  remember(machine.iotlb, owner, { asid: 1, iova: page(0), level: 0, entry });
  const child = forkMm(machine, mm);
  expect(child.ok ? "ok" : child.errno).toBe("ENOMEM");
  expect(recall(machine.iotlb, owner, 1, page(0))).toBe(-1);
});
