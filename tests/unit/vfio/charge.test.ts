import { expect, test } from "vitest";
import { KERNELS, PAGE } from "../../../engine/core/index.ts";
import { bindHost, VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, news } from "./look.ts";
import { Bench, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2, VFIO_DMA_MAP_FLAG_READ: READ } = VFIO;
const AT = 16 * PAGE;

function ready(kernel: (typeof KERNELS)[number] = "v4.18") {
  const bench = new Bench({ kernel });
  const pid = bench.user;
  bench.pci("one");
  const [container = -1, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  return { bench, pid, container, group };
}

test("a charge is given back whatever the limit is by now", () => {
  const { bench, pid, container } = ready();
  const buffer = bench.buffer(pid, 4);
  for (const page of [0, 2]) {
    bench.good(bench.map(pid, container, buffer + page * PAGE, AT + page * PAGE, 2 * PAGE));
  }
  bench.limit(pid, PAGE);
  bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
  expect(bench.lockedVm(pid)).toBe(2);
  bench.good(bench.unmap(pid, container, AT + 2 * PAGE, 2 * PAGE));
  expect(bench.lockedVm(pid)).toBe(0);
});

// biome-ignore format: one case a line
const NOTHING = [
  ["nothing, the zero page",  READ, false, "0"],
  ["a page",                  READ, true,  "ESRCH"],
] as const;

test.each(NOTHING)(
  "vfio_lock_acct: %s is charged to a process that is gone",
  (_what, flags, isWritten, got) => {
    for (const kernel of KERNELS) {
      const bench = new Bench({ kernel });
      const pid = bench.user;
      bench.mdev("mtty");
      bench.pci("one");
      const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
      const pci = bench.fd(pid, "/dev/vfio/1");
      const area = isWritten ? bench.buffer(pid, 1) : bench.area(pid, 1, { kind: "anonymous" });
      bench.good(bench.map(pid, container, area, AT, PAGE, flags));
      const child = bench.fork(pid);
      bench.kill(pid);
      expect(word(bench.ioctl(child, pci, "VFIO_GROUP_SET_CONTAINER", container))).toBe(got);
      bench.kill(child);
    }
  },
);

test("what is pinned, charged and let go is told: from where, how much, how much in all", () => {
  const { bench, pid, container } = ready();
  const buffer = bench.scattered(pid, 2);
  const frames = [0, 1].map((page) => frameOf(bench, pid, buffer + page * PAGE));
  news(bench);
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  expect(news(bench, "mm.pin", "mm.charge")).toEqual([
    ["mm.pin", buffer, frames[0], 1, 0],
    ["mm.charge", 1, 1, 0, 0],
    ["mm.pin", buffer + PAGE, frames[1], 1, 0],
    ["mm.charge", 1, 2, 0, 0],
  ]);
  bench.good(bench.unmap(pid, container, AT, 2 * PAGE));
  expect(news(bench, "mm.charge", "vfio.unmap")).toEqual([
    ["mm.charge", -2, 0, 0, 0],
    ["vfio.unmap", 0, AT, 2 * PAGE, 0],
  ]);
});

test("a run over the limit is told too, as far as it was pinned", () => {
  const { bench, pid, container } = ready();
  const buffer = bench.scattered(pid, 2);
  bench.limit(pid, PAGE);
  news(bench);
  expect(word(bench.map(pid, container, buffer, AT, 2 * PAGE))).toBe("ENOMEM");
  expect(news(bench, "mm.pin").map(([, at, , pages]) => [at, pages])).toEqual([
    [buffer, 1],
    [buffer + PAGE, 1],
  ]);
});

test("a driver of the host that leaves a device of a group in use makes it viable again", () => {
  const bench = new Bench();
  const pid = bench.user;
  bench.pci("one");
  bindHost(bench.machine, 0, 1);
  const group = bench.fd(pid, "/dev/vfio/0");
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", bench.fd(pid, "/dev/vfio/vfio")));
  const status = () => bench.ioctl(pid, group, "VFIO_GROUP_GET_STATUS", { argsz: 8 });
  expect(status()).toMatchObject({ written: { flags: 2 } });
  expect(bindHost(bench.machine, 0, -1)).toBeUndefined();
  expect(status()).toMatchObject({ written: { flags: 3 } });
});

test("numbers are read as numbers: a word of 64 bits too, and text is none", () => {
  const { bench, pid, container, group } = ready();
  const knows = (arg: number | bigint | string) =>
    word(bench.ioctl(pid, container, "VFIO_CHECK_EXTENSION", arg));
  expect([knows(V2), knows(BigInt(V2)), knows(`${V2}`)]).toEqual(["1", "1", "0"]);
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  const join = (arg: bigint | string) =>
    word(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", arg));
  expect([join(`${container}`), join(BigInt(container))]).toEqual(["EFAULT", "0"]);
  const info = (arg: never) => word(bench.ioctl(pid, container, "VFIO_IOMMU_GET_INFO", arg));
  bench.good(bench.ioctl(pid, container, "VFIO_SET_IOMMU", BigInt(V2)));
  expect([info(16 as never), info("16" as never), info([] as never)]).toEqual([
    "EFAULT",
    "EFAULT",
    "EFAULT",
  ]);
});
