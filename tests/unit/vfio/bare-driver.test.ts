import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  addGroupDev,
  DEVICE_DRIVER,
  delGroupDev,
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  UNBIND,
  VFIO,
  VFIO_DEVICE_FILE,
} from "../../../engine/vfio/index.ts";
import { Bench, word } from "./support.ts";

/** All that a driver may offer is its own choice: where it offers nothing, VFIO does what it does. */

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

const DRIVERS = [
  ["no driver at all", undefined],
  ["a driver that offers nothing", {}],
] as const;

test.each(DRIVERS)(
  "VFIO-SM-065: %s: a device is opened, asked, closed and removed",
  (_what, driver) => {
    for (const kind of ["pci", "mdev"] as const) {
      const bench = new Bench();
      const { machine, ops, user: pid } = bench;
      Object.assign(ops.device, { [DEVICE_DRIVER[kind]]: driver });
      if (kind === "pci") bench.pci("one");
      else bench.mdev("one");
      const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
      const device = bench.good(bench.ioctl(pid, group, "VFIO_GROUP_GET_DEVICE_FD", "one"));
      expect(word(bench.ioctl(pid, device, "VFIO_DEVICE_RESET"))).toBe("EINVAL");
      const request = { file: 0, object: 0, pid } as never;
      expect(VFIO_DEVICE_FILE.mmap?.(machine, ops, request)).toMatchObject({ errno: "EINVAL" });
      const frame = { routine: "pciUnbind", pc: "ask", call: -1, numbers: [0, 3, 0, 0] };
      expect(UNBIND.ask(machine, ops, { pid, frame })).toMatchObject({ pc: "wait" });
      bench.close(pid, device);
      bench.close(pid, group);
      delGroupDev(machine, ops, 0);
      expect([bench.heard, machine.vfioGroups[0]?.isGone]).toEqual([[], true]);
    }
  },
);

test.each(DRIVERS)(
  "%s is not told that a mapping goes, and so its pins crash the kernel",
  (_what, driver) => {
    const bench = new Bench();
    const { machine, user: pid } = bench;
    bench.mdev("mtty");
    const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    bench.good(bench.map(pid, container, bench.buffer(pid, 1), AT, PAGE));
    registerNotifier(machine, 0, NOTIFY_DMA_UNMAP);
    expect(pinPages(machine, 0, { iovas: [AT], prot: 3 })).toMatchObject({ ok: true });
    Object.assign(bench.ops.device, { [DEVICE_DRIVER.mdev]: driver });
    expect(word(bench.unmap(pid, container, AT, PAGE))).toBe("BUG");
  },
);

test("a device of spimdev may ask to be told, and has nothing to pin for", () => {
  const bench = new Bench();
  const { machine, user: pid } = bench;
  bench.mdev("uuid-0", bench.parent("hisi_zip-0"));
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/1");
  bench.good(bench.map(pid, container, bench.buffer(pid, 1), AT, PAGE));
  expect(registerNotifier(machine, 0, NOTIFY_DMA_UNMAP)).toMatchObject({ ok: true });
  expect(pinPages(machine, 0, { iovas: [AT], prot: 3 })).toMatchObject({ errno: "EINVAL" });
});

test("a group without an IOMMU: first whether it is in a container, then that it may not pin", () => {
  const bench = new Bench({ noiommu: true });
  const { machine, root } = bench;
  bench.mdev("fake", -1, true);
  const asked = () => [
    pinPages(machine, 0, { iovas: [AT], prot: 3 }),
    registerNotifier(machine, 0, NOTIFY_DMA_UNMAP),
    registerNotifier(machine, 0, 0),
  ];
  const errnos = () => asked().map((result) => (result.ok ? "ok" : result.errno));
  expect(errnos()).toEqual(["EINVAL", "EINVAL", "EINVAL"]);
  bench.ready(root, VFIO.VFIO_NOIOMMU_IOMMU, "/dev/vfio/noiommu-0");
  expect(errnos()).toEqual(["EPERM", "EPERM", "EINVAL"]);
  expect(machine.containers[0]).toMatchObject({ driver: "noiommu", external: [], domains: [] });
});

test("a second device of a group is handed out beside the first", () => {
  const bench = new Bench();
  const iommuGroup = bench.pci("one");
  const more = { iommuGroup, name: "two", driver: DEVICE_DRIVER.pci, object: 1 };
  expect(addGroupDev(bench.machine, more)).toMatchObject({ ok: true, value: 1 });
  expect(bench.machine.vfioGroups).toHaveLength(1);
});
