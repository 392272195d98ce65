import { expect, test } from "vitest";
import { Bench, type Process } from "../../../engine/check/bench/index.ts";
import { PAGE } from "../../../engine/core/index.ts";
import { chargeLocked, migratePage, ZERO_PAGE } from "../../../engine/mm/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { ENGINE } from "../check/support.ts";

const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;

function bench(memlock = 1024): { app: Process; bench: Bench } {
  const made = new Bench(ENGINE, { kernel: "v4.18", memlock });
  return { app: made.app, bench: made };
}

function areas({ task, bench: { machine } }: Process): string[] {
  const { vmas } = machine.mms[task.mm] ?? { vmas: [] };
  return vmas.map(({ start, end, prot, flags }) => {
    return `${(end - start) / PAGE} prot ${prot} flags ${flags}`;
  });
}

const word = (got: { errno?: string; value: number }) => got.errno ?? String(got.value);

test("mprotect takes the right to write away at once, and splits the area", () => {
  const { app } = bench();
  const at = app.buffer(3);
  expect(word(app.call("mprotect", at + PAGE, PAGE, FLAG.PROT_READ))).toBe("0");
  expect(areas(app)).toEqual(["1 prot 3 flags 0", "1 prot 1 flags 0", "1 prot 3 flags 0"]);
  expect(app.load(at + PAGE, 1)).toBe("\x02");
  app.store(at, "x");
  expect(app.call("mprotect", at + PAGE, PAGE, RW).value).toBe(0);
  expect(app.store(at + PAGE, "y").signal).toBeUndefined();
  app.call("mprotect", at, PAGE, FLAG.PROT_READ);
  expect(app.store(at, "z").signal).toBe("SIGSEGV");
});

// biome-ignore format: one case a line
const REFUSED = [
  ["mprotect off a page",           "mprotect", [1, PAGE, 1],           "EINVAL"],
  ["mprotect of nothing",           "mprotect", [PAGE, 0, 1],           "0"],
  ["mprotect where no area is",     "mprotect", [PAGE, PAGE, 1],        "ENOMEM"],
  ["mprotect, unknown rights",      "mprotect", [PAGE, PAGE, 16],       "EINVAL"],
  ["mprotect of nothing, unknown rights", "mprotect", [PAGE, 0, 16],    "0"],
  ["mprotect of what wraps, unknown rights", "mprotect", [PAGE, -PAGE, 16], "ENOMEM"],
  ["munlock of what wraps",         "munlock",  [PAGE, -PAGE],          "EINVAL"],
  ["munlock up to the last page",   "munlock",  [PAGE, -2 * PAGE],      "ENOMEM"],
  ["mlock where no area is",        "mlock",    [PAGE, PAGE],           "ENOMEM"],
  ["madvise off a page",            "madvise",  [1, PAGE, 10],          "EINVAL"],
  ["madvise where no area is",      "madvise",  [PAGE, PAGE, 10],       "ENOMEM"],
  ["mremap off a page",             "mremap",   [1, PAGE, PAGE, 0],     "EINVAL"],
  ["mremap to nothing",             "mremap",   [PAGE, PAGE, 0, 0],     "EINVAL"],
  ["mremap where no area is",       "mremap",   [PAGE, PAGE, 2 * PAGE, 0], "EFAULT"],
  ["mremap FIXED without MAYMOVE",  "mremap",   [PAGE, PAGE, PAGE, 2, 0], "EINVAL"],
] as const;

test.each(REFUSED)("%s", (_name, call, args, got) => {
  expect(word(bench().app.call(call, ...args))).toBe(got);
});

test("mlock faults in and counts each page once, munlock and munmap give back", () => {
  const { app, bench: b } = bench(4);
  const at = app.memory(4);
  expect(word(app.call("mlock", at, 2 * PAGE))).toBe("0");
  expect([app.lockedVm, b.page(app, at) > 0, b.page(app, at + 2 * PAGE)]).toEqual([2, true, -1]);
  expect(word(app.call("mlock", at, 4 * PAGE))).toBe("0");
  expect(app.lockedVm).toBe(4);
  expect(word(app.call("mlock", app.memory(1), PAGE))).toBe("ENOMEM");
  app.must("munlock", at + PAGE, PAGE);
  expect(app.lockedVm).toBe(3);
  app.must("munmap", at, 2 * PAGE);
  expect(app.lockedVm).toBe(2);
  expect(app.fork().lockedVm).toBe(0);
});

test("mremap: a locked area grows up to the limit, in its place or elsewhere; others as they like", () => {
  const { app } = bench(4);
  const locked = app.memory(1);
  const other = app.memory(1); // above it: areas are given out downwards
  const grow = (at: number, pages: number, to: number) =>
    word(app.call("mremap", at, pages * PAGE, to * PAGE, FLAG.MREMAP_MAYMOVE));
  app.must("mlock", locked, PAGE);
  expect(grow(locked, 1, 5)).toBe("EAGAIN");
  expect(app.lockedVm).toBe(1);
  const there = app.must("mremap", locked, PAGE, 4 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect(app.lockedVm).toBe(4);
  expect(grow(there, 4, 5)).toBe("EAGAIN");
  expect(Number(grow(there, 4, 4))).toBe(there); // not longer: nobody asks
  expect(Number(grow(other, 1, 9))).toBeGreaterThan(0);
  expect(app.lockedVm).toBe(4);
});

test("mremap: a locked area of who may lock without end grows past the limit", () => {
  const { root } = bench(1).bench;
  const locked = root.memory(1);
  root.must("mlock", locked, PAGE);
  root.must("mremap", locked, PAGE, 3 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect(root.lockedVm).toBe(3);
});

test("mremap takes the pages along: shorter, longer, elsewhere", () => {
  const { app, bench: b } = bench();
  const at = app.buffer(2);
  const wall = app.memory(1);
  const frames = [b.page(app, at), b.page(app, at + PAGE)];
  expect(word(app.call("mremap", at, 2 * PAGE, 3 * PAGE, 0))).toBe("ENOMEM");
  const there = app.must("mremap", at, 2 * PAGE, 3 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect(there).toBeGreaterThan(wall);
  expect([b.page(app, there), b.page(app, there + PAGE), b.page(app, at)]).toEqual([...frames, -1]);
  expect(app.load(there + PAGE, 1)).toBe("\x02");
  expect(app.must("mremap", there, 3 * PAGE, PAGE, 0)).toBe(there);
  expect(b.page(app, there + PAGE)).toBe(-1);
  const fixed = app.call(
    "mremap",
    there,
    PAGE,
    PAGE,
    FLAG.MREMAP_MAYMOVE | FLAG.MREMAP_FIXED,
    wall,
  );
  expect([word(fixed), b.page(app, wall)]).toEqual([String(wall), frames[0]]);
  app.exit();
  expect(frames.map((frame) => b.refs(frame ?? 0))).toEqual([0, 0]);
});

test("mremap loses no page, wherever it goes: also where the tables need more room", () => {
  const { app, bench: b } = bench();
  const how = FLAG.MREMAP_MAYMOVE | FLAG.MREMAP_FIXED;
  let at = app.buffer(1);
  const moving = b.page(app, at);
  for (let turn = 1; turn <= 40; turn += 1) {
    const next = turn * 2 ** 30;
    expect(app.must("mremap", at, PAGE, PAGE, how, next)).toBe(next);
    expect([b.page(app, next), b.page(app, at)]).toEqual([moving, -1]);
    at = next;
  }
  expect(app.load(at, 1)).toBe("\x01");
});

test("fork leaves out, or empties, what madvise says", () => {
  const { app } = bench();
  const at = app.buffer(3);
  app.must("madvise", at, PAGE, FLAG.MADV_DONTFORK);
  app.must("madvise", at + PAGE, PAGE, FLAG.MADV_WIPEONFORK);
  const child = app.fork();
  expect([child.load(at + PAGE, 1), child.load(at + 2 * PAGE, 1)]).toEqual(["\0", "\x03"]);
  expect(child.load(at, 1)).toBe("SIGSEGV");
  app.must("madvise", at, PAGE, FLAG.MADV_DOFORK);
  expect(app.fork("second").load(at, 1)).toBe("\x01");
});

test("a page moves to another frame unless somebody holds it", () => {
  const { app, bench: b } = bench();
  const at = app.buffer(1);
  const before = b.page(app, at);
  const moved = migratePage(b.machine, app.task.mm, at);
  expect([moved.ok, b.page(app, at) === before, app.load(at, 1)]).toEqual([true, false, "\x01"]);
  app.fork();
  expect(migratePage(b.machine, app.task.mm, at)).toMatchObject({ errno: "EAGAIN" });
});

/** Three pages, and the middle of them touched by one call. */
function thirds(memlock = 1024) {
  const { app, bench: b } = bench(memlock);
  const at = app.memory(3);
  return { app, b, at, middle: at + PAGE };
}

test("no length in the middle of an area leaves it whole", () => {
  const { app, middle } = thirds();
  expect(word(app.call("mprotect", middle, 0, 1))).toBe("0");
  expect(areas(app)).toHaveLength(1);
  expect(word(app.call("mlock", middle, 0))).toBe("0");
  expect([areas(app).map((area) => area[0]), app.lockedVm]).toEqual([["3"], 0]);
});

test("mlock faults in what it locks; what may not be touched is ENOMEM, no page left EAGAIN, and all is locked", () => {
  const { app, b, at } = thirds();
  app.must("mlock", at, PAGE);
  expect([b.page(app, at) >= 0, b.page(app, at + PAGE)]).toEqual([true, -1]);
  app.must("mprotect", at, 3 * PAGE, 0);
  expect(word(app.call("mlock", at + PAGE, 2 * PAGE))).toBe("ENOMEM");
  expect([app.lockedVm, b.page(app, at + PAGE)]).toEqual([3, -1]);
  app.must("mprotect", at + PAGE, PAGE, 1); // to be read alone: the page of zeros
  app.must("munlock", at + PAGE, PAGE);
  expect(word(app.call("mlock", at + PAGE, PAGE))).toBe("0");
  expect(b.page(app, at + PAGE)).toBe(ZERO_PAGE);
});

test("mprotect faults in private memory that is locked, where it becomes writable", () => {
  const { app, b, at } = thirds();
  app.must("mprotect", at, 3 * PAGE, FLAG.PROT_READ);
  app.must("mlock", at, 2 * PAGE);
  app.must("mprotect", at + PAGE, 2 * PAGE, RW);
  expect([b.page(app, at), b.page(app, at + 2 * PAGE)]).toEqual([ZERO_PAGE, -1]);
  expect(b.page(app, at + PAGE)).toBeGreaterThan(ZERO_PAGE);
});

test("what a locked area has more after mremap is faulted in, and what is not locked is not", () => {
  const { app, b, at } = thirds();
  app.must("mlock", at, 3 * PAGE);
  const there = app.must("mremap", at, 3 * PAGE, 5 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect([3, 4].map((page) => b.page(app, there + page * PAGE) > ZERO_PAGE)).toEqual([true, true]);
  const loose = app.memory(1);
  const wider = app.must("mremap", loose, PAGE, 2 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect(b.page(app, wider + PAGE)).toBe(-1);
});

test("mremap asks for no limit where an area only moves, nor of who may lock without end", () => {
  const { app, bench: b } = bench(4);
  const locked = app.memory(2);
  app.must("mlock", locked, 2 * PAGE);
  app.must("setrlimit", 8, PAGE); // RLIMIT_MEMLOCK;
  const moving = FLAG.MREMAP_MAYMOVE | FLAG.MREMAP_FIXED;
  const there = app.memory(2);
  expect(app.must("mremap", locked, 2 * PAGE, 2 * PAGE, moving, there)).toBe(there);
  expect(word(app.call("mremap", there, 2 * PAGE, 3 * PAGE, FLAG.MREMAP_MAYMOVE))).toBe("EAGAIN");
  const { root } = b;
  const own = root.memory(1);
  root.must("mlock", own, PAGE);
  chargeLocked(b.machine, root.task.mm, -9);
  root.must("mremap", own, PAGE, 2 * PAGE, FLAG.MREMAP_MAYMOVE);
  expect(root.lockedVm).toBe(-7);
});

test("mlock reads what may not be read, to have its pages; where there is none for it, it is EAGAIN", () => {
  const { app, bench: b } = bench();
  const flags = FLAG.MAP_SHARED | FLAG.MAP_ANONYMOUS;
  for (const prot of [FLAG.PROT_WRITE, FLAG.PROT_EXEC]) {
    const at = app.must("mmap", 0, PAGE, prot, flags, -1, 0);
    expect(word(app.call("mlock", at, PAGE))).toBe("0");
    expect(b.page(app, at)).toBeGreaterThan(ZERO_PAGE);
  }
  const poor = new Bench(ENGINE, { kernel: "v4.18", fails: [{ kind: "allocate", nth: 1 }] });
  const there = poor.app.memory(1);
  expect([word(poor.app.call("mlock", there, PAGE)), poor.app.lockedVm]).toEqual(["EAGAIN", 1]);
});
