import { expect, test } from "vitest";
import { type Failure, Iova, KERNELS, PAGE } from "../../../engine/core/index.ts";
import { addIommu, translate, unmapDomain } from "../../../engine/iommu/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { attach } from "../../../engine/vfio/type1.ts";
import { frameOf, leaves, news, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

/** Two devices, the second behind an IOMMU of its own or not; a container with the first. */
function two(isApart: boolean, options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  const groups = [bench.pci("one")];
  groups.push(bench.pci("two", isApart ? addIommu(bench.machine, { name: "smmu1" }) : bench.iommu));
  const [container = -1, one = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const second = bench.fd(pid, "/dev/vfio/1");
  const join = () => bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container);
  const domainOf = (index: number) => bench.machine.groups[groups[index] ?? -1]?.domain ?? -1;
  return { bench, pid, container, one, second, join, domainOf, buffer: bench.buffer(pid, 4) };
}

/** A domain that the device had before anybody came. */
function isDefault(bench: Bench, domain: number): boolean {
  return bench.machine.groups.some(({ defaultDomain }) => defaultDomain === domain);
}

test("VFIO-DMA-064: a second group behind the same IOMMU shares the domain, the fresh one is freed", () => {
  const { bench, pid, container, join, domainOf, buffer } = two(false);
  bench.good(bench.map(pid, container, buffer, AT, 4 * PAGE));
  bench.good(join());
  expect(domainOf(1)).toBe(domainOf(0));
  expect(isDefault(bench, domainOf(0))).toBe(false);
  expect(
    bench.machine.domains.filter(({ kind, isGone }) => kind === "unmanaged" && !isGone),
  ).toHaveLength(1);
  expect(bench.machine.containers[0]?.domains).toMatchObject([{ groups: [1, 0] }]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
});

test("VFIO-SM-044: of two groups in one domain the first to leave takes nothing with it", () => {
  const { bench, pid, container, one, second, join, domainOf, buffer } = two(false);
  bench.good(join());
  bench.good(bench.map(pid, container, buffer, AT, 4 * PAGE));
  const domain = domainOf(1);
  bench.good(bench.ioctl(pid, one, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([domainOf(1), isDefault(bench, domainOf(0))]).toEqual([domain, true]);
  expect([bench.pins(), leaves(bench, domain).length]).toEqual([4, 4]);
  bench.good(bench.ioctl(pid, second, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([bench.pins(), bench.lockedVm(pid), bench.machine.domains[domain]?.isGone]).toEqual([
    0,
    0,
    true,
  ]);
});

test("VFIO-SM-040: behind another IOMMU what is mapped is entered anew, and neither pinned nor charged again", () => {
  const { bench, pid, container, join, domainOf, buffer } = two(true);
  bench.good(bench.map(pid, container, buffer, AT, 3 * PAGE));
  bench.good(bench.map(pid, container, buffer, 0x100000, PAGE));
  bench.good(join());
  expect(domainOf(1)).not.toBe(domainOf(0));
  expect(leaves(bench, domainOf(1))).toEqual(leaves(bench, domainOf(0)));
  expect(leaves(bench, domainOf(1))).toHaveLength(4);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
});

test("VFIO-DMA-057: other domains are emptied first, pages are let go once, from the first domain", () => {
  const { bench, pid, container, join, domainOf, buffer } = two(true);
  bench.good(join());
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  expect([
    leaves(bench, domainOf(0)).length,
    leaves(bench, domainOf(1)).length,
    bench.pins(),
  ]).toEqual([2, 2, 2]);
  for (const stream of [0, 1]) translate(bench.machine, stream, Iova(AT), "read");
  news(bench);
  bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
  const heard = news(bench, "iommu.unmap", "iommu.flush", "mm.unpin");
  expect(heard.map(([kind, domain]) => (kind === "mm.unpin" ? [kind] : [kind, domain]))).toEqual([
    ["iommu.unmap", domainOf(0)],
    ["iommu.flush", domainOf(0)],
    ["iommu.unmap", domainOf(1)],
    ["iommu.flush", domainOf(1)],
    ["mm.unpin"],
  ]);
  for (const stream of [0, 1]) {
    expect(translate(bench.machine, stream, Iova(AT), "read").ok).toBe(false);
  }
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
});

test("vfio_iommu_map: where the second domain refuses, the first gives back what it took", () => {
  for (let nth = 1; nth <= 4; nth += 1) {
    const { bench, pid, container, join, buffer } = two(true, { fails: [{ kind: "map", nth }] });
    bench.good(join());
    const before = state(bench);
    expect(word(bench.map(pid, container, buffer, AT, 2 * PAGE))).toBe("ENOMEM");
    expect(state(bench)).toEqual(before);
  }
});

test("VFIO-DMA-061: a group is attached once", () => {
  const { bench, pid } = two(true);
  expect(attach(bench.machine, bench.ops, 0, { group: 0, pid })).toMatchObject({ errno: "EINVAL" });
  bench.mdev("mtty");
  bench.good(bench.ioctl(pid, bench.fd(pid, "/dev/vfio/2"), "VFIO_GROUP_SET_CONTAINER", 3));
  expect(attach(bench.machine, bench.ops, 0, { group: 2, pid })).toMatchObject({ errno: "EINVAL" });
});

test("one of two domains leaves: its table goes, pages stay for the other", () => {
  const { bench, pid, container, one, join, domainOf, buffer } = two(true);
  bench.good(join());
  bench.good(bench.map(pid, container, buffer, AT, 4 * PAGE));
  const gone = domainOf(0);
  bench.good(bench.ioctl(pid, one, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([
    bench.machine.domains[gone]?.isGone,
    bench.pins(),
    leaves(bench, domainOf(1)).length,
  ]).toEqual([true, 4, 4]);
  const first = frameOf(bench, pid, buffer);
  expect(translate(bench.machine, 1, Iova(AT), "read")).toMatchObject({ pfn: first });
  bench.good(bench.unmap(pid, container, AT, 4 * PAGE));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
});

test.each(KERNELS)(
  "in %s a replay that fails leaves the group out, the container as it was",
  (kernel) => {
    const mapsBefore = 4;
    for (let more = 1; more <= mapsBefore; more += 1) {
      const fails: Failure[] = [{ kind: "map", nth: mapsBefore + more }];
      const { bench, pid, container, join, domainOf, buffer } = two(true, { kernel, fails });
      bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
      bench.good(bench.map(pid, container, buffer + 2 * PAGE, 0x100000, 2 * PAGE));
      const before = state(bench);
      expect(word(join())).toBe("ENOMEM");
      const { leaves: entries, ...now } = state(bench);
      expect({ ...now, leaves: entries.slice(0, before.leaves.length) }).toEqual(before);
      expect(isDefault(bench, domainOf(1))).toBe(true);
    }
  },
);

test("vfio_iommu_replay: a hole in the table that is copied is stepped over", () => {
  const { bench, pid, container, join, domainOf, buffer } = two(true);
  bench.good(bench.map(pid, container, buffer, AT, 3 * PAGE));
  unmapDomain(bench.machine, domainOf(0), AT + PAGE, PAGE);
  bench.good(join());
  expect(leaves(bench, domainOf(1)).map(([iova]) => iova)).toEqual([AT, AT + 2 * PAGE]);
});

// biome-ignore format: one case a line
const INFO = [
  ["VFIO-DMA-002", "one device",              { argsz: 15 }, "EINVAL"],
  ["VFIO-DMA-002", "one device",              null,          "EFAULT"],
  ["VFIO-DMA-005", "one device",              { argsz: 16 }, 0x4020_1000n],
  ["VFIO-DMA-005", "one device",              { argsz: 64 }, 0x4020_1000n],
  ["vfio_pgsize_bitmap", "two IOMMUs",        { argsz: 16 }, 0x1000n],
  ["vfio_pgsize_bitmap", "a mediated device", { argsz: 16 }, 0xffff_ffff_ffff_f000n],
] as const;

test.each(INFO)("%s: IOMMU_GET_INFO, %s, %o: %o", (_row, what, arg, got) => {
  const bench = new Bench();
  const pid = bench.user;
  if (what === "a mediated device") bench.mdev("mtty");
  else bench.pci("one");
  if (what === "two IOMMUs") {
    bench.pci("two", addIommu(bench.machine, { name: "smmu1", pageSizes: PAGE }));
  }
  const paths = bench.machine.vfioGroups.map(({ path }) => path);
  const [container = -1] = bench.ready(pid, V2, ...paths);
  const reply = bench.ioctl(pid, container, "VFIO_IOMMU_GET_INFO", arg);
  if (typeof got === "string") expect(word(reply)).toBe(got);
  else expect(reply).toEqual({ ok: true, value: 0, written: { flags: 1, iova_pgsizes: got } });
});
