import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { addIommu, type IommuOptions } from "../../../engine/iommu/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const END_39 = 2 ** 39;
const BLOCK = 512 * PAGE;

/** A container of root with one device behind an IOMMU of that kind. */
function ready(kind: Partial<IommuOptions>, options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.root;
  const group = bench.pci("one", addIommu(bench.machine, { name: "other", ...kind }));
  const [container = -1, groupFd = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const domain = bench.machine.groups[group]?.domain ?? -1;
  return { bench, pid, container, groupFd, domain };
}

// biome-ignore format: one case a line
const ENDS = [
  ["PGTABLE-015",  "v4.18", END_39 - 2 * PAGE, "0"],
  ["PGTABLE-015",  "v4.18", END_39 - PAGE,     "ERANGE"],
  ["PGTABLE-015",  "v4.18", END_39,            "ERANGE"],
  ["VFIO-DMA-072", "v5.7",  END_39 - 2 * PAGE, "0"],
  ["VFIO-DMA-072", "v5.7",  END_39 - PAGE,     "EINVAL"],
  ["VFIO-DMA-072", "v6.1",  END_39,            "EINVAL"],
] as const;

test.each(ENDS)("%s: %s, 39 bits of input, two pages at %i: %s", (_row, kernel, iova, got) => {
  const { bench, pid, container } = ready({ inputBits: 39 }, { kernel });
  const buffer = bench.buffer(pid, 2);
  expect(word(bench.map(pid, container, buffer, iova, 2 * PAGE))).toBe(got);
  expect(bench.pins()).toBe(got === "0" ? 2 : 0);
});

// biome-ignore format: one case a line
const JOINS = [
  ["vfio_iommu_replay",        "v4.18", END_39,            "ERANGE"],
  ["vfio_iommu_aper_conflict", "v5.7",  END_39,            "EINVAL"],
  ["vfio_iommu_aper_conflict", "v6.1",  END_39 - PAGE,     "EINVAL"],
  ["vfio_iommu_aper_conflict", "v6.1",  END_39 - 2 * PAGE, "0"],
] as const;

test.each(JOINS)(
  "%s: in %s a group of 39 bits joins where two pages are mapped at %i: %s",
  (_row, kernel, iova, got) => {
    const { bench, pid, container } = ready({}, { kernel });
    bench.pci("two", addIommu(bench.machine, { name: "small", inputBits: 39 }));
    bench.good(bench.map(pid, container, bench.buffer(pid, 2), iova, 2 * PAGE));
    const second = bench.fd(pid, "/dev/vfio/1");
    const { containers, pins, lockedVm, groups } = state(bench);
    expect(word(bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container))).toBe(got);
    if (got !== "0") expect(state(bench)).toMatchObject({ containers, pins, lockedVm, groups });
  },
);

test.each([39, 48] as const)(
  "vfio_iommu_iova_dma_valid: with IOMMUs of 39 and 48 bits, that of %i first, the ranges of both hold",
  (inputBits) => {
    const { bench, pid, container, groupFd } = ready({ inputBits }, { kernel: "v6.1" });
    const other = inputBits === 39 ? 48 : 39;
    bench.pci("two", addIommu(bench.machine, { name: "second", inputBits: other }));
    const second = bench.fd(pid, "/dev/vfio/1");
    const buffer = bench.buffer(pid, 1);
    const map = () => word(bench.map(pid, container, buffer, END_39, PAGE));
    bench.good(bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container));
    expect(map()).toBe("EINVAL");
    const narrow = inputBits === 39 ? groupFd : second;
    bench.good(bench.ioctl(pid, narrow, "VFIO_GROUP_UNSET_CONTAINER"));
    expect(map()).toBe("0");
  },
);

// biome-ignore format: one case a line
const COHERENT = [
  ["vfio_domains_have_iommu_cache",              "v4.18", "a device of the bus", "1"],
  ["vfio_domains_have_iommu_cache",              "v5.7",  "a device of the bus", "1"],
  ["vfio_domains_have_enforce_cache_coherency",  "v6.1",  "a device of the bus", "0"],
  ["vfio_domains_have_iommu_cache",              "v5.7",  "a mediated device",   "1"],
  ["vfio_domains_have_enforce_cache_coherency",  "v6.1",  "a mediated device",   "1"],
] as const;

test.each(COHERENT)("%s: %s, are all domains of %s coherent: %s", (_row, kernel, what, got) => {
  const bench = new Bench({ kernel });
  if (what === "a mediated device") bench.mdev("mtty");
  else bench.pci("one");
  const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
  const asked = VFIO.VFIO_DMA_CC_IOMMU;
  expect(word(bench.ioctl(bench.user, container, "VFIO_CHECK_EXTENSION", asked))).toBe(got);
});

/** An old IOMMU of AMD with an empty table where a block is to go, and memory that makes a block. */
function busy(options: BenchOptions = {}) {
  const all = ready({ keepsTables: true }, options);
  const { bench, pid, container } = all;
  const area = bench.buffer(pid, 1024);
  let block = area;
  while (frameOf(bench, pid, block) % 512 !== 0) block += PAGE;
  bench.good(bench.map(pid, container, area, BLOCK, PAGE));
  bench.good(bench.unmap(pid, container, BLOCK, PAGE));
  return { ...all, map: () => word(bench.map(pid, container, block, BLOCK, BLOCK)), block };
}

test("VFIO-DMA-059: where the IOMMU is busy v4.18 tries page by page, v5.7 gives up", () => {
  const old = busy();
  expect(old.map()).toBe("0");
  const first = frameOf(old.bench, old.pid, old.block);
  expect(leaves(old.bench, old.domain)).toEqual(
    Array.from({ length: 512 }, (_, page) => [BLOCK + page * PAGE, first + page, PAGE]),
  );
  expect([old.bench.pins(), old.bench.lockedVm(old.pid)]).toEqual([512, 512]);
  const late = busy({ kernel: "v5.7" });
  expect(late.map()).toBe("EBUSY");
  expect([late.bench.pins(), leaves(late.bench, late.domain)]).toEqual([0, []]);
});

test("map_try_harder: where a page fails EBUSY is told, and the first page stays entered, unpinned", () => {
  // One for the page that made the table, one for the block, then the pages.
  const { bench, domain, map } = busy({ fails: [{ kind: "map", nth: 6 }] });
  expect(map()).toBe("EBUSY");
  expect(leaves(bench, domain).map(([iova]) => iova)).toEqual([BLOCK]);
  expect([bench.pins(), bench.lockedVm(bench.root)]).toEqual([0, 0]);
});
