import { describe, expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  attachGroup,
  dmaAlloc,
  makeDomain,
  translate,
} from "../../../engine/iommu/index.ts";
import { unmapArea } from "../../../engine/mm/index.ts";
import type { Reply } from "../../../engine/task/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, news, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

/** A device of the host, whose driver has one page of it mapped, and a mediated device of spimdev. */
function ready(options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  const parent = bench.parent("hisi_zip-0");
  const ring = dmaAlloc(bench.machine, parent, 1);
  if (!ring.ok) throw new Error(ring.why);
  bench.mdev("uuid-0", parent);
  const domain = bench.machine.groups[parent]?.domain ?? -1;
  const group = bench.fd(pid, "/dev/vfio/1");
  return { bench, pid, parent, ring: ring.value, domain, group, buffer: bench.buffer(pid, 4) };
}

/** A container of a process with those groups, by descriptor. */
function contain(bench: Bench, pid: number, ...groups: readonly number[]): number {
  const container = bench.fd(pid, "/dev/vfio/vfio");
  for (const group of groups) {
    bench.good(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container));
  }
  bench.good(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2));
  return container;
}

test("MAP_DMA of a container with spimdev enters the parent's own table, beside what its driver has", () => {
  const { bench, pid, domain, group, ring, buffer } = ready();
  const container = contain(bench, pid, group);
  const driver = [ring.iova, ring.pfn, PAGE];
  expect(leaves(bench, domain)).toEqual([driver]);
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  expect(leaves(bench, domain)).toEqual([
    [AT, frameOf(bench, pid, buffer), PAGE],
    [AT + PAGE, frameOf(bench, pid, buffer + PAGE), PAGE],
    driver,
  ]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([2, 2]);
  expect(translate(bench.machine, 0, Iova(AT), "write")).toMatchObject({ ok: true });
  expect(bench.machine.containers[0]?.external).toEqual([]);
});

test("that a mediated device has its parent's table, and no longer, is told of its own group", () => {
  const { bench, pid, domain, group } = ready();
  news(bench);
  contain(bench, pid, group);
  const own = bench.machine.vfioGroups[0]?.iommuGroup ?? -1;
  expect(news(bench, "iommu.attach")).toEqual([["iommu.attach", domain, own, 0, 0]]);
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(news(bench, "iommu.detach")).toEqual([["iommu.detach", domain, own, 0, 0]]);
});

test("the program cannot map where the parent's driver has something", () => {
  const { bench, pid, group, ring, buffer } = ready();
  const container = contain(bench, pid, group);
  const before = state(bench);
  expect(word(bench.map(pid, container, buffer, ring.iova - PAGE, 2 * PAGE))).toBe("EEXIST");
  expect(state(bench)).toEqual(before);
});

test("iommu_group_share_domain: while it is shared the parent's domain is not exchanged", () => {
  const { bench, pid, parent, group } = ready();
  contain(bench, pid, group);
  const other = makeDomain(bench.machine, "unmanaged");
  expect(attachGroup(bench.machine, other, parent)).toMatchObject({ errno: "EBUSY" });
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(attachGroup(bench.machine, other, parent)).toMatchObject({ ok: true });
});

// biome-ignore format: one case a line
const REFUSED = [
  ["whose parent has no IOMMU group",   -2, "ENODEV"],
  ["whose parent's group has no domain", 1, "ENODEV"],
] as const;

test.each(REFUSED)(
  "SET_IOMMU for a device %s: the parent group %i is %s",
  (_what, parent, errno) => {
    const { bench, pid } = ready({ mended: ["D23"] });
    bench.mdev("uuid-1", parent);
    const container = bench.fd(pid, "/dev/vfio/vfio");
    bench.good(
      bench.ioctl(pid, bench.fd(pid, "/dev/vfio/2"), "VFIO_GROUP_SET_CONTAINER", container),
    );
    expect(word(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2))).toBe(errno);
    expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", domains: [] });
  },
);

describe("D23: the error of a parent without a domain is taken for one", () => {
  /** A container that such a group has joined. */
  function joined() {
    const { bench, pid, group, buffer } = ready();
    bench.mdev("uuid-1", 1);
    const member = bench.fd(pid, "/dev/vfio/2");
    return { bench, pid, group, member, container: contain(bench, pid, member), buffer };
  }

  // biome-ignore format: one call a line
  const LOOKS: readonly (readonly [call: string, (one: ReturnType<typeof joined>) => Reply, got: string])[] = [
    ["MAP_DMA",          ({ bench, pid, container, buffer }) => bench.map(pid, container, buffer, AT, PAGE),                  "BUG"],
    ["UNMAP_DMA",        ({ bench, pid, container }) => bench.unmap(pid, container, AT, PAGE),                                "BUG"],
    ["GET_INFO",         ({ bench, pid, container }) => bench.ioctl(pid, container, "VFIO_IOMMU_GET_INFO", { argsz: 16 }),    "BUG"],
    ["another group",    ({ bench, pid, container, group }) => bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container), "BUG"],
    ["GET_INFO too short", ({ bench, pid, container }) => bench.ioctl(pid, container, "VFIO_IOMMU_GET_INFO", { argsz: 15 }),  "EINVAL"],
    ["an extension",     ({ bench, pid, container }) => bench.ioctl(pid, container, "VFIO_CHECK_EXTENSION", 1),               "1"],
  ];

  test.each(LOOKS)("SET_IOMMU is 0, and then %s", (_call, look, got) => {
    expect(word(look(joined()))).toBe(got);
  });

  test("the group that leaves crashes, too", () => {
    const { bench, pid, member } = joined();
    expect(bench.machine.end).toBeUndefined();
    bench.ioctl(pid, member, "VFIO_GROUP_UNSET_CONTAINER");
    expect(bench.machine.end).toMatchObject({ kind: "bug" });
  });

  test("where something is mapped already, joining looks at once", () => {
    const { bench, pid, container } = beside();
    bench.mdev("uuid-1", 1);
    const third = bench.fd(pid, "/dev/vfio/3");
    expect(word(bench.ioctl(pid, third, "VFIO_GROUP_SET_CONTAINER", container))).toBe("BUG");
  });
});

/** A container with a device of the bus behind an IOMMU of its own, and two pages mapped. */
function beside(options: BenchOptions = {}) {
  const all = ready(options);
  const { bench, pid, buffer } = all;
  bench.pci("0000:01:00.0", addIommu(bench.machine, { name: "smmu1" }));
  const container = contain(bench, pid, bench.fd(pid, "/dev/vfio/2"));
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  const set = () => bench.ioctl(pid, all.group, "VFIO_GROUP_SET_CONTAINER", container);
  return { ...all, container, set };
}

test("VFIO-SM-040: what is mapped is replayed into the parent's table, from the container's other domain", () => {
  const { bench, pid, domain, set } = beside();
  bench.good(set());
  expect(
    leaves(bench, domain)
      .map(([iova]) => iova)
      .slice(0, 2),
  ).toEqual([AT, AT + PAGE]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([2, 2]);
  expect(bench.machine.containers[0]?.domains).toHaveLength(2);
});

test("MAP_DMA and UNMAP_DMA reach both domains, and pin once", () => {
  const { bench, pid, domain, container, buffer, set } = beside();
  bench.good(set());
  bench.good(bench.map(pid, container, buffer + 2 * PAGE, 0x100000, 2 * PAGE));
  expect(leaves(bench, domain)).toHaveLength(4 + 1);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
  bench.good(bench.unmap(pid, container, 0, 0x200000));
  expect(leaves(bench, domain)).toHaveLength(1);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
});

test("a replay that fails gives the share back, and its entries stay in the parent's table", () => {
  const { bench, pid, parent, domain, container, set } = beside({
    fails: [{ kind: "map", nth: 5 }],
  });
  expect(word(set())).toBe("ENOMEM");
  expect(bench.machine.groups[parent]?.sharers).toBe(0);
  expect(bench.machine.containers[0]?.domains).toHaveLength(1);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([2, 2]);
  bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
  expect(leaves(bench, domain)).toHaveLength(1);
});

// biome-ignore format: one case a line
const DEFECT = [
  ["as posted",       [],      [AT, AT + PAGE], true],
  ["with D22 mended", ["D22"], [],              false],
] as const;

test.each(DEFECT)(
  "D22: %s, where another domain stays, a parent's domain leaves with entries %o",
  (_what, mended, left, isReached) => {
    const { bench, pid, parent, ring, domain, group, container, buffer, set } = beside({ mended });
    bench.good(set());
    const frame = frameOf(bench, pid, buffer);
    expect(translate(bench.machine, 0, Iova(AT), "write")).toMatchObject({ pfn: frame });
    bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
    expect(bench.machine.groups[parent]?.sharers).toBe(0);
    expect(leaves(bench, domain).map(([iova]) => iova)).toEqual([...left, ring.iova]);
    unmapArea(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, buffer, PAGE);
    bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
    expect([bench.machine.frames.refs[frame], bench.pins()]).toEqual([0, 0]);
    const reached = translate(bench.machine, 0, Iova(AT), "write");
    expect(reached).toMatchObject(isReached ? { ok: true, pfn: frame } : { ok: false });
  },
);

test("the last domain leaves clean, even as posted; the driver's own page stays", () => {
  const { bench, pid, ring, domain, group, buffer } = ready();
  const container = contain(bench, pid, group);
  bench.good(bench.map(pid, container, buffer, AT, 4 * PAGE));
  translate(bench.machine, 0, Iova(AT), "write");
  news(bench);
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(leaves(bench, domain)).toEqual([[ring.iova, ring.pfn, PAGE]]);
  expect(news(bench, "iommu.flush")).toEqual([["iommu.flush", domain, AT, 4 * PAGE, 0]]);
  expect(translate(bench.machine, 0, Iova(AT), "write").ok).toBe(false);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  expect(bench.machine.domains[domain]?.isGone).toBe(false);
});

test("D24: two devices of one parent in one container list its domain twice, and nothing can be mapped", () => {
  const { bench, pid, parent, domain, group, ring, buffer } = ready();
  bench.mdev("uuid-1", parent);
  const second = bench.fd(pid, "/dev/vfio/2");
  const container = contain(bench, pid, group, second);
  expect(bench.machine.groups[parent]?.sharers).toBe(2);
  const before = state(bench);
  expect(word(bench.map(pid, container, buffer, AT, 2 * PAGE))).toBe("EEXIST");
  expect(state(bench)).toEqual(before);
  for (const fd of [second, group]) bench.good(bench.ioctl(pid, fd, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(bench.machine.groups[parent]?.sharers).toBe(0);
  expect(leaves(bench, domain)).toEqual([[ring.iova, ring.pfn, PAGE]]);
});

test("two processes without PASIDs share one table: what the one mapped the other cannot", () => {
  const { bench, pid, parent, domain, group, buffer } = ready();
  bench.mdev("uuid-1", parent);
  const mine = contain(bench, pid, group);
  const theirs = contain(bench, bench.root, bench.fd(bench.root, "/dev/vfio/2"));
  const other = bench.buffer(bench.root, 2);
  bench.good(bench.map(pid, mine, buffer, AT, PAGE));
  expect(word(bench.map(bench.root, theirs, other, AT, PAGE))).toBe("EEXIST");
  bench.good(bench.map(bench.root, theirs, other, AT + PAGE, PAGE));
  expect(bench.unmap(bench.root, theirs, AT, PAGE)).toMatchObject({ written: { size: 0n } });
  expect(leaves(bench, domain)).toHaveLength(3);
  expect([bench.lockedVm(pid), bench.lockedVm(bench.root)]).toEqual([1, 1]);
});

test("a device of the bus behind the parent's IOMMU gets a domain of its own all the same", () => {
  const { bench, pid, parent, domain, group } = ready();
  const container = contain(bench, pid, group);
  const pci = bench.pci("0000:02:00.0");
  const second = bench.fd(pid, "/dev/vfio/2");
  bench.good(bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container));
  expect(bench.machine.groups[pci]?.domain).not.toBe(domain);
  bench.good(bench.ioctl(pid, second, "VFIO_GROUP_UNSET_CONTAINER"));
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([bench.machine.groups[parent]?.sharers, bench.machine.groups[parent]?.domain]).toEqual([
    0,
    domain,
  ]);
});
