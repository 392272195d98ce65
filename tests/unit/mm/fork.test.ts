import { describe, expect, test } from "vitest";
import { KERNELS, PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  adviseFork,
  createShared,
  ENTRY,
  forkMm,
  type MmPart,
  mapArea,
  migratePage,
  PROT,
  peek,
  pinPage,
  putMm,
  REGISTERS,
  readFrame,
  VM,
  ZERO_PAGE,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, page, put, RW, spaceOf } from "./bench.ts";
import { forgetNews, iotlbOf, news } from "./told.ts";

function add(machine: MmPart, mm: number, at: number, backing: object, flags = 0): void {
  const wish = { length: PAGE, prot: RW, flags, backing: backing as never, at: page(at) as never };
  good(mapArea(machine, mm, wish));
}

const said = (machine: MmPart, kind: string) => news(machine).filter((one) => one === kind).length;

describe.each(KERNELS)("fork on %s", (kernel) => {
  test("of pages that nobody touched says nothing, and tells nobody", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 2);
    const knows = iotlbOf(machine, mm, [page(0)]);
    forgetNews(machine);
    good(forkMm(machine, mm));
    expect([news(machine), knows()]).toEqual([[], [page(0)]]);
  });

  test("shares private pages read-only, once more mapped, and IOTLBs forget them", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 3);
    for (const index of [0, 1]) put(machine, mm, page(index), 7);
    get(machine, mm, page(2));
    const knows = iotlbOf(machine, mm, [0, 1, 2].map(page));
    forgetNews(machine);
    const child = good(forkMm(machine, mm));
    expect([said(machine, "mm.share"), said(machine, "mm.copy"), knows()]).toEqual([1, 0, []]);
    for (const space of [mm, child]) {
      for (const index of [0, 1, 2]) {
        expect((peek(machine, space, page(index))?.flags ?? 0) & ENTRY.WRITE).toBe(0);
      }
      expect(frameOf(machine, space, page(2))).toBe(ZERO_PAGE);
    }
    expect(machine.frames.mapcount[frameOf(machine, mm, page(0))]).toBe(2);
    put(machine, child, page(2), 9);
    expect([get(machine, mm, page(2)), get(machine, child, page(2))]).toEqual([0, 9]);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("gives shared memory by the next touch, counts its users, and the last one takes it along", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 1);
    const memory = createShared(machine, 1);
    add(machine, mm, 4, { kind: "shared", memory, page: 0 }, VM.SHARED);
    put(machine, mm, page(4), 5);
    const knows = iotlbOf(machine, mm, [page(4)]);
    forgetNews(machine);
    const child = good(forkMm(machine, mm));
    expect(machine.shared[memory]?.users).toBe(2);
    expect(peek(machine, child, page(4))).toBeUndefined();
    expect([said(machine, "mm.share"), knows()]).toEqual([0, [page(4)]]);
    put(machine, child, page(4), 6);
    expect(get(machine, mm, page(4))).toBe(6);
    putMm(machine, mm);
    expect([machine.shared[memory]?.users, get(machine, child, page(4))]).toEqual([1, 6]);
    putMm(machine, child);
    expect(machine.shared[memory]?.users).toBe(0);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("shares registers as they are, says so, and tells nobody", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 1);
    add(machine, mm, 8, { kind: "device", file: 3, pfn: Pfn(REGISTERS), registers: true }, VM.IO);
    const knows = iotlbOf(machine, mm, [page(8)]);
    forgetNews(machine);
    const child = good(forkMm(machine, mm));
    expect([news(machine), knows()]).toEqual([["mm.share"], [page(8)]]);
    expect(peek(machine, child, page(8))).toEqual(peek(machine, mm, page(8)));
    expect((peek(machine, mm, page(8))?.flags ?? 0) & ENTRY.WRITE).toBe(ENTRY.WRITE);
  });

  test("leaves out what is not to be copied, and empties what is to be wiped", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 3);
    for (const index of [0, 1, 2]) put(machine, mm, page(index), index + 1);
    adviseFork(machine, mm, { start: page(0), length: PAGE, advice: "DONTFORK" });
    adviseFork(machine, mm, { start: page(1), length: PAGE, advice: "WIPEONFORK" });
    const child = good(forkMm(machine, mm));
    expect([0, 1, 2].map((index) => get(machine, child, page(index)))).toEqual(["EFAULT", 0, 3]);
    // The parent's pages of both were not made read-only: the parent writes without a fault.
    forgetNews(machine);
    for (const index of [0, 1]) put(machine, mm, page(index), 9);
    expect(news(machine)).toEqual([]);
    put(machine, mm, page(2), 9);
    expect(said(machine, "mm.cow")).toBe(1);
  });

  test("a pinned page is copied at once from v6.1 on, and the parent still writes it", () => {
    const machine = bench({ kernel });
    const mm = spaceOf(machine, 2);
    for (const index of [0, 1]) put(machine, mm, page(index), index + 1);
    const pfn = good(pinPage(machine, mm, page(0), true));
    forgetNews(machine);
    const child = good(forkMm(machine, mm));
    const isCopied = kernel === "v6.1";
    expect([said(machine, "mm.copy"), said(machine, "mm.share")]).toEqual([isCopied ? 1 : 0, 1]);
    expect(frameOf(machine, mm, page(0))).toBe(pfn);
    expect(frameOf(machine, child, page(0)) === pfn).toBe(!isCopied);
    expect([get(machine, child, page(0)), get(machine, child, page(1))]).toEqual([1, 2]);
    const canWrite = [mm, child].map((space) => peek(machine, space, page(0))?.flags ?? 0);
    expect(canWrite.map((flags) => (flags & ENTRY.WRITE) !== 0)).toEqual([isCopied, isCopied]);
    expect(faultsOf(machine, { pins: [pfn], frames: [] })).toEqual([]);
  });
});

test("v6.1: a fork that only copies shares nothing, and says nothing of that", () => {
  const machine = bench({ kernel: "v6.1" });
  const mm = spaceOf(machine, 1);
  good(pinPage(machine, mm, page(0), true));
  forgetNews(machine);
  good(forkMm(machine, mm));
  expect(news(machine)).toEqual(["mm.copy"]);
});

test("v6.1: a fork that cannot copy one page ends there, whatever comes behind it", () => {
  const machine = bench({ kernel: "v6.1", fails: [{ kind: "allocate", nth: 3 }] });
  const mm = spaceOf(machine, 2);
  for (const index of [0, 1]) put(machine, mm, page(index), 1);
  good(pinPage(machine, mm, page(0), true));
  expect(forkMm(machine, mm)).toMatchObject({ errno: "ENOMEM" });
  forgetNews(machine);
  put(machine, mm, page(1), 2);
  expect(news(machine), "page 1 was not made read-only").toEqual([]);
});

describe("migration", () => {
  test("moves a page with its content and its rights, and IOTLBs forget it alone", () => {
    const machine = bench();
    const mm = spaceOf(machine, 2);
    for (const index of [0, 1]) put(machine, mm, page(index), index + 1);
    const old = frameOf(machine, mm, page(0));
    const flags = peek(machine, mm, page(0))?.flags;
    const knows = iotlbOf(machine, mm, [0, 1].map(page));
    forgetNews(machine);
    const fresh = good(migratePage(machine, mm, page(0) + 5));
    expect(fresh).not.toBe(old);
    expect(peek(machine, mm, page(0))).toEqual({ pfn: fresh, flags });
    expect([get(machine, mm, page(0)), get(machine, mm, page(1)), knows()]).toEqual([
      1,
      2,
      [page(1)],
    ]);
    expect(news(machine)).toEqual(["sva.invalidate", "mm.free", "mm.populate"]);
    expect(readFrame(machine, old, 0, 1)).toEqual(Uint8Array.of(0));
    expect([machine.frames.refs[old], machine.frames.refs[fresh]]).toEqual([0, 1]);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("of a page that may only be read leaves it so", () => {
    const machine = bench();
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    const child = good(forkMm(machine, mm));
    putMm(machine, child);
    good(migratePage(machine, mm, page(0)));
    expect((peek(machine, mm, page(0))?.flags ?? ENTRY.WRITE) & ENTRY.WRITE).toBe(0);
  });

  test("is refused where there is no page, the zero page, registers, or another holder", () => {
    const machine = bench({ fails: [{ kind: "allocate", nth: 2 }] });
    const mm = spaceOf(machine, 4);
    put(machine, mm, page(0), 1);
    get(machine, mm, page(1));
    add(machine, mm, 8, { kind: "device", file: 3, pfn: Pfn(REGISTERS), registers: true }, VM.IO);
    const got = (index: number) => {
      const moved = migratePage(machine, mm, page(index));
      return moved.ok ? "ok" : moved.errno;
    };
    expect([got(2), got(1), got(8), got(20)]).toEqual(["EFAULT", "EFAULT", "EFAULT", "EFAULT"]);
    const before = peek(machine, mm, page(0));
    expect([got(0), peek(machine, mm, page(0))]).toEqual(["ENOMEM", before]);
    good(pinPage(machine, mm, page(0), true));
    expect([got(0), peek(machine, mm, page(0))]).toEqual(["EAGAIN", before]);
  });
});

test("memory for reading is read by its program, and not written", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1, PROT.READ);
  expect([get(machine, mm, page(0)), put(machine, mm, page(0), 1)]).toEqual([0, "EFAULT"]);
});
