import { describe, expect, test } from "vitest";
import { type Kernel, PAGE, WARN } from "../../../engine/core/index.ts";
import { addIommu } from "../../../engine/iommu/index.ts";
import { unmapArea } from "../../../engine/mm/index.ts";
import {
  addGroupDev,
  CONTAINER_FILE,
  DEVICE_DRIVER,
  delGroupDev,
  isDeviceBusy,
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
  type VfioDeviceOps,
  type VfioPart,
} from "../../../engine/vfio/index.ts";
import { leaves, news } from "./look.ts";
import { Bench, word } from "./support.ts";

/** What is asked of one group, device or domain does not answer for the ones beside it. */

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const GET = "VFIO_GROUP_GET_DEVICE_FD";
const SET = "VFIO_GROUP_SET_CONTAINER";
const UNSET = "VFIO_GROUP_UNSET_CONTAINER";
const AT = 16 * PAGE;

function pin(bench: Bench, iova: number, device = 0): string {
  const pinned = pinPages(bench.machine, device, { iovas: [iova], prot: 3 });
  return pinned.ok ? "ok" : pinned.errno;
}

function warnings(bench: Bench): (string | undefined)[] {
  return news(bench, "kernel.warn").map(([, which]) => WARN[which as number]);
}

describe("devices and groups", () => {
  test("the last device of a group in a container waits, whoever else has devices", () => {
    const bench = new Bench();
    for (const name of ["one", "two"]) bench.pci(name);
    bench.ready(bench.user, V2, "/dev/vfio/0");
    expect([0, 1].map((id) => isDeviceBusy(bench.machine, id))).toEqual([true, false]);
  });

  test("a group hands out its own devices only", () => {
    const bench = new Bench();
    for (const name of ["one", "two"]) bench.pci(name);
    const [, group = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    expect(word(bench.ioctl(bench.user, group, GET, "two"))).toBe("ENODEV");
    expect(bench.heard).toEqual([]);
  });

  test("a group closed while a device of it is open is not opened again, nor out of its container", () => {
    const bench = new Bench();
    const pid = bench.user;
    bench.pci("one");
    const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    const status = { written: { flags: 3 } };
    expect(bench.ioctl(pid, group, "VFIO_GROUP_GET_STATUS", { argsz: 8 })).toMatchObject(status);
    const device = bench.good(bench.ioctl(pid, group, GET, "one"));
    bench.close(pid, group);
    expect(bench.open(pid, "/dev/vfio/0")).toMatchObject({ errno: "EBUSY" });
    bench.close(pid, device);
    expect(bench.open(pid, "/dev/vfio/0")).toMatchObject({ ok: true });
  });

  test("who may go on is told: devices of that group that are there and not in use", () => {
    const bench = new Bench();
    const pid = bench.user;
    const told: number[] = [];
    const driver: VfioDeviceOps<VfioPart> = { idle: (_machine, _ops, object) => told.push(object) };
    Object.assign(bench.ops.device, { [DEVICE_DRIVER.pci]: driver });
    const iommuGroup = bench.pci("first");
    for (const object of [10, 11, 12]) {
      addGroupDev(bench.machine, {
        iommuGroup,
        name: `${object}`,
        driver: DEVICE_DRIVER.pci,
        object,
      });
    }
    const other = bench.parent("other");
    addGroupDev(bench.machine, {
      iommuGroup: other,
      name: "20",
      driver: DEVICE_DRIVER.pci,
      object: 20,
    });
    delGroupDev(bench.machine, bench.ops, 3);
    told.length = 0;
    const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    bench.good(bench.ioctl(pid, group, GET, "11"));
    bench.close(pid, group);
    expect(told).toEqual([0, 10]);
  });

  test("a container may have descriptor 0, and cannot be mapped", () => {
    const bench = new Bench();
    const pid = bench.user;
    bench.pci("one");
    const group = bench.fd(pid, "/dev/vfio/0");
    bench.close(pid, 0);
    expect(word(bench.ioctl(pid, group, SET, 0))).toBe("EBADF");
    expect(bench.fd(pid, "/dev/vfio/vfio")).toBe(0);
    expect(word(bench.ioctl(pid, group, SET, 0))).toBe("0");
    const request = { file: 0, object: 0, pid } as never;
    expect(CONTAINER_FILE.mmap?.(bench.machine, bench.ops, request)).toMatchObject({
      errno: "EINVAL",
    });
  });

  // biome-ignore format: one case a line
  test.each([
    ["v4.18", "0",      "EIO"],
    ["v5.7",  "0",      "EIO"],
    ["v6.1",  "ENODEV", "EINVAL"],
  ] as const)("in %s a group whose last device is gone: SET_CONTAINER %s, SET_IOMMU %s", (kernel: Kernel, joined, set) => {
    const bench = new Bench({ kernel });
    const pid = bench.user;
    bench.mdev("mtty");
    const group = bench.fd(pid, "/dev/vfio/0");
    const container = bench.fd(pid, "/dev/vfio/vfio");
    delGroupDev(bench.machine, bench.ops, 0);
    expect(word(bench.ioctl(pid, group, SET, container))).toBe(joined);
    expect(word(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2))).toBe(set);
    expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", external: [] });
  });
});

describe("mediated devices", () => {
  /** A container with two of them, two mappings, and a device of the bus. */
  function ready(isPci: boolean) {
    const bench = new Bench();
    const pid = bench.user;
    for (const name of ["mtty0", "mtty1"]) bench.mdev(name);
    bench.pci("0000:01:00.0");
    const paths = isPci ? ["/dev/vfio/2"] : [];
    const [container = -1, one = -1, two = -1] = bench.ready(
      pid,
      V2,
      "/dev/vfio/0",
      "/dev/vfio/1",
      ...paths,
    );
    const buffer = bench.buffer(pid, 4);
    for (const page of [0, 2]) {
      const vaddr = buffer + page * PAGE;
      bench.good(bench.map(pid, container, vaddr, AT + page * PAGE, 2 * PAGE));
    }
    const notify = (device: number) => registerNotifier(bench.machine, device, NOTIFY_DMA_UNMAP);
    const leave = (fd: number) => bench.good(bench.ioctl(pid, fd, UNSET));
    return { bench, pid, one, two, buffer, notify, leave };
  }

  test("one of two leaves: mappings and pins stay, and nobody warns", () => {
    const { bench, pid, one, two, notify, leave } = ready(false);
    notify(1);
    expect(pin(bench, AT, 1)).toBe("ok");
    news(bench);
    leave(one);
    expect(bench.machine.containers[0]).toMatchObject({ external: [1], notifiers: [1] });
    expect(bench.machine.containers[0]?.dmas).toHaveLength(2);
    expect([bench.pins(), bench.lockedVm(pid), warnings(bench)]).toEqual([1, 1, []]);
    leave(two);
    expect(bench.machine.containers[0]).toMatchObject({ external: [], dmas: [] });
  });

  // biome-ignore format: one case a line
  test.each([
    ["nothing",                 false, [],               []],
    ["its notifier",            true,  [],               ["a vendor driver still wants to be told"]],
    ["a pin in one of two",     true,  [AT],             ["a page is still pinned for a vendor driver", "a vendor driver still wants to be told"]],
    ["a pin in the other",      true,  [AT + 2 * PAGE],  ["a page is still pinned for a vendor driver", "a vendor driver still wants to be told"]],
    ["a pin in both",           true,  [AT, AT + 3 * PAGE], ["a page is still pinned for a vendor driver", "a vendor driver still wants to be told"]],
  ] as const)("MDEV-031: the last one leaves %s behind", (_what, isTold, iovas, expected) => {
    const { bench, one, two, notify, leave } = ready(true);
    if (isTold) notify(1);
    for (const iova of iovas) expect(pin(bench, iova, 1)).toBe("ok");
    news(bench);
    leave(one);
    leave(two);
    expect(warnings(bench)).toEqual(expected);
  });

  test("MDEV-PIN-016: beside a domain a page is charged by MAP_DMA, and to unpin it gives nothing back", () => {
    const { bench, pid, notify } = ready(true);
    notify(0);
    expect(pin(bench, AT)).toBe("ok");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
    unpinPages(bench.machine, 0, [AT]);
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
  });

  test("a page that is no longer there cannot be pinned, and is not charged", () => {
    const { bench, pid, buffer, notify } = ready(false);
    notify(0);
    unmapArea(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, buffer + PAGE, PAGE);
    expect(pin(bench, AT + PAGE)).toBe("EFAULT");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
    expect(bench.machine.containers[0]?.dmas.flatMap(({ pins }) => pins)).toEqual([]);
  });
});

describe("domains of one container", () => {
  /** Devices "one" and "three" behind one IOMMU, "two" behind another, which joins last or second. */
  function three(kernel: Kernel = "v4.18") {
    const bench = new Bench({ kernel });
    const pid = bench.user;
    const far = addIommu(bench.machine, { name: "smmu1" });
    const groups = [bench.pci("one"), bench.pci("two", far), bench.pci("three")];
    const [container = -1, one = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    const fds = [one, bench.fd(pid, "/dev/vfio/1"), bench.fd(pid, "/dev/vfio/2")];
    const join = (index: number) => bench.ioctl(pid, fds[index] ?? -1, SET, container);
    const leave = (index: number) => bench.good(bench.ioctl(pid, fds[index] ?? -1, UNSET));
    const domainOf = (index: number) => bench.machine.groups[groups[index] ?? -1]?.domain ?? -1;
    const listed = () =>
      bench.machine.containers[0]?.domains.map(({ domain, groups: who }) => [domain, who]);
    return { bench, pid, container, join, leave, domainOf, listed };
  }

  test("a group that joins or leaves one of them changes nothing of the others", () => {
    const { bench, join, leave, domainOf, listed } = three();
    for (const index of [1, 2]) bench.good(join(index));
    const [near, far] = [domainOf(0), domainOf(1)];
    expect(listed()).toEqual([
      [far, [1]],
      [near, [2, 0]],
    ]);
    leave(0);
    expect(listed()).toEqual([
      [far, [1]],
      [near, [2]],
    ]);
    leave(1);
    expect(listed()).toEqual([[near, [2]]]);
    expect(bench.machine.domains[far]?.isGone).toBe(true);
  });

  test("D24 mended: a parent's domain is told from the container's own", () => {
    const bench = new Bench({ mended: ["D24"] });
    const pid = bench.user;
    const parent = bench.parent("hisi_zip-0");
    const theirs = bench.machine.groups[parent]?.domain ?? -1;
    for (const name of ["uuid-0", "uuid-1"]) bench.mdev(name, parent);
    const own = bench.pci("one", addIommu(bench.machine, { name: "smmu1" }));
    const [container = -1] = bench.ready(pid, V2, "/dev/vfio/3");
    const mine = bench.machine.groups[own]?.domain ?? -1;
    for (const path of ["/dev/vfio/1", "/dev/vfio/2"]) {
      bench.good(bench.ioctl(pid, bench.fd(pid, path), SET, container));
    }
    const { domains } = bench.machine.containers[0] ?? {};
    expect(domains?.map(({ domain, groups }) => [domain, groups])).toEqual([
      [theirs, [1, 0]],
      [mine, [2]],
    ]);
    bench.good(bench.map(pid, container, bench.buffer(pid, 1), AT, PAGE));
    expect([theirs, mine].map((domain) => leaves(bench, domain).length)).toEqual([1, 1]);
  });

  // biome-ignore format: one case a line
  test.each([
    ["v4.18", "ERANGE"], ["v5.7", "ERANGE"], ["v6.1", "ERANGE"],
  ] as const)("in %s what no domain judged yet is refused by the table of the first: %s", (kernel, got) => {
    const bench = new Bench({ kernel });
    const pid = bench.user;
    bench.mdev("mtty");
    bench.pci("one");
    const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    bench.good(bench.map(pid, container, bench.buffer(pid, 1), 2 ** 48, PAGE));
    const second = bench.fd(pid, "/dev/vfio/1");
    const tables = () => bench.machine.tables.made - bench.machine.tables.free.length;
    const before = tables();
    expect(word(bench.ioctl(pid, second, SET, container))).toBe(got);
    expect(bench.machine.domains.at(-1)).toMatchObject({ kind: "unmanaged", isGone: true });
    expect(tables()).toBe(before);
  });

  test("an IOMMU without page sizes says that it has none", () => {
    const bench = new Bench();
    bench.pci("one", addIommu(bench.machine, { name: "none", pageSizes: 0 }));
    const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    const info = bench.ioctl(bench.user, container, "VFIO_IOMMU_GET_INFO", { argsz: 16 });
    expect(info).toMatchObject({ written: { iova_pgsizes: 0n } });
    const buffer = bench.buffer(bench.user, 1);
    expect(word(bench.map(bench.user, container, buffer, AT, PAGE))).toBe("ENODEV");
  });
});
