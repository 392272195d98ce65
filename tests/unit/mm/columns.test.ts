import { describe, expect, test } from "vitest";
import { ADDRESS_END, PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  addNotifier,
  allocate,
  allocateRun,
  copyFrame,
  createShared,
  FRAMES_MAX,
  forget,
  frameBehind,
  getFrame,
  iotlb,
  known,
  lookUp,
  mapArea,
  markDirty,
  notify,
  peek,
  putFrame,
  REGISTERS,
  readFrame,
  readMemory,
  recall,
  remember,
  removeNotifier,
  reserveRows,
  VM,
  writeFrame,
  writeMemory,
  ZERO_PAGE,
} from "../../../engine/mm/index.ts";
import { bench, frameOf, get, good, page, put, RW, spaceOf } from "./bench.ts";

describe("frames", () => {
  test("grow, and keep what they had", () => {
    const machine = bench();
    const first = good(allocate(machine));
    writeFrame(machine, first, 5, [1, 2, 3]);
    getFrame(machine, first);
    machine.frames.pins[first] = 4;
    machine.frames.mapcount[first] = 3;
    markDirty(machine, first);
    const length = machine.frames.refs.length;
    while (machine.frames.top < length + 2) {
      const pfn = good(allocate(machine));
      writeFrame(machine, pfn, 0, [pfn % 251]);
    }
    expect(machine.frames.refs.length).toBe(2 * length);
    const { refs, pins, mapcount, dirty } = machine.frames;
    expect([refs[first], pins[first], mapcount[first], dirty[first]]).toEqual([2, 4, 3, 1]);
    expect([...readFrame(machine, first, 4, 5)]).toEqual([0, 1, 2, 3, 0]);
    const last = Pfn(machine.frames.top - 1);
    expect(readFrame(machine, last, 0, 1)[0]).toBe(last % 251);
  });

  test("do not grow before they must", () => {
    const machine = bench();
    const length = machine.frames.refs.length;
    while (machine.frames.top < length) good(allocate(machine));
    expect(machine.frames.refs.length).toBe(length);
  });

  test("that go are free once, empty, and neither pinned nor dirty for the next", () => {
    const machine = bench();
    const pfn = good(allocate(machine));
    writeFrame(machine, pfn, 0, [9]);
    markDirty(machine, pfn);
    putFrame(machine, pfn);
    expect(good(allocate(machine))).toBe(pfn);
    expect([machine.frames.dirty[pfn], readFrame(machine, pfn, 0, 1)[0]]).toEqual([0, 0]);
  });

  test("side by side are so, and there are no more than FRAMES_MAX", () => {
    const machine = bench();
    const run = good(allocateRun(machine, 5));
    expect(good(allocate(machine))).toBe(run + 5);
    expect(allocateRun(machine, FRAMES_MAX)).toMatchObject({ errno: "ENOMEM" });
    expect(good(allocateRun(machine, 2))).toBe(run + 6);
    const failing = bench({ fails: [{ kind: "allocate", nth: 1 }] });
    expect(allocateRun(failing, 1)).toMatchObject({ errno: "ENOMEM" });
  });

  test("the zero page and registers are neither counted, nor written, nor dirty", () => {
    const machine = bench();
    const register = Pfn(REGISTERS + 1);
    for (const pfn of [ZERO_PAGE, register]) {
      getFrame(machine, pfn);
      putFrame(machine, pfn);
      markDirty(machine, pfn);
    }
    writeFrame(machine, register, 0, [1]);
    expect([machine.frames.refs[0], machine.frames.dirty[0]]).toEqual([0, 0]);
    expect(readFrame(machine, register, 0, 1)[0]).toBe(0);
    const pfn = good(allocate(machine));
    copyFrame(machine, ZERO_PAGE, pfn);
    expect(machine.frames.slot[pfn]).toBe(0);
  });

  test("are read and written to their last byte, and no further", () => {
    const machine = bench();
    const pfn = good(allocate(machine));
    writeFrame(machine, pfn, PAGE - 2, [7, 8]);
    expect([...readFrame(machine, pfn, PAGE - 2, 2)]).toEqual([7, 8]);
    expect(() => writeFrame(machine, pfn, PAGE - 1, [7, 8])).toThrow("inside one page");
    expect(() => readFrame(machine, pfn, PAGE - 1, 2)).toThrow("inside one page");
    expect(() => readFrame(machine, pfn, -1, 1)).toThrow("inside one page");
    expect(() => writeFrame(machine, pfn, -1, [1])).toThrow("inside one page");
  });
});

describe("memory of a process", () => {
  test("is read and written over the borders of pages", () => {
    const machine = bench();
    const mm = spaceOf(machine, 3);
    const bytes = Uint8Array.from({ length: 2 * PAGE }, (_, index) => index % 241);
    good(writeMemory(machine, mm, page(0) + 100, bytes));
    expect(good(readMemory(machine, mm, page(0) + 100, 2 * PAGE))).toEqual(bytes);
    expect(get(machine, mm, page(0) + 99)).toBe(0);
    expect(get(machine, mm, page(2) + 100)).toBe(0);
    expect(get(machine, mm, page(2) + 99)).toBe((2 * PAGE - 1) % 241);
  });

  test("that runs into nothing is refused, and what was written before stays", () => {
    const machine = bench();
    const mm = spaceOf(machine, 1);
    const written = writeMemory(machine, mm, page(0) + PAGE - 1, Uint8Array.of(1, 2));
    expect(written).toMatchObject({ errno: "EFAULT" });
    expect(get(machine, mm, page(0) + PAGE - 1)).toBe(1);
  });

  test("shared memory is seen where nobody has touched it, and ends where it ends", () => {
    const machine = bench();
    const mm = spaceOf(machine, 1);
    const memory = createShared(machine, 3);
    const at = (index: number, first: number, length: number) => ({
      length: length * PAGE,
      prot: RW,
      flags: VM.SHARED,
      backing: { kind: "shared" as const, memory, page: first },
      at: page(index) as never,
    });
    good(mapArea(machine, mm, at(4, 0, 3)));
    good(mapArea(machine, mm, at(10, 1, 3)));
    put(machine, mm, page(5), 5);
    put(machine, mm, page(6), 6);
    const [five, six] = [frameOf(machine, mm, page(5)), frameOf(machine, mm, page(6))];
    expect(peek(machine, mm, page(10))).toBeUndefined();
    expect([10, 11, 12, 4, 5].map((index) => frameBehind(machine, mm, page(index)))).toEqual([
      five,
      six,
      -1,
      -1,
      five,
    ]);
    expect([0, 30].map((index) => frameBehind(machine, mm, page(index)))).toEqual([-1, -1]);
    expect([get(machine, mm, page(10)), get(machine, mm, page(12))]).toEqual([5, "EFAULT"]);
    expect(frameOf(machine, mm, page(10))).toBe(five);
  });

  test("past the end of all addresses there is nothing", () => {
    const machine = bench();
    const mm = spaceOf(machine, 1);
    put(machine, mm, page(0), 1);
    expect(peek(machine, mm, ADDRESS_END)).toBeUndefined();
    expect(peek(machine, mm, ADDRESS_END + page(0))).toBeUndefined();
    expect(get(machine, mm, ADDRESS_END)).toBe("EFAULT");
  });
});

describe("IOTLB", () => {
  const full = () => {
    const table = iotlb();
    const one = { firstRow: reserveRows(table, 2), rows: 2 };
    const other = { firstRow: reserveRows(table, 2), rows: 2 };
    const learn = (owner: typeof one, asid: number, pages: number, level = 0) =>
      remember(table, owner, { asid, iova: pages * PAGE, level, entry: pages + 1 });
    const starts = (owner: typeof one) =>
      known(table, owner).map(({ asid, start }) => [asid, start / PAGE]);
    return { table, one, other, learn, starts };
  };

  test("rows of one IOMMU are not the other's, and stay when more are reserved", () => {
    const { table, one, other, learn, starts } = full();
    learn(one, 1, 10);
    learn(other, 1, 20);
    learn(other, 1, 21);
    reserveRows(table, 3);
    expect([starts(one), starts(other)]).toEqual([
      [[1, 10]],
      [
        [1, 20],
        [1, 21],
      ],
    ]);
    expect([recall(table, one, 1, 20 * PAGE), recall(table, other, 1, 10 * PAGE)]).toEqual([
      -1, -1,
    ]);
    learn(one, 1, 11);
    learn(one, 1, 12);
    expect(starts(other)).toEqual([
      [1, 20],
      [1, 21],
    ]);
    forget(table, one, 1, { start: 0, end: ADDRESS_END });
    expect([starts(one), starts(other)]).toEqual([
      [],
      [
        [1, 20],
        [1, 21],
      ],
    ]);
  });

  test("the one least recently used makes room; to recall is no use, to look up is", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 1, 11);
    recall(table, one, 1, 10 * PAGE);
    learn(one, 1, 12);
    expect(starts(one)).toEqual([
      [1, 12],
      [1, 11],
    ]);
    lookUp(table, one, 1, 11 * PAGE);
    learn(one, 1, 13);
    expect(starts(one)).toEqual([
      [1, 13],
      [1, 11],
    ]);
    expect(lookUp(table, one, 1, 99 * PAGE)).toBe(-1);
    learn(one, 1, 14);
    expect(starts(one)).toEqual([
      [1, 13],
      [1, 14],
    ]);
  });

  test("a freed row is used before another makes room", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 2, 11);
    forget(table, one, 1, { start: 10 * PAGE, end: 11 * PAGE });
    expect(starts(one)).toEqual([[2, 11]]);
    learn(one, 3, 12);
    expect(starts(one)).toEqual([
      [3, 12],
      [2, 11],
    ]);
  });

  test("a range is forgotten to its last byte, of one address space", () => {
    const { table, one, learn, starts } = full();
    learn(one, 1, 10);
    learn(one, 2, 10);
    forget(table, one, 1, { start: 11 * PAGE, end: 12 * PAGE });
    forget(table, one, 1, { start: 0, end: 10 * PAGE });
    expect(starts(one)).toHaveLength(2);
    forget(table, one, 1, { start: 11 * PAGE - 1, end: 12 * PAGE });
    expect(starts(one)).toEqual([[2, 10]]);
  });

  test("a block is found by every address in it, and goes whole", () => {
    const { table, one, learn } = full();
    learn(one, 1, 512 + 7, 1);
    expect([511, 512, 1023, 1024].map((at) => recall(table, one, 1, at * PAGE) >= 0)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    forget(table, one, 1, { start: 600 * PAGE, end: 601 * PAGE });
    expect(known(table, one)).toEqual([]);
  });

  test("one without rows remembers nothing", () => {
    const table = iotlb();
    const none = { firstRow: reserveRows(table, 0), rows: 0 };
    remember(table, none, { asid: 1, iova: 0, level: 0, entry: 1 });
    expect(known(table, none)).toEqual([]);
  });
});

test("who is told no more is the one with that tag and those rows", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const one = { firstRow: reserveRows(machine.iotlb, 1), rows: 1 };
  const other = { firstRow: reserveRows(machine.iotlb, 1), rows: 1 };
  addNotifier(machine, { ...one, mm, asid: 1, pasid: 1 });
  addNotifier(machine, { ...other, mm, asid: 1, pasid: 2 });
  addNotifier(machine, { ...other, mm, asid: 2, pasid: 3 });
  removeNotifier(machine, 3, one);
  expect(machine.notifiers).toHaveLength(3);
  removeNotifier(machine, 1, other);
  expect(machine.notifiers.map(({ pasid }) => pasid)).toEqual([1, 3]);
  remember(machine.iotlb, one, { asid: 1, iova: page(0), level: 0, entry: 1 });
  remember(machine.iotlb, other, { asid: 1, iova: page(0), level: 0, entry: 1 });
  notify(machine, mm, page(0), page(1));
  expect(
    [known(machine.iotlb, one), known(machine.iotlb, other)].map(({ length }) => length),
  ).toEqual([0, 1]);
});
