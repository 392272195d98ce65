import fc from "fast-check";
import { expect, test } from "vitest";
import { type Kernel, PAGE } from "../../../engine/core/index.ts";
import { bindMm, type IommuPart, known, reached, unbindMm } from "../../../engine/iommu/index.ts";
import {
  createMm,
  dontNeed,
  ENTRY,
  findVma,
  flagsOf,
  forkMm,
  mapArea,
  numberOf,
  PROT,
  peek,
  protect,
  putMm,
  readFrame,
  readMemory,
  unmapArea,
  walk,
  writeFrame,
  writeMemory,
} from "../../../engine/mm/index.ts";
import { TIMEOUT } from "../core/fuzz.ts";
import { able, access, FIRST, iommuOf } from "./process.ts";
import type { Bench } from "./support.ts";

const PAGES = 4;
const PROCESSES = 3;
const runs = Number(process.env.FUZZ_RUNS ?? 300);
const seed = Number(process.env.FUZZ_SEED ?? 20_181);

/** One call: by whom, on which page, with which byte. What does not fit is passed over. */
interface Op {
  readonly what: (typeof WHAT)[number];
  readonly who: number;
  readonly page: number;
  readonly byte: number;
}

/** Often what meets, seldom what ends it: else a fork hardly ever finds a page that a device knows. */
// biome-ignore format: one kind a line
const WHAT = [
  "map", "unmap", "drop", "store", "store", "load", "fork", "fork",
  "bind", "unbind", "exit", "unmap all", "close", "read only", "open",
  "device writes", "device writes", "device writes", "device reads", "device reads",
] as const;

/** mprotect, by what it leaves. */
const RIGHTS: Readonly<Partial<Record<Op["what"], number>>> = {
  close: PROT.NONE,
  "read only": PROT.READ,
  open: PROT.READ | PROT.WRITE,
};

const anOp: fc.Arbitrary<Op> = fc.record({
  what: fc.constantFrom(...WHAT),
  who: fc.constantFrom(0, 0, 0, 1, 2),
  page: fc.nat(PAGES - 1),
  byte: fc.integer({ min: 1, max: 255 }),
});

/**
 * The plainest thing that could be right: a process is a row of bytes, with the rights to each; no
 * byte: no memory there.
 */
interface Plain {
  readonly mm: number;
  bytes: (number | undefined)[];
  rights: number[];
  bond: number;
}

function area(machine: IommuPart, mm: number, page: number): void {
  const wish = { length: PAGE, prot: PROT.READ | PROT.WRITE, flags: 0 };
  mapArea(machine, mm, { ...wish, at: FIRST + page * PAGE, backing: { kind: "anonymous" } });
}

/** Does one call to the machine and to the boxes. */
function act(on: Bench, boxes: (Plain | undefined)[], { what, who, page, byte }: Op): void {
  const { machine } = on;
  const box = boxes[who];
  if (!box) return;
  const { mm, bytes, rights } = box;
  const va = FIRST + page * PAGE;
  const isThere = bytes[page] !== undefined;
  const canWrite = isThere && ((rights[page] ?? 0) & PROT.WRITE) !== 0;
  const canRead = isThere && rights[page] !== PROT.NONE;
  const pasid = box.bond < 0 ? 0 : (machine.bonds[box.bond]?.pasid ?? 0);
  if (what === "map" && !isThere) {
    area(machine, mm, page);
    bytes[page] = 0;
    rights[page] = PROT.READ | PROT.WRITE;
  } else if (RIGHTS[what] !== undefined && isThere) {
    rights[page] = RIGHTS[what] as number;
    protect(machine, mm, { start: va, length: PAGE, prot: rights[page] as number });
  } else if (what === "unmap" || what === "unmap all") {
    const [from, to] = what === "unmap" ? [page, page + 1] : [0, PAGES];
    unmapArea(machine, mm, FIRST + from * PAGE, (to - from) * PAGE);
    bytes.fill(undefined, from, to);
  } else if (what === "drop" && isThere) {
    dontNeed(machine, mm, va, PAGE);
    bytes[page] = 0;
  } else if (what === "store") {
    expect(writeMemory(machine, mm, va, Uint8Array.of(byte)).ok).toBe(canWrite);
    if (canWrite) bytes[page] = byte;
  } else if (what === "load") {
    const read = readMemory(machine, mm, va, 1);
    expect(read.ok ? read.value[0] : undefined).toBe(canRead ? bytes[page] : undefined);
  } else if (what === "fork") {
    const free = boxes.indexOf(undefined);
    const child = free < 0 ? undefined : forkMm(machine, mm);
    if (child?.ok)
      boxes[free] = { mm: child.value, bytes: [...bytes], rights: [...rights], bond: -1 };
  } else if (what === "exit" && boxes.filter(Boolean).length > 1) {
    putMm(machine, mm);
    if (pasid > 0) {
      expect(access(on, pasid, va)).toBe("fault 8");
      unbindMm(machine, box.bond);
    }
    boxes[who] = undefined;
  } else if (what === "bind" && box.bond < 0) {
    const bond = bindMm(machine, on.stream, mm);
    if (bond.ok) box.bond = bond.value;
  } else if (what === "unbind" && box.bond >= 0) {
    unbindMm(machine, box.bond);
    box.bond = -1;
  } else if (what === "device writes" && pasid > 0) {
    const reachedPage = access(on, pasid, va, "write");
    if (!canWrite) expect(reachedPage).toBe("answer 1");
    else writeFrame(machine, reachedPage as never, 0, Uint8Array.of(byte));
    if (canWrite) bytes[page] = byte;
  } else if (what === "device reads" && pasid > 0) {
    const reachedPage = access(on, pasid, va, "read");
    const got =
      typeof reachedPage === "number" ? readFrame(machine, reachedPage, 0, 1)[0] : undefined;
    expect(got).toBe(canRead ? bytes[page] : undefined);
  }
}

/** Who looks at the same page sees the same, CPU, device and box. */
function agree(on: Bench, boxes: readonly (Plain | undefined)[]): void {
  const { machine, stream } = on;
  for (const box of boxes) {
    for (let page = 0; box && page < PAGES; page += 1) {
      const va = FIRST + page * PAGE;
      const seen = peek(machine, box.mm, va)?.pfn;
      const byte = seen === undefined ? 0 : readFrame(machine, seen, 0, 1)[0];
      expect(findVma(machine, box.mm, va) ? byte : undefined).toBe(box.bytes[page]);
      const pasid = box.bond < 0 ? -1 : (machine.bonds[box.bond]?.pasid ?? -1);
      const isOpen = box.rights[page] !== PROT.NONE;
      if (pasid > 0) expect(reached(machine, stream, va, pasid)).toBe(isOpen ? (seen ?? -1) : -1);
    }
  }
  for (const { asid, start, entry } of known(machine.iotlb, iommuOf(on))) {
    const bond = machine.bonds.find((other) => other.asid === asid && other.refs > 0);
    const root = machine.mms[bond?.mm ?? -1]?.root ?? -1;
    const now = walk(machine.tables, root, start).entry;
    expect(findVma(machine, bond?.mm ?? -1, start)?.prot).not.toBe(PROT.NONE);
    expect(numberOf(entry)).toBe(numberOf(now));
    expect((flagsOf(entry) & ~flagsOf(now) & ENTRY.WRITE) === 0).toBe(true);
  }
}

function play(kernel: Kernel, ops: readonly Op[]): void {
  const on = able({ kernel, iotlb: 3 });
  const mm = createMm(on.machine);
  const boxes: (Plain | undefined)[] = Array(PROCESSES).fill(undefined);
  boxes[0] = { mm, bytes: Array(PAGES).fill(undefined), rights: Array(PAGES).fill(0), bond: -1 };
  const first = (["map", "bind"] as const).map((what) => ({ what, who: 0, page: 0, byte: 1 }));
  for (const op of [...first, ...ops]) {
    act(on, boxes, op);
    agree(on, boxes);
  }
  for (const box of boxes) {
    if (!box) continue;
    putMm(on.machine, box.mm);
    if (box.bond >= 0) unbindMm(on.machine, box.bond);
  }
  const { refs, top } = on.machine.frames;
  expect(refs.subarray(1, top).every((count) => count === 0)).toBe(true);
  expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
  expect([on.machine.notifiers, on.machine.unanswered, on.machine.faultGroups]).toEqual([
    [],
    [],
    [],
  ]);
}

test.each(["v5.7", "v6.1"] as const)(
  "%s: a device sees what its process sees, whatever either of them does",
  (kernel) => {
    const ops = fc.array(anOp, { maxLength: 60, size: "max" });
    fc.assert(
      fc.property(ops, (list) => play(kernel, list)),
      { seed, numRuns: runs },
    );
  },
  TIMEOUT,
);
