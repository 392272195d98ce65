import fc from "fast-check";
import { expect, test } from "vitest";
import { INVARIANTS } from "../../../engine/check/index.ts";
import { PAGE } from "../../../engine/core/index.ts";
import { RUNS, SEED, TIMEOUT } from "../core/fuzz.ts";
import { word } from "./computer.ts";
import { Vendor } from "./vendor-bench.ts";

const PAGES = 6;

const anOp = fc.record({
  op: fc.constantFrom("map", "map", "unmap", "pin", "pin", "pin", "unpin", "copy", "drop"),
  page: fc.nat(PAGES - 1),
  pages: fc.integer({ min: 1, max: 3 }),
  to: fc.nat(PAGES - 1),
});
type Op = typeof anOp extends fc.Arbitrary<infer One> ? One : never;

/** The plainest thing that could be right: mappings as ranges, and how often a page is pinned. */
class Plain {
  maps: (readonly [start: number, end: number])[] = [];
  counts: number[] = Array.from({ length: PAGES + 3 }, () => 0);
  told = 0;

  map(start: number, end: number): string {
    if (this.maps.some(([from, to]) => from < end && start < to)) return "EEXIST";
    this.maps.push([start, end]);
    return "0";
  }

  unmap(start: number, end: number): string {
    const meets = this.maps.filter(([from, to]) => from < end && start < to);
    if (meets.some(([from, to]) => from < start || to > end)) return "EINVAL";
    this.maps = this.maps.filter((one) => !meets.includes(one));
    for (const [from, to] of meets) {
      if (this.counts.slice(from, to).some((count) => count > 0)) this.told += 1;
      this.counts.fill(0, from, to);
    }
    return "0";
  }

  pin(start: number, end: number): string {
    const inside = (page: number) => this.maps.some(([from, to]) => from <= page && page < to);
    const pages = this.counts.map((_, page) => page).slice(start, end);
    if (!pages.every(inside)) return "EINVAL";
    for (const page of pages) this.counts[page] = (this.counts[page] ?? 0) + 1;
    return "0";
  }

  unpin(start: number, end: number): string {
    if (this.counts.slice(start, end).includes(0)) return "EINVAL";
    for (let page = start; page < end; page += 1) this.counts[page] = (this.counts[page] ?? 0) - 1;
    return "0";
  }
}

function ask(on: Vendor, plain: Plain, { op, page, pages, to }: Op): readonly [string, string] {
  const end = page + pages;
  const range = on.range(page, pages);
  const vaddr = on.buffer + page * PAGE;
  const ioctl = (fd: number, command: string, arg: object) =>
    word(on.ioctl(on.app, fd, command, arg as never));
  if (op === "map") {
    const wish = { argsz: 32, flags: 3, vaddr, ...range };
    return [ioctl(on.container, "VFIO_IOMMU_MAP_DMA", wish), plain.map(page, end)];
  }
  if (op === "unmap") {
    const wish = { argsz: 24, flags: 0, ...range };
    return [ioctl(on.container, "VFIO_IOMMU_UNMAP_DMA", wish), plain.unmap(page, end)];
  }
  if (op === "pin") return [ioctl(on.mdev, "WD_VENDOR_PIN", range), plain.pin(page, end)];
  if (op === "unpin") return [ioctl(on.mdev, "WD_VENDOR_UNPIN", range), plain.unpin(page, end)];
  if (op === "copy") {
    const arg = { src: on.at(page), dst: on.at(to), len: 8 };
    const has = plain.counts[page] && plain.counts[to];
    return [ioctl(on.mdev, "WD_VENDOR_COPY", arg), has ? "0" : "EFAULT"];
  }
  // The pages behind the buffer change. What is pinned stays, and is counted as before.
  return [word(on.call(on.app, "madvise", vaddr, pages * PAGE, 4)), "0"];
}

function agrees(kernel: string, ops: readonly Op[]): void {
  const on = new Vendor(kernel);
  const plain = new Plain();
  for (const op of ops) {
    const [got, wanted] = ask(on, plain, op);
    expect(got, JSON.stringify(op)).toBe(wanted);
    const { tasks, mms } = on.machine;
    const pinned = plain.counts.filter((count) => count > 0).length;
    expect([on.pins(), mms[tasks[on.app]?.mm ?? -1]?.lockedVm]).toEqual([pinned, pinned]);
    expect(on.count("mdev.told")).toBe(plain.told);
    for (const holds of Object.values(INVARIANTS)) expect(holds(on.machine)).toBeUndefined();
  }
  on.kill(on.app);
  expect(on.pins()).toBe(0);
  for (const holds of Object.values(INVARIANTS)) expect(holds(on.machine)).toBeUndefined();
}

test.each(["v4.18", "v5.7", "v6.1"])(
  "on %s mappings and pins come and go as in a plain list, and every count balances",
  (kernel) => {
    const some = fc.array(anOp, { size: "max", maxLength: 30 });
    const property = fc.property(some, (ops) => agrees(kernel, ops));
    fc.assert(property, { seed: SEED, numRuns: Math.max(20, Math.floor(RUNS / 3)) });
  },
  TIMEOUT,
);
