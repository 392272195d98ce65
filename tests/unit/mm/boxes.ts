import { expect } from "vitest";
import { type Failure, type Kernel, PAGE, type Pfn } from "../../../engine/core/index.ts";
import {
  allocateRun,
  createMm,
  createShared,
  dontNeed,
  forkMm,
  type MmPart,
  mapArea,
  pinPage,
  protect,
  putFrame,
  putMm,
  readFrame,
  unmapArea,
  unpinPage,
  VM,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, get, good, look, page, put } from "./bench.ts";
import { DRIVER_PAGES, FIRST, LAST, type Op } from "./box-calls.ts";

/**
 * Memory of processes beside the plainest thing that could be right: each process is a list of
 * pages, each page a box with one number. fork copies the boxes of private pages and shares the
 * rest; nobody counts anything.
 */

interface Box {
  value: number;
}

interface ModelPage {
  readonly prot: number;
  readonly kind: "private" | "shared" | "device";
  readonly box: Box;
}

type Model = Map<number, ModelPage>;

/** Pages of a driver, and who is alive. */
interface World {
  readonly machine: MmPart;
  readonly spaces: Map<number, Model>;
  readonly driver: { readonly pfn: number; readonly boxes: Box[] };
  readonly pins: Pin[];
  /** An allocation may fail: then a call may say ENOMEM, and has changed nothing. */
  readonly isScarce: boolean;
}

interface Pin {
  readonly pfn: Pfn;
  readonly mm: number;
  readonly at: number;
  readonly box: Box;
}

/** One of those alive, oldest first. */
function someone({ spaces }: World, who: number): readonly [number, Model] | undefined {
  const alive = [...spaces];
  return alive[who % Math.max(alive.length, 1)];
}

function lowestGap(model: Model, pages: number): number {
  for (let at = 0; ; at += 1) {
    const wanted = Array.from({ length: pages }, (_, index) => at + index);
    if (wanted.every((index) => !model.has(index))) return at;
  }
}

type Of<Kind extends Op["op"]> = Extract<Op, { readonly op: Kind }>;

function map({ machine, driver }: World, mm: number, model: Model, op: Of<"map">): void {
  const { pages, prot, kind } = op;
  const at = op.at ?? lowestGap(model, pages);
  if (op.at !== null) good(unmapArea(machine, mm, page(at), pages * PAGE));
  const backing =
    kind === "private"
      ? { kind: "anonymous" as const }
      : kind === "shared"
        ? { kind: "shared" as const, memory: createShared(machine, pages), page: 0 }
        : { kind: "device" as const, file: 0, pfn: driver.pfn, registers: false };
  const flags = kind === "private" ? 0 : VM.SHARED | (kind === "device" ? VM.IO : 0);
  const wish = { length: pages * PAGE, prot, flags, backing };
  const start = good(mapArea(machine, mm, op.at === null ? wish : { ...wish, at: page(at) }));
  expect(start).toBe(page(at));
  for (let index = 0; index < pages; index += 1) {
    const box = kind === "device" ? (driver.boxes[index] as Box) : { value: 0 };
    model.set(at + index, { prot, kind, box });
  }
}

function range(at: number, pages: number): number[] {
  return Array.from({ length: pages }, (_, index) => at + index);
}

/** Up to the first hole. */
function changeRights(
  { machine }: World,
  mm: number,
  model: Model,
  { op, at, pages }: Of<"unmap" | "dontNeed" | "readOnly" | "writable">,
): void {
  const prot = op === "readOnly" ? 1 : 3;
  const { refusal } = protect(machine, mm, { start: page(at), length: pages * PAGE, prot });
  const hole = range(at, pages).find((index) => !model.has(index));
  for (const index of range(at, pages)) {
    const there = model.get(index);
    if (!there) break;
    model.set(index, { ...there, prot });
  }
  expect(refusal?.errno).toBe(hole === undefined ? undefined : "ENOMEM");
}

/** As the kernel does: area by area from below, up to one that may not; holes are told at the end. */
function forget(
  { machine }: World,
  mm: number,
  model: Model,
  op: Of<"unmap" | "dontNeed" | "readOnly" | "writable">,
): void {
  const wanted = range(op.at, op.pages);
  const dropped = dontNeed(machine, mm, page(op.at), op.pages * PAGE);
  let errno = "ok";
  for (const index of wanted) {
    const there = model.get(index);
    if (!there && errno === "ok") errno = "ENOMEM";
    if (there?.kind === "device") {
      errno = "EINVAL";
      break;
    }
    if (there?.kind === "private") model.set(index, { ...there, box: { value: 0 } });
  }
  expect(dropped.ok ? "ok" : dropped.errno).toBe(errno);
}

function fork({ machine, spaces, isScarce }: World, mm: number, model: Model): void {
  if (spaces.size >= 3) return;
  const child = forkMm(machine, mm);
  if (!child.ok && child.errno === "ENOMEM" && isScarce) {
    putMm(machine, machine.mms.length - 1); // the half of a child is the caller's to drop
    return;
  }
  const copy: Model = new Map();
  for (const [index, there] of model) {
    copy.set(index, there.kind === "private" ? { ...there, box: { ...there.box } } : there);
  }
  spaces.set(good(child), copy);
}

function take(world: World, mm: number, model: Model, op: Of<"pin" | "pinToRead" | "read">): void {
  const { machine, pins } = world;
  const there = model.get(op.at);
  const isWrite = op.op === "pin";
  // A program reads what it may only write; who pins for reading does not.
  const right = isWrite ? 2 : op.op === "pinToRead" ? 1 : 3;
  const isAllowed = there !== undefined && (there.prot & right) !== 0;
  if (op.op === "read") {
    const got = get(machine, mm, page(op.at) + 7);
    if (got === "ENOMEM" && world.isScarce) return;
    expect(got).toBe(isAllowed ? there.box.value : "EFAULT");
    return;
  }
  const pinned = pinPage(machine, mm, page(op.at), isWrite);
  if (!pinned.ok && pinned.errno === "ENOMEM" && world.isScarce) return;
  expect(pinned.ok ? "ok" : pinned.errno).toBe(isAllowed ? "ok" : "EFAULT");
  if (pinned.ok && there && pinned.value !== 0) {
    pins.push({ pfn: pinned.value, mm, at: op.at, box: there.box });
  }
}

function apply(world: World, op: Op): void {
  const { machine, pins, spaces } = world;
  if (op.op === "unpin") {
    const pin = pins.splice(op.which % Math.max(pins.length, 1), 1)[0];
    if (pin) unpinPage(machine, pin.pfn);
    return;
  }
  const [mm, model] = someone(world, op.who) ?? [];
  if (mm === undefined || model === undefined) return;
  if (op.op === "map") map(world, mm, model, op);
  else if (op.op === "dontNeed") forget(world, mm, model, op);
  else if (op.op === "readOnly" || op.op === "writable") changeRights(world, mm, model, op);
  else if (op.op === "unmap") {
    good(unmapArea(machine, mm, page(op.at), op.pages * PAGE));
    for (const index of range(op.at, op.pages)) model.delete(index);
  } else if (op.op === "write") {
    const there = model.get(op.at);
    const isAllowed = there !== undefined && (there.prot & 2) !== 0;
    const got = put(machine, mm, page(op.at) + 7, op.value);
    if (got === "ENOMEM" && world.isScarce) return;
    expect(got).toBe(isAllowed ? "ok" : "EFAULT");
    if (isAllowed) there.box.value = op.value;
  } else if (op.op === "fork") fork(world, mm, model);
  else if (op.op === "exit") {
    putMm(machine, mm);
    spaces.delete(mm);
  } else take(world, mm, model, op as Of<"pin" | "pinToRead" | "read">);
}

/** What every process sees is what its boxes hold, and every count is what there is to count. */
function compare({ machine, spaces, pins, driver }: World): void {
  for (const [mm, model] of spaces) {
    for (let index = FIRST; index <= LAST + DRIVER_PAGES; index += 1) {
      const wanted = model.get(index)?.box.value ?? 0;
      expect(look(machine, mm, page(index) + 7), `space ${mm}, page ${index}`).toBe(wanted);
    }
  }
  const held = { pins: pins.map(({ pfn }) => pfn), frames: range(driver.pfn, DRIVER_PAGES) };
  expect(faultsOf(machine, held)).toEqual([]);
}

/**
 * v6.1 keeps what FOLL_PIN promises: while the process has that page, the device has it too.
 * v4.18 does not, and that is the hazard of the footnote: `hazard.test.ts`.
 */
function devicesSeeTheSame({ machine, spaces, pins }: World): void {
  for (const { pfn, mm, at, box } of pins) {
    if (spaces.get(mm)?.get(at)?.box !== box) continue; // unmapped, dropped or gone meanwhile
    const seen = readFrame(machine, pfn, 7, 1)[0];
    expect(seen, `the device, by the pin of page ${at} in space ${mm}`).toBe(box.value);
  }
}

/** Something to share: two pages of one process, one of them written. */
const PRELUDE: readonly Op[] = [
  { op: "map", who: 0, at: null, pages: 2, prot: 3, kind: "private" },
  { op: "write", who: 0, at: 0, value: 1 },
];

interface Case {
  readonly kernel: Kernel;
  readonly fails: readonly Failure[];
  readonly ops: readonly Op[];
}

export function agreesWithBoxes({ kernel, fails, ops }: Case): void {
  const machine = bench({ kernel, fails });
  const pfn = good(allocateRun(machine, DRIVER_PAGES));
  const boxes = range(0, DRIVER_PAGES).map(() => ({ value: 0 }));
  const isScarce = fails.length > 0;
  const world: World = { machine, spaces: new Map(), driver: { pfn, boxes }, pins: [], isScarce };
  world.spaces.set(createMm(machine), new Map());
  for (const op of [...PRELUDE, ...ops]) {
    machine.news.count = 0;
    apply(world, op);
    compare(world);
    if (kernel === "v6.1") devicesSeeTheSame(world);
  }
  for (const mm of world.spaces.keys()) putMm(machine, mm);
  for (const pinned of world.pins) unpinPage(machine, pinned.pfn);
  for (const held of range(pfn, DRIVER_PAGES)) putFrame(machine, held as Pfn);
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  expect(machine.frames.free, "frames left over").toHaveLength(machine.frames.top - 1);
  expect(machine.tables.free, "tables left over").toHaveLength(machine.tables.made);
}
