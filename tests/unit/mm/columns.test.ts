import { describe, expect, test } from "vitest";
import { ADDRESS_END, PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  allocate,
  allocateRun,
  copyFrame,
  createShared,
  FRAMES_MAX,
  frameBehind,
  getFrame,
  mapArea,
  markDirty,
  peek,
  putFrame,
  REGISTERS,
  readFrame,
  readMemory,
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
    const lowest = { length: PAGE, prot: RW, flags: 0, backing: { kind: "anonymous" as const } };
    good(mapArea(machine, mm, { ...lowest, at: 0 }));
    put(machine, mm, 0, 1);
    expect([peek(machine, mm, 0) === undefined, peek(machine, mm, ADDRESS_END)]).toEqual([
      false,
      undefined,
    ]);
  });

  test("of its own is behind its address once it was touched, and not before", () => {
    const machine = bench();
    const mm = spaceOf(machine, 2);
    put(machine, mm, page(0), 1);
    expect(frameBehind(machine, mm, page(0))).toBe(frameOf(machine, mm, page(0)));
    expect(frameBehind(machine, mm, page(1))).toBe(-1);
  });

  test("that could not be had is had by the next touch, shared memory too", () => {
    const machine = bench({ fails: [{ kind: "allocate", nth: 1 }] });
    const mm = spaceOf(machine, 1);
    const backing = { kind: "shared" as const, memory: createShared(machine, 1), page: 0 };
    good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: VM.SHARED, backing, at: page(4) }));
    expect([1, 2].map((value) => put(machine, mm, page(4), value))).toEqual(["ENOMEM", "ok"]);
    expect(get(machine, mm, page(4))).toBe(2);
  });
});
