import { describe, expect, test } from "vitest";
import { type Kernel, PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  createShared,
  ENTRY,
  FOLL,
  forkMm,
  getUserPage,
  kernelRefcount,
  type MmPart,
  mapArea,
  migratePage,
  PROT,
  peek,
  pinPage,
  protect,
  putMm,
  REGISTERS,
  unpinPage,
  VM,
  ZERO_PAGE,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, look, page, put, RW, spaceOf } from "./bench.ts";
import { forgetNews, news } from "./told.ts";

/** What get_user_pages and pin_user_pages find behind an address, and whose page it is then. */

const PLAIN = FOLL.GET;
const WRITE = FOLL.GET | FOLL.WRITE;
const FORCE = FOLL.GET | FOLL.FORCE;
const BOTH = WRITE | FOLL.FORCE;

/** The area under test: private or shared memory, or a driver's registers, with these rights. */
function scene(kind: "private" | "shared" | "device", prot: number) {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const backing = {
    private: { kind: "anonymous" as const },
    shared: { kind: "shared" as const, memory: createShared(machine, 1), page: 0 },
    device: { kind: "device" as const, file: 3, pfn: Pfn(REGISTERS), registers: true },
  }[kind];
  const flags = { private: 0, shared: VM.SHARED, device: VM.SHARED | VM.IO }[kind];
  good(mapArea(machine, mm, { length: PAGE, prot, flags, backing, at: page(4) as never }));
  return { machine, mm };
}

/** Read, write, and both again by force (check_vma_flags). */
// biome-ignore format: one case a line
const RIGHTS = [
  ["private", PROT.NONE,  ["EFAULT", "EFAULT", "ok",     "ok"]],
  ["private", PROT.READ,  ["ok",     "EFAULT", "ok",     "ok"]],
  ["private", PROT.WRITE, ["EFAULT", "ok",     "ok",     "ok"]],
  ["private", RW,         ["ok",     "ok",     "ok",     "ok"]],
  ["shared",  PROT.NONE,  ["EFAULT", "EFAULT", "ok",     "EFAULT"]],
  ["shared",  PROT.READ,  ["ok",     "EFAULT", "ok",     "EFAULT"]],
  ["shared",  PROT.WRITE, ["EFAULT", "ok",     "ok",     "ok"]],
  ["shared",  RW,         ["ok",     "ok",     "ok",     "ok"]],
  ["device",  RW,         ["EFAULT", "EFAULT", "EFAULT", "EFAULT"]],
] as const;

test.each(RIGHTS)("%s memory with prot %i: read, write, and by force: %j", (kind, prot, all) => {
  const got = [PLAIN, WRITE, FORCE, BOTH].map((flags) => {
    const { machine, mm } = scene(kind, prot);
    const found = getUserPage(machine, mm, page(4), flags);
    return found.ok ? "ok" : found.errno;
  });
  expect(got).toEqual(all);
});

test("a pin asks for the same rights, and has no force", () => {
  for (const [kind, prot, [toRead, toWrite]] of RIGHTS.filter(([kind]) => kind !== "device")) {
    for (const [isWrite, wanted] of [[false, toRead] as const, [true, toWrite] as const]) {
      const { machine, mm } = scene(kind, prot);
      const got = pinPage(machine, mm, page(4), isWrite);
      expect(got.ok ? "ok" : got.errno, `${kind} ${prot} ${isWrite}`).toBe(wanted);
    }
  }
});

test("where no area is, force finds nothing either", () => {
  const { machine, mm } = scene("private", RW);
  for (const flags of [PLAIN, WRITE, FORCE, BOTH]) {
    expect(getUserPage(machine, mm, page(9), flags)).toMatchObject({ errno: "EFAULT" });
  }
});

test("what is written by force is the process's own, and its program may not write it still", () => {
  for (const isTouched of [false, true]) {
    const { machine, mm } = scene("private", PROT.READ);
    if (isTouched) expect(get(machine, mm, page(4))).toBe(0);
    const pfn = good(getUserPage(machine, mm, page(4), BOTH));
    expect(pfn).not.toBe(ZERO_PAGE);
    expect(peek(machine, mm, page(4))).toMatchObject({ pfn });
    expect((peek(machine, mm, page(4))?.flags ?? 0) & ENTRY.WRITE).toBe(0);
    expect(put(machine, mm, page(4), 1)).toBe("EFAULT");
    expect(good(getUserPage(machine, mm, page(4), BOTH)), "once is enough").toBe(pfn);
  }
});

test("by force into memory that may be written is to write: shared memory stays shared", () => {
  const { machine, mm } = scene("shared", RW);
  put(machine, mm, page(4), 1);
  const pfn = frameOf(machine, mm, page(4));
  const child = good(forkMm(machine, mm));
  expect(good(getUserPage(machine, child, page(4), BOTH))).toBe(pfn);
});

test("a reference to the zero page counts there, and nowhere else", () => {
  const { machine, mm } = scene("private", RW);
  expect(good(getUserPage(machine, mm, page(4), PLAIN))).toBe(ZERO_PAGE);
  good(pinPage(machine, mm, page(4), false));
  expect(kernelRefcount(machine, ZERO_PAGE)).toBe(2);
  put(machine, mm, page(4), 1);
  const pfn = good(getUserPage(machine, mm, page(4), PLAIN));
  expect([kernelRefcount(machine, ZERO_PAGE), kernelRefcount(machine, pfn)]).toEqual([2, 2]);
});

describe("v6.1 pins for reading", () => {
  const V61 = { kernel: "v6.1" } as const;

  test("the zero page as it is: nothing was written there", () => {
    const machine = bench(V61);
    const mm = spaceOf(machine, 1);
    expect(good(pinPage(machine, mm, page(0), false))).toBe(ZERO_PAGE);
    expect([frameOf(machine, mm, page(0)), machine.frames.top]).toEqual([ZERO_PAGE, 1]);
  });

  test("shared memory as it is, where the process may only read it too", () => {
    const machine = bench(V61);
    const [mm, reader] = [spaceOf(machine, 1), spaceOf(machine, 1)];
    const backing = { kind: "shared" as const, memory: createShared(machine, 1), page: 0 };
    const wish = { length: PAGE, flags: VM.SHARED, backing, at: page(4) as never };
    good(mapArea(machine, mm, { ...wish, prot: RW }));
    good(mapArea(machine, reader, { ...wish, prot: PROT.READ }));
    put(machine, mm, page(4), 1);
    const pfn = frameOf(machine, mm, page(4));
    expect(good(pinPage(machine, reader, page(4), false))).toBe(pfn);
    expect(machine.frames.exclusive[pfn]).toBe(0);
    expect(faultsOf(machine, { pins: [pfn], frames: [] })).toEqual([]);
  });

  test("a page of its own as it is, also where it may not be written at present", () => {
    const machine = bench(V61);
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    const pfn = frameOf(machine, mm, page(0));
    protect(machine, mm, { start: page(0), length: PAGE, prot: PROT.READ });
    expect(good(pinPage(machine, mm, page(0), false))).toBe(pfn);
    expect(faultsOf(machine, { pins: [pfn], frames: [] })).toEqual([]);
  });

  test("nothing where nothing may be read, be there a page or not", () => {
    const machine = bench(V61);
    const mm = spaceOf(machine, 2);
    put(machine, mm, page(0), 1);
    protect(machine, mm, { start: page(0), length: 2 * PAGE, prot: PROT.NONE });
    for (const index of [0, 1]) {
      expect(pinPage(machine, mm, page(index), false)).toMatchObject({ errno: "EFAULT" });
    }
    expect([look(machine, mm, page(0)), machine.frames.top]).toEqual([1, 2]);
  });
});

/** A page that was shared with a child, which is gone: whose is it, while somebody holds it? */
function afterChild(kernel: Kernel): { machine: MmPart; mm: number; pfn: Pfn } {
  const machine = bench({ kernel });
  const mm = spaceOf(machine, 1);
  put(machine, mm, page(0), 1);
  const pfn = frameOf(machine, mm, page(0));
  putMm(machine, good(forkMm(machine, mm)));
  return { machine, mm, pfn };
}

/** Who holds the page when the process writes; does it stay with its page? */
// biome-ignore format: one case a line
const HOLDERS: readonly (readonly [who: string, hold: (machine: MmPart, mm: number) => unknown, v418: boolean, v61: boolean])[] = [
  ["nobody",                    () => undefined,                                                   true, true],
  ["a reference",               (machine, mm) => getUserPage(machine, mm, page(0), PLAIN),         true, false],
  ["a pin to read",             (machine, mm) => pinPage(machine, mm, page(0), false),             true, true],
  ["a pin, then a reference",   (machine, mm) => [pinPage(machine, mm, page(0), false),
                                                  getUserPage(machine, mm, page(0), PLAIN)],       true, true],
  ["a reference, then a pin",   (machine, mm) => [getUserPage(machine, mm, page(0), PLAIN),
                                                  pinPage(machine, mm, page(0), false)],           true, true],
];

test.each(HOLDERS)(
  "where %s holds the page the writer keeps it: v4.18, v6.1",
  (_who, hold, ...all) => {
    for (const [kernel, keeps] of [["v4.18", all[0]] as const, ["v6.1", all[1]] as const]) {
      const { machine, mm } = afterChild(kernel);
      hold(machine, mm);
      const pinned = frameOf(machine, mm, page(0));
      put(machine, mm, page(0), 2);
      expect(frameOf(machine, mm, page(0)) === pinned, kernel).toBe(keeps);
    }
  },
);

/** How a page comes to be the process's own. From then on a reference takes it away no more. */
// biome-ignore format: one case a line
const OWN: readonly (readonly [how: string, make: () => { machine: MmPart; mm: number }])[] = [
  ["the first write", () => {
    const machine = bench({ kernel: "v6.1" });
    return { machine, mm: spaceOf(machine, 1) };
  }],
  ["a write after the child is gone", () => afterChild("v6.1")],
  ["a copy at a write", () => {
    const machine = bench({ kernel: "v6.1" });
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    good(forkMm(machine, mm));
    return { machine, mm };
  }],
  ["a copy at fork, since the parent's is pinned", () => {
    const machine = bench({ kernel: "v6.1" });
    const mm = spaceOf(machine, 1);
    good(pinPage(machine, mm, page(0), true));
    return { machine, mm: good(forkMm(machine, mm)) };
  }],
  ["a pin to read after the child is gone", () => {
    const { machine, mm } = afterChild("v6.1");
    unpinPage(machine, good(pinPage(machine, mm, page(0), false)));
    return { machine, mm };
  }],
  ["a move to another frame", () => {
    const machine = bench({ kernel: "v6.1" });
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    good(migratePage(machine, mm, page(0)));
    return { machine, mm };
  }],
];

test.each(OWN)("v6.1: %s makes a page one's own, whoever holds it then", (how, make) => {
  const { machine, mm } = make();
  if (!how.startsWith("a pin")) put(machine, mm, page(0), 3);
  const pfn = good(getUserPage(machine, mm, page(0), PLAIN));
  protect(machine, mm, { start: page(0), length: PAGE, prot: PROT.READ });
  protect(machine, mm, { start: page(0), length: PAGE, prot: RW });
  put(machine, mm, page(0), 4);
  expect(frameOf(machine, mm, page(0))).toBe(pfn);
});

test("a copy that cannot be had leaves all as it was", () => {
  const machine = bench({ fails: [{ kind: "allocate", nth: 2 }] });
  const mm = spaceOf(machine, 1);
  put(machine, mm, page(0), 1);
  const child = good(forkMm(machine, mm));
  const before = peek(machine, child, page(0));
  expect([put(machine, child, page(0), 2), peek(machine, child, page(0))]).toEqual([
    "ENOMEM",
    before,
  ]);
  expect([look(machine, mm, page(0)), look(machine, child, page(0))]).toEqual([1, 1]);
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
});

test("a write over the zero page is a first page, over another's it is a copy", () => {
  const machine = bench();
  const mm = spaceOf(machine, 2);
  get(machine, mm, page(0));
  put(machine, mm, page(1), 1);
  good(forkMm(machine, mm));
  forgetNews(machine);
  put(machine, mm, page(0), 1);
  put(machine, mm, page(1), 1);
  expect(news(machine)).toEqual(["mm.populate", "mm.cow"]);
});
