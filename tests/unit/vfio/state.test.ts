import { expect, test } from "vitest";
import { refuse } from "../../../engine/core/index.ts";
import {
  addGroupDev,
  bindHost,
  delGroupDev,
  IOCTLS,
  isDeviceBusy,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { news } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1_IOMMU: V1, VFIO_TYPE1v2_IOMMU: V2, VFIO_NOIOMMU_IOMMU: NOIOMMU } = VFIO;

test("VFIO-SM-001: the numbers run from 0x3b64 up, in the header's order", () => {
  const { VFIO_IOMMU_BIND: posted, ...header } = IOCTLS;
  const numbers = Object.values(header).map(({ number }) => number);
  expect(numbers).not.toContain(posted.number);
  expect(numbers).toEqual(numbers.map((_, at) => 0x3b64 + at + (at < 15 ? 0 : 7)));
  expect(IOCTLS.VFIO_IOMMU_MAP_DMA).toMatchObject({ number: 0x3b71, argsz: 32 });
});

/** From an empty container to one with a device open; each row stops at its state. */
const STATES = ["fresh", "joined", "set", "device"] as const;
type State = (typeof STATES)[number];

function at(state: State, options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  bench.pci("0000:01:00.0");
  const container = bench.fd(pid, "/dev/vfio/vfio");
  const group = bench.fd(pid, "/dev/vfio/0");
  const steps = STATES.indexOf(state);
  if (steps >= 1) bench.good(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container));
  if (steps >= 2) bench.good(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2));
  const device =
    steps < 3
      ? -1
      : bench.good(bench.ioctl(pid, group, "VFIO_GROUP_GET_DEVICE_FD", "0000:01:00.0"));
  return { bench, pid, container, group, device };
}

// biome-ignore format: one case a line
const CONTAINER = [
  ["VFIO-SM-003", "fresh",  "VFIO_GET_API_VERSION", null,        "0"],
  ["VFIO-SM-003", "set",    "VFIO_GET_API_VERSION", null,        "0"],
  ["VFIO-SM-004", "fresh",  "VFIO_CHECK_EXTENSION", V1,          "1"],
  ["VFIO-SM-004", "fresh",  "VFIO_CHECK_EXTENSION", V2,          "1"],
  ["VFIO-SM-004", "fresh",  "VFIO_CHECK_EXTENSION", 6,           "1"],
  ["VFIO-SM-005", "fresh",  "VFIO_CHECK_EXTENSION", 77,          "0"],
  ["VFIO-SM-006", "fresh",  "VFIO_CHECK_EXTENSION", 4,           "0"],
  ["VFIO-SM-008", "set",    "VFIO_CHECK_EXTENSION", V1,          "1"],
  ["VFIO-SM-008", "set",    "VFIO_CHECK_EXTENSION", 4,           "1"],
  ["VFIO-SM-009", "fresh",  "VFIO_CHECK_EXTENSION", NOIOMMU,     "0"],
  ["VFIO-SM-010", "fresh",  "VFIO_SET_IOMMU",       V2,          "EINVAL"],
  ["VFIO-SM-010", "set",    "VFIO_SET_IOMMU",       V2,          "EINVAL"],
  ["vfio_ioctl_set_iommu", "joined", "VFIO_SET_IOMMU", 77,       "ENODEV"],
  ["vfio_ioctl_set_iommu", "joined", "VFIO_SET_IOMMU", NOIOMMU,  "ENODEV"],
  ["VFIO-SM-014", "fresh",  "VFIO_IOMMU_MAP_DMA",   null,        "EINVAL"],
  ["VFIO-SM-014", "joined", "VFIO_IOMMU_UNMAP_DMA", null,        "EINVAL"],
  ["VFIO-SM-014", "joined", "VFIO_IOMMU_GET_INFO",  null,        "EINVAL"],
  ["VFIO-SM-015", "set",    "VFIO_EEH_PE_OP",       null,        "ENOTTY"],
  ["VFIO-SM-015", "set",    "VFIO_IOMMU_MAP_DMA",   null,        "EFAULT"],
] as const;

test.each(CONTAINER)("%s: container %s, %s(%s) is %s", (_row, state, command, arg, got) => {
  const { bench, pid, container } = at(state);
  expect(word(bench.ioctl(pid, container, command, arg))).toBe(got);
});

// biome-ignore format: one case a line
const GROUP = [
  ["VFIO-SM-022", "v4.18",  "fresh",  "VFIO_GROUP_GET_STATUS",      null,            "EFAULT"],
  ["VFIO-DMA-001", "v4.18", "fresh",  "VFIO_GROUP_GET_STATUS",      { argsz: 7 },    "EINVAL"],
  ["VFIO-SM-028", "v4.18",  "fresh",  "VFIO_GROUP_GET_DEVICE_FD",   "0000:01:00.0",  "EINVAL"],
  ["VFIO-SM-029", "v4.18",  "joined", "VFIO_GROUP_GET_DEVICE_FD",   "0000:01:00.0",  "EINVAL"],
  ["vfio_group_get_device_fd", "v4.18", "set", "VFIO_GROUP_GET_DEVICE_FD", "nobody", "ENODEV"],
  ["vfio_group_fops_unl_ioctl", "v4.18", "set", "VFIO_GROUP_GET_DEVICE_FD", null,   "EFAULT"],
  ["vfio_group_ioctl_get_device_fd", "v4.18", "joined", "VFIO_GROUP_GET_DEVICE_FD", "nobody", "EINVAL"],
  ["vfio_group_ioctl_get_device_fd", "v6.1", "joined", "VFIO_GROUP_GET_DEVICE_FD", "nobody", "ENODEV"],
  ["VFIO-SM-028", "v6.1",   "fresh",  "VFIO_GROUP_GET_DEVICE_FD",   "0000:01:00.0",  "EINVAL"],
  ["VFIO-SM-034", "v4.18",  "fresh",  "VFIO_GROUP_SET_CONTAINER",   null,            "EFAULT"],
  ["VFIO-SM-035", "v4.18",  "fresh",  "VFIO_GROUP_SET_CONTAINER",   -1,              "EINVAL"],
  ["VFIO-SM-035", "v4.18",  "joined", "VFIO_GROUP_SET_CONTAINER",   -1,              "EINVAL"],
  ["vfio_group_ioctl_set_container", "v6.1", "fresh", "VFIO_GROUP_SET_CONTAINER", -1, "EBADF"],
  ["vfio_group_ioctl_set_container", "v6.1", "fresh", "VFIO_GROUP_SET_CONTAINER", 1, "EINVAL"],
  ["VFIO-SM-036", "v4.18",  "fresh",  "VFIO_GROUP_SET_CONTAINER",   9,               "EBADF"],
  ["vfio_group_set_container", "v4.18", "fresh", "VFIO_GROUP_SET_CONTAINER", 1,      "EINVAL"],
  ["VFIO-SM-038", "v4.18",  "joined", "VFIO_GROUP_SET_CONTAINER",   9,               "EINVAL"],
  ["VFIO-SM-069", "v6.1",   "joined", "VFIO_GROUP_SET_CONTAINER",   9,               "EBADF"],
  ["vfio_group_unset_container", "v4.18", "fresh", "VFIO_GROUP_UNSET_CONTAINER", null, "EINVAL"],
  ["VFIO-SM-044", "v4.18",  "set",    "VFIO_GROUP_UNSET_CONTAINER", null,            "0"],
  ["vfio_group_unset_container", "v4.18", "device", "VFIO_GROUP_UNSET_CONTAINER", null, "EBUSY"],
  ["vfio_group_fops_unl_ioctl", "v4.18", "set", "VFIO_GET_API_VERSION", null,        "ENOTTY"],
] as const;

test.each(GROUP)("%s: %s, group %s, %s(%o) is %s", (_row, kernel, state, command, arg, got) => {
  const { bench, pid, group } = at(state, { kernel });
  expect(word(bench.ioctl(pid, group, command, arg))).toBe(got);
});

test("VFIO-SM-002: every open of /dev/vfio/vfio is a container of its own", () => {
  const { bench, pid, container } = at("set");
  const other = bench.fd(pid, "/dev/vfio/vfio");
  expect(word(bench.ioctl(pid, other, "VFIO_SET_IOMMU", V2))).toBe("EINVAL");
  expect(word(bench.ioctl(pid, container, "VFIO_IOMMU_GET_INFO", { argsz: 16 }))).toBe("0");
});

test("VFIO-SM-018: a group is opened once, and again after its close", () => {
  const { bench, pid, group } = at("fresh");
  expect(bench.open(bench.root, "/dev/vfio/0")).toMatchObject({ errno: "EBUSY" });
  bench.close(pid, group);
  expect(bench.open(bench.root, "/dev/vfio/0")).toMatchObject({ ok: true });
});

test("VFIO-SM-020: a group without an IOMMU is for CAP_SYS_RAWIO, in /dev/vfio/noiommu-N", () => {
  const bench = new Bench({ noiommu: true });
  bench.mdev("dummy", -1, true);
  expect(bench.open(bench.user, "/dev/vfio/noiommu-0")).toMatchObject({ errno: "EPERM" });
  const [container] = bench.ready(bench.root, NOIOMMU, "/dev/vfio/noiommu-0");
  expect(word(bench.ioctl(bench.root, container as number, "VFIO_IOMMU_MAP_DMA", {}))).toBe(
    "ENOTTY",
  );
});

test("vfio_ioctl_set_iommu: without an IOMMU type1 does not serve", () => {
  const bench = new Bench({ noiommu: true });
  bench.mdev("dummy", -1, true);
  const container = bench.fd(bench.root, "/dev/vfio/vfio");
  const group = bench.fd(bench.root, "/dev/vfio/noiommu-0");
  bench.ioctl(bench.root, group, "VFIO_GROUP_SET_CONTAINER", container);
  expect(word(bench.ioctl(bench.root, container, "VFIO_CHECK_EXTENSION", V1))).toBe("0");
  expect(word(bench.ioctl(bench.root, container, "VFIO_SET_IOMMU", V1))).toBe("ENODEV");
});

test("vfio_group_set_container: groups with and without an IOMMU do not mix", () => {
  const bench = new Bench({ noiommu: true });
  bench.pci("0000:01:00.0");
  bench.mdev("dummy", -1, true);
  const container = bench.fd(bench.root, "/dev/vfio/vfio");
  const real = bench.fd(bench.root, "/dev/vfio/0");
  const fake = bench.fd(bench.root, "/dev/vfio/noiommu-1");
  bench.ioctl(bench.root, real, "VFIO_GROUP_SET_CONTAINER", container);
  expect(word(bench.ioctl(bench.root, fake, "VFIO_GROUP_SET_CONTAINER", container))).toBe("EPERM");
});

// biome-ignore format: one case a line
const STATUS = [
  ["VFIO-SM-023", "fresh",  0, 1],
  ["VFIO-SM-023", "joined", 0, 3],
  ["VFIO-SM-025", "fresh",  1, 0],
] as const;

test.each(STATUS)(
  "%s: status of a group, %s, %i devices with the host",
  (_row, state, host, flags) => {
    const { bench, pid, group } = at("fresh");
    for (let device = 0; device < host; device += 1) bindHost(bench.machine, 0, 1);
    const container = bench.fd(pid, "/dev/vfio/vfio");
    if (state === "joined") bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container);
    const status = bench.ioctl(pid, group, "VFIO_GROUP_GET_STATUS", { argsz: 8 });
    expect(status).toEqual({ ok: true, value: 0, written: { flags } });
  },
);

// biome-ignore format: one case a line
const HOST = [
  ["VFIO-SM-026", "v4.18", "0"],
  ["VFIO-SM-066", "v6.1",  "EPERM"],
] as const;

test.each(HOST)(
  "%s: in %s a group with a host driver joins a container: %s",
  (_row, kernel, got) => {
    const { bench, pid, container, group } = at("fresh", { kernel });
    bindHost(bench.machine, 0, 1);
    expect(word(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container))).toBe(got);
    if (got !== "0") return;
    expect(word(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2))).toBe("0");
    const device = bench.ioctl(pid, group, "VFIO_GROUP_GET_DEVICE_FD", "0000:01:00.0");
    expect([word(device), "VFIO-SM-027"]).toEqual(["EINVAL", "VFIO-SM-027"]);
  },
);

// biome-ignore format: one case a line
const TAKEN = [
  ["VFIO-SM-050", "v4.18", "set",   "BUG",     0],
  ["VFIO-SM-050", "v5.7",  "set",   "BUG",     0],
  ["VFIO-SM-050", "v4.18", "fresh", undefined, 1],
  ["iommu_device_use_default_domain", "v6.1", "set", undefined, 0],
  ["iommu_device_use_default_domain", "v6.1", "fresh", undefined, 1],
] as const;

test.each(TAKEN)(
  "%s: in %s a host driver takes a device of a group, %s: %s",
  (_row, kernel, state, got, host) => {
    const { bench } = at(state, { kernel });
    expect(bindHost(bench.machine, 0, 1)?.errno).toBe(got);
    expect(bench.machine.vfioGroups[0]?.hostDevices).toBe(host);
  },
);

test("VFIO-SM-031: the driver's refusal comes out as it is, and no user is counted", () => {
  const { bench, pid, group } = at("set");
  bench.openRefusal = refuse("ENOMEM", "no memory in the driver");
  expect(word(bench.ioctl(pid, group, "VFIO_GROUP_GET_DEVICE_FD", "0000:01:00.0"))).toBe("ENOMEM");
  expect(bench.machine.vfioGroups[0]?.users).toBe(1);
});

test("VFIO-SM-047, VFIO-SM-048: the group leaves its container with the last descriptor, in any order", () => {
  const orders = [
    ["container", "group", "device"],
    ["device", "group", "container"],
    ["group", "container", "device"],
  ] as const;
  for (const order of orders) {
    const opened = at("device");
    const { bench, pid } = opened;
    const buffer = bench.buffer(pid, 2);
    bench.good(bench.map(pid, opened.container, buffer, buffer, 8192));
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([2, 2]);
    for (const which of order) {
      expect(bench.pins()).toBe(isOver(order, which) ? 0 : 2);
      bench.close(pid, opened[which]);
    }
    expect([bench.pins(), bench.lockedVm(pid), bench.machine.vfioGroups[0]?.container]).toEqual([
      0, 0, -1,
    ]);
    expect(bench.machine.groups[0]?.domain).toBe(bench.machine.groups[0]?.defaultDomain);
  }
});

/** Are group and device closed before this one? */
function isOver(order: readonly string[], which: string): boolean {
  const before = order.slice(0, order.indexOf(which));
  return before.includes("group") && before.includes("device");
}

test("VFIO-SM-013: where one group is refused those before it leave again, the container stays unset", () => {
  const bench = new Bench({ asids: 3 }); // two for the default domains, one for the first attach
  const pid = bench.user;
  bench.pci("one");
  bench.pci("two");
  const container = bench.fd(pid, "/dev/vfio/vfio");
  for (const path of ["/dev/vfio/0", "/dev/vfio/1"]) {
    bench.ioctl(pid, bench.fd(pid, path), "VFIO_GROUP_SET_CONTAINER", container);
  }
  expect(word(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2))).toBe("ENOSPC");
  expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", domains: [] });
  for (const { domain, defaultDomain } of bench.machine.groups) expect(domain).toBe(defaultDomain);
  expect(news(bench, "iommu.detach")).toHaveLength(1);
});

test("VFIO-DMA-063: without interrupt remapping it takes allow_unsafe_interrupts", () => {
  const { bench, pid, container } = at("joined", { remapsInterrupts: false });
  expect(word(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2))).toBe("EPERM");
  expect(bench.machine.groups[0]?.domain).toBe(0);
  const unsafe = at("joined", { remapsInterrupts: false, unsafeInterrupts: true });
  expect(word(unsafe.bench.ioctl(unsafe.pid, unsafe.container, "VFIO_SET_IOMMU", V2))).toBe("0");
});

test("VFIO-SM-051: a device without an IOMMU group is not taken", () => {
  const bench = new Bench();
  const wish = { iommuGroup: -1, name: "x", driver: 1, object: 0 } as const;
  expect(addGroupDev(bench.machine, wish)).toMatchObject({ errno: "EINVAL" });
});

test("VFIO-SM-053, VFIO-SM-054: who removes a device waits for its descriptors, then for its group", () => {
  const { bench, pid, group, device } = at("device");
  expect(isDeviceBusy(bench.machine, 0)).toBe(true);
  bench.close(pid, device);
  expect(isDeviceBusy(bench.machine, 0)).toBe(true);
  bench.heard.length = 0;
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(isDeviceBusy(bench.machine, 0)).toBe(false);
  delGroupDev(bench.machine, bench.ops, 0);
  expect(bench.open(pid, "/dev/vfio/0")).toMatchObject({ errno: "EBUSY" });
  bench.close(pid, group);
  expect(bench.open(pid, "/dev/vfio/0")).toMatchObject({ errno: "ENOENT" });
});
