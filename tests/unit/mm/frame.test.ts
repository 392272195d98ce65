import { expect, test } from "vitest";
import { PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  allocate,
  allocateRun,
  copyFrame,
  FRAMES_MAX,
  getFrame,
  putFrame,
  REGISTERS,
  readFrame,
  writeFrame,
} from "../../../engine/mm/index.ts";
import { bench, good } from "./bench.ts";

/** Page frames by themselves: content, references, the free list. */

test("a frame reads as zeros until it is written, and takes no content before", () => {
  const machine = bench();
  const pfn = good(allocate(machine));
  expect([machine.frames.slots, readFrame(machine, pfn, 5, 2)]).toEqual([0, Uint8Array.of(0, 0)]);
  writeFrame(machine, pfn, 5, [7]);
  expect([machine.frames.slots, readFrame(machine, pfn, 4, 3)]).toEqual([
    1,
    Uint8Array.of(0, 7, 0),
  ]);
});

test("so it does where all the room for content is taken", () => {
  const machine = bench();
  const empty = good(allocate(machine));
  const room = machine.frames.bytes.length / PAGE;
  for (let made = 0; made < room; made += 1) {
    writeFrame(machine, good(allocate(machine)), 5, [7]);
  }
  expect([machine.frames.slots, machine.frames.bytes.length / PAGE]).toEqual([room, room]);
  expect(readFrame(machine, empty, 4, 3)).toEqual(Uint8Array.of(0, 0, 0));
});

test("the frame given back last is used again first, and reads as zeros", () => {
  const machine = bench();
  const [first, second] = [1, 2].map(() => good(allocate(machine)));
  for (const pfn of [first, second]) {
    writeFrame(machine, pfn as Pfn, 0, [9]);
    putFrame(machine, pfn as Pfn);
  }
  expect([good(allocate(machine)), good(allocate(machine))]).toEqual([second, first]);
  expect([first, second].map((pfn) => readFrame(machine, pfn as Pfn, 0, 1)[0])).toEqual([0, 0]);
});

test("what a device wrote to a free frame is gone when somebody gets it", () => {
  const machine = bench();
  const pfn = good(allocate(machine));
  putFrame(machine, pfn);
  writeFrame(machine, pfn, 0, [9]); // a device that nobody stopped, and no IOMMU
  expect(good(allocate(machine))).toBe(pfn);
  expect([readFrame(machine, pfn, 0, 1)[0], machine.frames.freeSlots.length]).toEqual([0, 1]);
});

test("a frame is free with its last reference, and not before", () => {
  const machine = bench();
  const pfn = good(allocate(machine));
  getFrame(machine, pfn);
  putFrame(machine, pfn);
  expect(machine.frames.free).toEqual([]);
  putFrame(machine, pfn);
  expect(machine.frames.free).toEqual([pfn]);
  expect(() => putFrame(machine, pfn)).toThrow("one reference too many");
  expect(() => getFrame(machine, pfn)).toThrow("a reference to a free page");
});

test("registers and the zero page are no memory: nobody counts them, nothing is kept", () => {
  const machine = bench();
  good(allocate(machine));
  const before = structuredClone(machine.frames);
  for (const pfn of [Pfn(0), Pfn(REGISTERS), Pfn(REGISTERS + 5)]) {
    getFrame(machine, pfn);
    putFrame(machine, pfn);
    expect(readFrame(machine, pfn, 0, 2)).toEqual(Uint8Array.of(0, 0));
  }
  writeFrame(machine, Pfn(REGISTERS), 0x340, [1, 2]);
  expect(machine.frames).toEqual(before);
  expect(() => writeFrame(machine, Pfn(0), 0, [1])).toThrow("the zero page");
});

test("a copy of a frame without content takes none", () => {
  const machine = bench();
  const [from, to] = [good(allocate(machine)), good(allocate(machine))];
  copyFrame(machine, from, to);
  expect(machine.frames.slots).toBe(0);
  writeFrame(machine, from, PAGE - 1, [3]);
  copyFrame(machine, from, to);
  writeFrame(machine, from, PAGE - 1, [4]);
  expect(readFrame(machine, to, PAGE - 1, 1)[0]).toBe(3);
});

test("columns grow, and keep what they hold", () => {
  const machine = bench();
  const frames = Array.from({ length: 300 }, () => good(allocate(machine)));
  for (const pfn of frames) writeFrame(machine, pfn, pfn % PAGE, [pfn % 256]);
  for (const pfn of frames) expect(readFrame(machine, pfn, pfn % PAGE, 1)[0]).toBe(pfn % 256);
  expect(new Set(frames).size).toBe(300);
});

test("memory ends: more is ENOMEM, and takes nothing", () => {
  const machine = bench();
  good(allocateRun(machine, FRAMES_MAX - 2));
  const { top } = machine.frames;
  const run = allocateRun(machine, 2);
  expect([run.ok ? "ok" : run.errno, machine.frames.top]).toEqual(["ENOMEM", top]);
  good(allocate(machine));
  const one = allocate(machine);
  expect(one.ok ? "ok" : one.errno).toBe("ENOMEM");
});

test("frames of a run lie side by side", () => {
  const machine = bench();
  const first = good(allocateRun(machine, 5));
  expect(Array.from(machine.frames.refs.subarray(first, first + 6))).toEqual([1, 1, 1, 1, 1, 0]);
  expect(good(allocate(machine))).toBe(first + 5);
});
