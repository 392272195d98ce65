import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { Bench, type BenchOptions } from "../vfio/support.ts";

/**
 * After access_pin, access_pin_unmap and access_rw of tools/testing/selftests/iommu/iommufd.c (linux
 * v6.12.117), as a mediated device of type1 lives through them: pages are pinned by the vendor driver
 * at every place of a mapping, counted as often as pinned, and when the program takes the mapping
 * back the driver is told and lets go before a page is lost. These cases call the vendor driver's
 * functions; pin-under-unmap-story.test.ts asks a driver of the model's by flows.
 */

const { VFIO_TYPE1v2_IOMMU: V2, VFIO_TYPE1_IOMMU: V1 } = VFIO;
const AT = 1024 * PAGE;
const PAGES = 4;
const ALL = [0, 1, 2, 3];
const RANGES = ALL.flatMap((first) =>
  ALL.filter((page) => page >= first).map((last) => [first, last] as const),
);

function ready(type: number, options: BenchOptions) {
  const bench = new Bench(options);
  const pid = bench.user;
  bench.mdev("mtty");
  const [container = -1] = bench.ready(pid, type, "/dev/vfio/0");
  const buffer = bench.buffer(pid, PAGES);
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  bench.good(bench.map(pid, container, buffer, AT, PAGES * PAGE));
  const pin = (iovas: readonly number[], prot = 3) =>
    pinPages(bench.machine, 0, { iovas: [...iovas], prot });
  return { bench, pid, container, buffer, pin };
}

const iovas = (first: number, last: number) =>
  ALL.filter((page) => page >= first && page <= last).map((page) => AT + page * PAGE);

describe.each(["v4.18", "v6.1"] as const)("%s", (kernel) => {
  test("the first interface has no pins of vendor drivers", () => {
    const { bench, pin } = ready(V1, { kernel });
    expect(pin(iovas(0, 0))).toMatchObject({ errno: "EACCES" });
    expect(bench.pins()).toBe(0);
  });

  test.each(RANGES)(
    "pages %i to %i pinned, once and again, and unmapped under it",
    (first, last) => {
      const { bench, pid, container, pin } = ready(V2, { kernel });
      const wanted = iovas(first, last);
      const one = pin(wanted);
      expect(one).toMatchObject({ ok: true });
      const [count, charged] = [wanted.length, bench.lockedVm(pid)];
      expect([bench.pins(), charged]).toEqual([count, count]);
      // Once more: the same frames, no further charge.
      expect(pin(wanted)).toEqual(one);
      expect(bench.lockedVm(pid)).toBe(count);
      unpinPages(bench.machine, 0, wanted);
      expect(bench.lockedVm(pid)).toBe(count);

      const told: number[][] = [];
      bench.unmapping = (iova, size) => {
        told.push([iova, size]);
        unpinPages(bench.machine, 0, wanted);
      };
      const reply = bench.unmap(pid, container, AT, PAGES * PAGE);
      expect(reply).toMatchObject({ ok: true, written: { size: BigInt(PAGES * PAGE) } });
      expect(told).toEqual([[AT, PAGES * PAGE]]);
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
      expect(pin(wanted)).toMatchObject({ errno: "EINVAL" });
    },
  );

  test.each(ALL)("a list whose page %i is not mapped pins none of the others", (hole) => {
    const { bench, pid, pin } = ready(V2, { kernel });
    const wanted = iovas(0, 3).map((iova, page) => (page === hole ? AT + 64 * PAGE : iova));
    expect(pin(wanted)).toMatchObject({ errno: "EINVAL" });
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  });

  test.each(ALL)(
    "where the limit is %i pages, that many are pinned and the list is undone",
    (limit) => {
      const { bench, pid, pin } = ready(V2, { kernel });
      bench.limit(pid, limit * PAGE);
      const fits = iovas(0, limit - 1);
      if (limit > 0) expect(pin(fits)).toMatchObject({ ok: true });
      expect(pin(iovas(limit, limit))).toMatchObject({ errno: "ENOMEM" });
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([limit, limit]);
      unpinPages(bench.machine, 0, fits);
      expect(pin(iovas(0, 3))).toMatchObject({ errno: "ENOMEM" });
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
    },
  );

  test("who pinned nothing is not told, and the mapping is gone for both", () => {
    const { bench, pid, container, pin } = ready(V2, { kernel });
    let told = 0;
    bench.unmapping = () => {
      told += 1;
    };
    bench.unmap(pid, container, AT, PAGES * PAGE);
    expect(told).toBe(0);
    expect(pin(iovas(0, 0))).toMatchObject({ errno: "EINVAL" });
  });

  test("a mapping for reading is pinned for reading, and not for writing", () => {
    const { bench, pid, container, buffer, pin } = ready(V2, { kernel });
    bench.good(bench.map(pid, container, buffer, 2 * AT, PAGE, 1));
    expect(pin([2 * AT], 1)).toMatchObject({ ok: true });
    expect(pin([2 * AT], 3)).toMatchObject({ errno: "EPERM" });
    expect(bench.pins()).toBe(1);
  });
});
