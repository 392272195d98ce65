import { expect, test } from "vitest";
import { PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  isKnownPinned,
  pinPage,
  REGISTERS,
  writeMemory,
  ZERO_PAGE,
} from "../../../engine/mm/index.ts";
import { isReserved, lockLimit, VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, state } from "./look.ts";
import { Bench, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2, VFIO_DMA_MAP_FLAG_READ: READ } = VFIO;
const AT = 16 * PAGE;

/** A container of that process, with one device and a limit of so many bytes. */
function ready(who: "user" | "root", memlock: number) {
  const bench = new Bench();
  const pid = bench[who];
  bench.limit(pid, memlock);
  const group = bench.pci("0000:01:00.0");
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const domain = bench.machine.groups[group]?.domain ?? -1;
  return { bench, pid, container, domain };
}

// biome-ignore format: one case a line
const LIMITS = [
  ["VFIO-DMA-027", "user", 4 * PAGE,     0, 4, "0"],
  ["VFIO-DMA-026", "user", 4 * PAGE,     0, 5, "ENOMEM"],
  ["VFIO-DMA-027", "user", 4 * PAGE,     3, 1, "0"],
  ["VFIO-DMA-026", "user", 4 * PAGE,     3, 2, "ENOMEM"],
  ["VFIO-DMA-026", "user", 4 * PAGE,     4, 1, "ENOMEM"],
  ["VFIO-DMA-026", "user", 5 * PAGE - 1, 4, 1, "ENOMEM"],
  ["VFIO-DMA-027", "user", 5 * PAGE,     4, 1, "0"],
  ["VFIO-DMA-026", "user", 0,            0, 1, "ENOMEM"],
  ["VFIO-DMA-028", "root", 0,            0, 5, "0"],
] as const;

test.each(LIMITS)(
  "%s: %s, %i bytes may be locked, %i pages are, %i more: %s",
  (_row, who, memlock, used, pages, got) => {
    for (const isApart of [false, true]) {
      const { bench, pid, container, domain } = ready(who, memlock);
      const buffer = isApart ? bench.scattered(pid, 9) : bench.buffer(pid, 9);
      if (used > 0) bench.good(bench.map(pid, container, buffer, AT, used * PAGE));
      const before = state(bench);
      const far = buffer + used * PAGE;
      expect(word(bench.map(pid, container, far, 0x100000, pages * PAGE))).toBe(got);
      if (got === "ENOMEM") expect(state(bench)).toEqual(before);
      const now = got === "0" ? used + pages : used;
      expect([bench.lockedVm(pid), bench.pins(), leaves(bench, domain).length]).toEqual([
        now,
        now,
        now,
      ]);
    }
  },
);

test("vfio_pin_pages_remote: the limit is asked page by page, so no more than one page too many is faulted in", () => {
  const { bench, pid, container } = ready("user", 2 * PAGE);
  const area = bench.area(pid, 8, { kind: "anonymous" });
  expect(word(bench.map(pid, container, area, AT, 8 * PAGE))).toBe("ENOMEM");
  const touched = [0, 1, 2, 3].map((page) => frameOf(bench, pid, area + page * PAGE) > 0);
  expect(touched).toEqual([true, true, true, false]);
});

test("VFIO-DMA-029: the right to lock memory is asked for at MAP_DMA, and not again", () => {
  const { bench, pid, container } = ready("root", 0);
  const buffer = bench.buffer(pid, 2);
  bench.good(bench.map(pid, container, buffer, AT, PAGE));
  const task = bench.machine.tasks[pid];
  if (task) bench.machine.tasks[pid] = { ...task, creds: { root: false } };
  expect(bench.machine.containers[0]?.dmas).toMatchObject([{ hasLockCap: true }]);
  expect(word(bench.map(pid, container, buffer, 0x100000, PAGE))).toBe("ENOMEM");
});

test("VFIO-DMA-030, VFIO-DMA-031: one page mapped twice is pinned twice and charged twice", () => {
  const { bench, pid, container } = ready("user", 8 * PAGE);
  const buffer = bench.buffer(pid, 1);
  bench.good(bench.map(pid, container, buffer, AT, PAGE));
  bench.good(bench.map(pid, container, buffer, 0x100000, PAGE));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([2, 2]);
  bench.good(bench.unmap(pid, container, AT, PAGE));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
});

test("VFIO-DMA-032: a read-only mapping of untouched memory is the zero page: neither pinned nor charged", () => {
  const { bench, pid, container, domain } = ready("user", 2 * PAGE);
  const area = bench.area(pid, 8, { kind: "anonymous" });
  bench.good(bench.map(pid, container, area, AT, 8 * PAGE, READ));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  expect(leaves(bench, domain).map(([, pfn]) => pfn)).toEqual(new Array(8).fill(ZERO_PAGE));
  bench.good(bench.unmap(pid, container, AT, 8 * PAGE));
  expect([bench.pins(), bench.lockedVm(pid), leaves(bench, domain)]).toEqual([0, 0, []]);
});

test("VFIO-DMA-032: the zero page ends a run of real ones, and only they are charged", () => {
  const { bench, pid, container } = ready("user", 2 * PAGE);
  const area = bench.area(pid, 3, { kind: "anonymous" });
  const mm = bench.machine.tasks[pid]?.mm ?? -1;
  for (const page of [0, 2]) {
    const pinned = pinPage(bench.machine, mm, area + page * PAGE, true);
    expect(pinned.ok && isReserved(pinned.value)).toBe(false);
  }
  bench.good(bench.map(pid, container, area, AT, 3 * PAGE, READ));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 2]);
});

test("VFIO-DMA-032: the zero page, number 0, and page 1 behind it are no run: that one is charged", () => {
  const { bench, pid, container, domain } = ready("user", 2 * PAGE);
  const area = bench.area(pid, 2, { kind: "anonymous" });
  const mm = bench.machine.tasks[pid]?.mm ?? -1;
  writeMemory(bench.machine, mm, area + PAGE, Uint8Array.of(1));
  expect([ZERO_PAGE, frameOf(bench, pid, area + PAGE)]).toEqual([0, 1]);
  bench.good(bench.map(pid, container, area, AT, 2 * PAGE, READ));
  expect(leaves(bench, domain).map(([, pfn]) => pfn)).toEqual([0, 1]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
});

test("VFIO-DMA-023: registers are entered page by page, from where in their area the mapping begins", () => {
  const { bench, pid, container, domain } = ready("user", 0);
  const registers = { kind: "device", file: 0, pfn: REGISTERS + 7, registers: true } as const;
  const area = bench.area(pid, 4, registers);
  bench.good(bench.map(pid, container, area + PAGE, AT, 3 * PAGE));
  expect(leaves(bench, domain)).toEqual(
    [0, 1, 2].map((page) => [AT + page * PAGE, REGISTERS + 8 + page, PAGE]),
  );
});

test("VFIO-DMA-079: v6.1 can tell that a page is pinned, v4.18 cannot", () => {
  const known = (["v4.18", "v6.1"] as const).map((kernel) => {
    const bench = new Bench({ kernel });
    bench.pci("0000:01:00.0");
    const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    const buffer = bench.buffer(bench.user, 1);
    bench.good(bench.map(bench.user, container, buffer, AT, PAGE));
    return isKnownPinned(bench.machine, Pfn(frameOf(bench, bench.user, buffer)));
  });
  expect(known).toEqual([false, true]);
});

test.each([
  ["READ", 1, 0],
  ["WRITE", 2, 1],
] as const)(
  "VFIO-DMA-033: pages of a %s mapping leave it dirty only where the device could write",
  (_what, flags, dirty) => {
    const { bench, pid, container } = ready("user", 8 * PAGE);
    const buffer = bench.buffer(pid, 2);
    const flagged = () =>
      [0, 1].map((page) => bench.machine.frames.dirty[frameOf(bench, pid, buffer + page * PAGE)]);
    bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE, flags));
    expect(flagged()).toEqual([0, 0]);
    bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
    expect(flagged()).toEqual([dirty, dirty]);
  },
);

test("a limit is counted in whole pages", () => {
  const { bench, pid } = ready("user", 3 * PAGE - 1);
  expect(lockLimit(bench.machine, pid)).toBe(2);
});

test("a mapping belongs to the process that made it, its charge too", () => {
  const { bench, pid, container } = ready("user", 8 * PAGE);
  const buffer = bench.buffer(pid, 2);
  const child = bench.fork(pid);
  bench.limit(child, PAGE);
  expect(word(bench.map(child, container, buffer, AT, 2 * PAGE))).toBe("ENOMEM");
  bench.limit(child, 2 * PAGE);
  bench.good(bench.map(child, container, buffer, AT, 2 * PAGE));
  expect([bench.lockedVm(pid), bench.lockedVm(child)]).toEqual([0, 2]);
  bench.good(bench.unmap(child, container, AT, 2 * PAGE));
  expect([bench.lockedVm(pid), bench.lockedVm(child), bench.pins()]).toEqual([0, 0, 0]);
});
