import { expect, test } from "vitest";
import { KERNELS, PAGE } from "../../../engine/core/index.ts";
import { chargeLocked, pinPage, unpinPage } from "../../../engine/mm/index.ts";
import { type Dma, NOTIFY_DMA_UNMAP, registerNotifier, VFIO } from "../../../engine/vfio/index.ts";
import { leaves, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

/** A container with a stock mediated device, two mappings of 2 pages, and a device of the bus. */
function ready(options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  bench.mdev("mtty");
  bench.pci("0000:01:00.0");
  const [container = -1, mdev = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const pci = bench.fd(pid, "/dev/vfio/1");
  const buffer = bench.buffer(pid, 4);
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  bench.good(bench.map(pid, container, buffer + 2 * PAGE, AT + 2 * PAGE, 2 * PAGE));
  const join = () => bench.ioctl(pid, pci, "VFIO_GROUP_SET_CONTAINER", container);
  return { bench, pid, container, mdev, pci, buffer, join };
}

function setDma(bench: Bench, index: number, change: Partial<Dma>): void {
  const [container] = bench.machine.containers;
  const dma = container?.dmas[index];
  if (!container || !dma) throw new Error("no such mapping");
  bench.machine.containers[0] = {
    ...container,
    dmas: container.dmas.with(index, { ...dma, ...change }),
  };
}

/** What vfio_pin_pages does to one page, as far as type1 sees it later. @returns the frame */
function pinFor(bench: Bench, pid: number, { index, vaddr, iova }: Pin): number {
  const mm = bench.machine.tasks[pid]?.mm ?? -1;
  const pinned = pinPage(bench.machine, mm, vaddr, true);
  if (!pinned.ok) throw new Error(pinned.why);
  const isCharged = bench.machine.containers[0]?.domains.length === 0;
  if (isCharged) chargeLocked(bench.machine, mm, 1);
  setDma(bench, index, { pins: [{ iova, pfn: pinned.value, count: 1 }] });
  return pinned.value;
}

interface Pin {
  readonly index: number;
  readonly vaddr: number;
  readonly iova: number;
}

test.each(KERNELS)(
  "MDEV-PIN-021, MDEV-PIN-023: in %s who pinned hears of the whole mapping, who did not hears nothing",
  (kernel) => {
    const { bench, pid, container, buffer } = ready({ kernel });
    const frame = pinFor(bench, pid, { index: 1, vaddr: buffer + 3 * PAGE, iova: AT + 3 * PAGE });
    const told: number[][] = [];
    bench.unmapping = (iova, size) => {
      told.push([iova, size]);
      if (told.length < 11) return; // ten more tries are allowed
      const [, dma] = bench.machine.containers[0]?.dmas ?? [];
      const index = dma ? 1 : 0;
      setDma(bench, index, { pins: [] });
      unpinPage(bench.machine, frame as Parameters<typeof unpinPage>[1]);
      chargeLocked(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, -1);
    };
    const reply = bench.unmap(pid, container, AT, 4 * PAGE);
    expect(reply).toMatchObject({ ok: true, written: { size: BigInt(4 * PAGE) } });
    expect(told).toEqual(new Array(11).fill([AT + 2 * PAGE, 2 * PAGE]));
    expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]?.dmas]).toEqual([
      0,
      0,
      [],
    ]);
  },
);

test("MDEV-PIN-022: who keeps its pins crashes the kernel, after the eleventh call", () => {
  const { bench, pid, container, buffer } = ready();
  pinFor(bench, pid, { index: 0, vaddr: buffer, iova: AT });
  let told = 0;
  bench.unmapping = () => {
    told += 1;
  };
  expect(word(bench.unmap(pid, container, AT, 4 * PAGE))).toBe("BUG");
  expect(told).toBe(11);
});

test("VFIO-DMA-065: a device of the bus joins: every page is pinned and charged, but for those pinned already", () => {
  const { bench, pid, buffer, join } = ready();
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  pinFor(bench, pid, { index: 1, vaddr: buffer + 3 * PAGE, iova: AT + 3 * PAGE });
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
  bench.good(join());
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
  const domain = bench.machine.groups[1]?.domain ?? -1;
  expect(leaves(bench, domain).map(([iova]) => iova)).toEqual(
    [0, 1, 2, 3].map((page) => AT + page * PAGE),
  );
});

test("VFIO-DMA-067: it leaves: mappings are kept, pages let go but for those that a vendor driver holds", () => {
  const { bench, pid, container, pci, buffer, join } = ready();
  bench.good(join());
  const frame = pinFor(bench, pid, { index: 1, vaddr: buffer + 3 * PAGE, iova: AT + 3 * PAGE });
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
  const domain = bench.machine.groups[1]?.domain ?? -1;
  bench.good(bench.ioctl(pid, pci, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(bench.machine.domains[domain]?.isGone).toBe(true);
  expect(state(bench).pins).toEqual([[frame, 1]]);
  expect(bench.lockedVm(pid)).toBe(1);
  expect(bench.machine.containers[0]?.dmas).toMatchObject([
    { isMapped: false },
    { isMapped: false },
  ]);
  setDma(bench, 1, { pins: [] });
  bench.good(bench.ioctl(pid, pci, "VFIO_GROUP_SET_CONTAINER", 3));
  expect(word(bench.unmap(pid, container, AT, 4 * PAGE))).toBe("0");
});

test("the last mediated device leaves an IOMMU domain behind: mappings and pages stay", () => {
  const { bench, pid, mdev, join } = ready();
  bench.good(join());
  bench.good(bench.ioctl(pid, mdev, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]?.dmas.length]).toEqual([
    4, 4, 2,
  ]);
  expect(bench.machine.containers[0]?.external).toEqual([]);
});

test("the last mediated device leaves nothing behind where there is no domain", () => {
  const { bench, pid, mdev } = ready();
  bench.good(bench.ioctl(pid, mdev, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", external: [], dmas: [] });
});

// biome-ignore format: one case a line
const LIMITED = [
  // kernel, pages that may be locked, pages pinned and charged after the refusal
  ["v4.18", 3, 2, 2],
  ["v5.7",  3, 2, 2],
  ["v6.1",  3, 0, 0],
  ["v4.18", 1, 0, 0],
  ["v6.1",  1, 0, 0],
] as const;

test.each(LIMITED)(
  "vfio_iommu_replay: in %s a join that may lock %i of 4 pages is refused and leaves %i pinned, %i charged",
  (kernel, most, pins, charged) => {
    const { bench, pid, join } = ready({ kernel });
    bench.limit(pid, most * PAGE);
    expect(word(join())).toBe("ENOMEM");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([pins, charged]);
    const { groups, containers, vfioGroups } = bench.machine;
    expect(groups[1]?.domain).toBe(groups[1]?.defaultDomain);
    expect([containers[0]?.domains, vfioGroups[1]?.container]).toEqual([[], -1]);
  },
);

test("vfio_iommu_replay: v6.1 takes back what it pinned, and leaves the charge of a vendor driver's page", () => {
  for (let nth = 1; nth <= 4; nth += 1) {
    const { bench, pid, buffer, join } = ready({ kernel: "v6.1", fails: [{ kind: "map", nth }] });
    pinFor(bench, pid, { index: 0, vaddr: buffer, iova: AT });
    const before = state(bench);
    expect(word(join())).toBe("ENOMEM");
    const { pins, lockedVm, containers, groups } = state(bench);
    expect({ pins, lockedVm, containers, groups }).toEqual({
      pins: before.pins,
      lockedVm: before.lockedVm,
      containers: before.containers,
      groups: before.groups,
    });
    bench.good(join());
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
  }
});
