import { expect, test } from "vitest";
import { addPci, Bench, setUp } from "../../../engine/check/bench/index.ts";
import { INVARIANTS } from "../../../engine/check/index.ts";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import { known, translate } from "../../../engine/iommu/index.ts";
import { ENGINE } from "../check/support.ts";

/** Two pages, not side by side, mapped for a device that has read both. */
function shared() {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { app } = bench;
  const pci = addPci(bench, "0000:01:00.0");
  const { container } = setUp(app, [pci]);
  const vaddr = app.memory(2);
  app.store(vaddr + PAGE, "b");
  app.store(vaddr, "a");
  app.good(app.map(container, { vaddr, iova: 0, size: 2 * PAGE }), "map");
  const frames = [bench.page(app, vaddr), bench.page(app, vaddr + PAGE)];
  app.must("munmap", vaddr, 2 * PAGE);
  const reach = () => {
    return [0, PAGE].map((iova) => {
      const got = translate(bench.machine, pci.stream, Iova(iova), "read");
      return got.ok ? frames.indexOf(got.pfn) : "fault";
    });
  };
  reach();
  return { bench, app, container, frames, reach };
}

function broken({ machine }: Bench): string[] {
  const { "device-sees-what-the-process-sees": _isUnmapped, ...all } = INVARIANTS;
  return Object.values(all).flatMap((holds) => holds(machine) ?? []);
}

const RANGE = { argsz: 24, flags: 0, iova: 0n, size: BigInt(2 * PAGE) };

test("UNMAP_DMA: a device goes on through its IOTLB between clear and flush, and no page goes before", () => {
  const { bench, app, container, frames, reach } = shared();
  const { machine } = bench;
  const seen: string[] = [];
  app.begin("ioctl", container, "VFIO_IOMMU_UNMAP_DMA", RANGE);
  do {
    const entries = [0, PAGE].filter((iova) => bench.translate(1, iova) >= 0).length;
    const rows = machine.iommus.flatMap((owner) => known(machine.iotlb, owner)).length;
    const held = frames.filter((frame) => bench.refs(frame) > 0).length;
    const line = `entries ${entries}, known ${rows}, held ${held}, locked_vm ${app.lockedVm}`;
    if (seen.at(-1) !== line) seen.push(line);
    expect(broken(bench)).toEqual([]);
    if (rows > 0) expect(reach()).toEqual([0, 1]);
    else expect(reach()).toEqual(["fault", "fault"]);
  } while (bench.step());
  expect(seen).toEqual([
    "entries 2, known 2, held 2, locked_vm 2",
    "entries 0, known 2, held 2, locked_vm 2",
    "entries 0, known 0, held 2, locked_vm 2",
    "entries 0, known 0, held 0, locked_vm 0",
  ]);
});

test.each(["next", "clear", "flush", "free"])(
  "another program that has the container waits before %s, and so finds all or nothing",
  (row) => {
    const { bench, app, container } = shared();
    const child = app.fork();
    const vaddr = child.buffer(1);
    app.begin("ioctl", container, "VFIO_IOMMU_UNMAP_DMA", RANGE);
    while (app.task.stack.at(-1)?.pc !== row && bench.step());
    child.begin("ioctl", container, "VFIO_IOMMU_MAP_DMA", {
      argsz: 32,
      flags: 3,
      vaddr: BigInt(vaddr),
      iova: 0n,
      size: BigInt(PAGE),
    });
    let waited = 0;
    while (bench.machine.leaving.length > 0 && bench.step()) {
      expect(child.task.stack.at(-1)?.pc).toBe("enter");
      waited += 1;
    }
    expect(waited).toBeGreaterThan(1);
    bench.run();
    expect(child.task.returned).toMatchObject({ value: 0 });
    expect(app.task.returned?.written).toEqual({ size: BigInt(2 * PAGE) });
  },
);

test("what is on its way out is told at each cut: IOTLB to be told, pages that wait for it", () => {
  const { bench, app, container } = shared();
  app.begin("ioctl", container, "VFIO_IOMMU_UNMAP_DMA", RANGE);
  const seen: string[] = [];
  while (bench.step()) {
    const [one] = bench.machine.leaving;
    const pc = app.task.stack.at(-1)?.pc;
    if (one) seen.push(`${pc}: ${one.isLocked} ${one.isStale} ${one.runs.length}`);
  }
  expect(seen).toEqual([
    "next: true false 0",
    "clear: true false 0",
    "flush: true true 2",
    "free: true false 2",
    "next: true false 0",
  ]);
});

test("another program that came to the same moment finds the lock taken from the entry on", () => {
  const { bench, app, container } = shared();
  const child = app.fork();
  const vaddr = BigInt(child.buffer(1));
  const map = { argsz: 32, flags: 3, vaddr, iova: 0n, size: BigInt(PAGE) };
  app.begin("ioctl", container, "VFIO_IOMMU_UNMAP_DMA", RANGE);
  child.begin("ioctl", container, "VFIO_IOMMU_MAP_DMA", map);
  bench.run();
  expect([app, child].map(({ task }) => task.returned?.value)).toEqual([0, 0]);
});

test("one who is killed half-way finishes the unmap first", () => {
  const { bench, app, container, frames } = shared();
  const { root } = bench;
  app.begin("ioctl", container, "VFIO_IOMMU_UNMAP_DMA", RANGE);
  while (bench.machine.leaving[0]?.isStale !== true && bench.step());
  root.call("kill", app.pid);
  expect(app.task).toMatchObject({ state: "dead", ended: "SIGKILL" });
  expect(bench.machine.leaving).toEqual([]);
  expect(frames.map((frame) => bench.refs(frame))).toEqual([0, 0]);
  expect(broken(bench)).toEqual([]);
});
