import { expect, test } from "vitest";
import { addPci, Bench, setUp } from "../../../engine/check/bench/index.ts";
import { type Kernel, PAGE, WARN } from "../../../engine/core/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { ENGINE } from "../check/support.ts";

test("another program has new memory, and the descriptors that are not closed on exec", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { app } = bench;
  const pci = addPci(bench, "0000:01:00.0");
  const { container, groups } = setUp(app, [pci]);
  const device = app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
  const vaddr = app.buffer(2);
  app.good(app.map(container, { vaddr, iova: 0, size: 2 * PAGE }), "map");
  app.must("execve", "/bin/true");
  expect(app.task.fds[device]).toBe(-1);
  expect([app.load(vaddr, 1), bench.pins]).toEqual(["SIGSEGV", 0]); // and it is dead, all is gone
});

test("a file that open was told to close on exec is closed, in a child's program too", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { app } = bench;
  const kept = app.fd("/dev/vfio/vfio");
  const closed = app.must("open", "/dev/vfio/vfio", FLAG.O_RDWR | FLAG.O_CLOEXEC);
  const child = app.fork();
  child.must("execve", "/bin/true");
  expect([child.task.fds[kept] !== -1, child.task.fds[closed]]).toEqual([true, -1]);
  expect(app.task.fds[closed]).not.toBe(-1);
  app.close(closed);
  expect(app.must("open", "/dev/vfio/vfio", FLAG.O_RDWR)).toBe(closed);
  app.must("execve", "/bin/true");
  expect(app.task.fds[closed]).not.toBe(-1);
});

/** A program with so many pages mapped for devices, and another program in its place. */
function executed(kernel: Kernel, isRoot: boolean) {
  const bench = new Bench(ENGINE, { kernel, memlock: 8 });
  const app = isRoot ? bench.root : bench.app;
  const { container } = setUp(app, [addPci(bench, "0000:01:00.0")]);
  const map = (pages: number, iova: number) =>
    app.map(container, { vaddr: app.buffer(pages), iova, size: pages * PAGE });
  app.good(map(6, 0), "map");
  app.must("execve", "/bin/true");
  const unmap = (iova: number, pages: number) =>
    app.good(app.unmap(container, iova, pages * PAGE), "unmap");
  return { bench, app, map, unmap };
}

// biome-ignore format: one case a line
const KERNELS = [
  ["v4.18", 0],
  ["v5.7",  1],
  ["v6.1",  1],
] as const;

test.each(KERNELS)(
  "%s: what the old memory was charged the new one gives back, and locked_vm wraps",
  (kernel, warnings) => {
    const { bench, app, map, unmap } = executed(kernel, false);
    expect([bench.pins, app.lockedVm]).toEqual([6, 0]); // nothing of the six is charged to the new memory
    app.good(map(2, 0x10_0000), "map");
    const { mark } = bench;
    unmap(0, 6);
    expect([bench.pins, app.lockedVm]).toEqual([2, -4]);
    const warned = bench.seen(mark, "kernel.warn").map(({ args }) => WARN[args[0] ?? -1]);
    expect(warned).toEqual(Array(warnings).fill("more pages are given back than were locked"));
    expect(map(1, 0x20_0000)).toMatchObject({ errno: "ENOMEM" });
    expect([bench.pins, app.lockedVm]).toEqual([2, -4]);
  },
);

test("who may lock without end maps on with a counter that has wrapped", () => {
  const { bench, app, map, unmap } = executed("v4.18", true);
  unmap(0, 6);
  expect(app.lockedVm).toBe(-6);
  app.good(map(1, 0), "map");
  expect([bench.pins, app.lockedVm]).toEqual([1, -5]);
});

test("v6.1 warns of what was never charged, and of nothing else", () => {
  const { bench, app, map, unmap } = executed("v6.1", true);
  app.good(map(6, 0x10_0000), "map");
  const { mark } = bench;
  unmap(0x10_0000, 6);
  expect([app.lockedVm, bench.seen(mark, "kernel.warn")]).toEqual([0, []]);
  unmap(0, 6);
  expect([app.lockedVm, bench.seen(mark, "kernel.warn").length]).toEqual([-6, 1]);
  app.good(map(1, 0), "map");
  expect([app.lockedVm, bench.seen(mark, "kernel.warn").length]).toEqual([-5, 1]);
});
