import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { unmapDomain } from "../../../engine/iommu/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, news, pinsOf } from "./look.ts";
import { Bench } from "./support.ts";

/**
 * Somebody took an entry out of the table behind VFIO's back. Which page it led to only the table knew:
 * vfio_unmap_unpin warns, steps over the address, and that page stays pinned and charged.
 */

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

/** A container with one device; pages side by side, or apart, are mapped at AT. */
function ready(pages: number, isApart = false) {
  const bench = new Bench();
  const pid = bench.user;
  const iommuGroup = bench.pci("one");
  const [container = -1, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const buffer = isApart ? bench.scattered(pid, pages) : bench.buffer(pid, pages);
  bench.good(bench.map(pid, container, buffer, AT, pages * PAGE));
  const domain = bench.machine.groups[iommuGroup]?.domain ?? -1;
  const unmap = () => bench.unmap(pid, container, AT, pages * PAGE);
  const leave = () => bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  return { bench, pid, buffer, domain, unmap, leave };
}

// biome-ignore format: one case a line
const HOLES = [
  ["first",      [0]],
  ["in between", [1]],
  ["last",       [3]],
  ["two",        [0, 2]],
  ["all",        [0, 1, 2, 3]],
] as const;

test.each(HOLES)("UNMAP_DMA, and the group that leaves: a hole, %s", (_where, holes) => {
  for (const how of ["unmap", "leave"] as const) {
    const all = ready(4);
    const { bench, pid, buffer, domain } = all;
    const frames = [0, 1, 2, 3].map((page) => frameOf(bench, pid, buffer + page * PAGE));
    for (const page of holes) unmapDomain(bench.machine, domain, AT + page * PAGE, PAGE);
    news(bench);
    const reply = all[how]();
    if (how === "unmap") expect(reply).toMatchObject({ written: { size: BigInt(4 * PAGE) } });
    expect(leaves(bench, domain)).toEqual([]);
    expect(pinsOf(bench)).toEqual(holes.map((page) => [frames[page], 1]));
    expect([bench.lockedVm(pid), bench.machine.containers[0]?.dmas]).toEqual([holes.length, []]);
    const kept = news(bench, "mm.unpin").flatMap(([, pfn = -1, pages = 0]) =>
      Array.from({ length: pages }, (_, page) => pfn + page),
    );
    expect(kept).toEqual(frames.filter((_, page) => !holes.includes(page as never)));
  }
});

test("vfio_sync_unpin: a group that leaves takes more than 512 pieces along, in two goes", () => {
  const { bench, pid, domain, leave } = ready(600, true);
  news(bench);
  leave();
  expect(
    news(bench, "iommu.flush").filter(([, id, start]) => id === domain && start !== 0),
  ).toEqual([
    ["iommu.flush", domain, AT, 512 * PAGE, 0],
    ["iommu.flush", domain, AT + 512 * PAGE, 88 * PAGE, 0],
  ]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
});
