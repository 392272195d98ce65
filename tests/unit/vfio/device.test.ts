import { expect, test } from "vitest";
import { KERNELS, PAGE } from "../../../engine/core/index.ts";
import {
  addGroupDev,
  DEVICE_DRIVER,
  delGroupDev,
  isDeviceBusy,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { Bench, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const GET = "VFIO_GROUP_GET_DEVICE_FD";

test.each(KERNELS)(
  "vfio_group_get_device_fd: in %s, where no descriptor is free, the driver opens nothing for long",
  (kernel) => {
    const bench = new Bench({ kernel });
    const pid = bench.user;
    bench.pci("one");
    const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    while (bench.open(pid, "/dev/vfio/vfio").ok);
    expect(word(bench.ioctl(pid, group, GET, "one"))).toBe("EMFILE");
    expect(word(bench.ioctl(pid, group, GET, "two"))).toBe("ENODEV");
    // v6.1 takes the descriptor first, and then asks the driver.
    expect(bench.heard).toEqual(kernel === "v6.1" ? [] : ["open", "release"]);
    expect(bench.machine.vfioDevices[0]?.opens).toBe(0);
    expect(bench.machine.vfioGroups[0]?.users).toBe(1);
  },
);

// biome-ignore format: one case a line
const NAMES = [
  ["all of it",                    "one",                       true],
  ["what stands behind its NUL",   "one\0two\0",              true],
  ["a line behind its NUL",        "one\0\ntwo",              true],
  ["a page of it behind its NUL",  `one\0${"x".repeat(PAGE)}`, true],
  ["one letter too few",           "on",                        "ENODEV"],
  ["a page less its NUL",          "x".repeat(PAGE - 1),        "ENODEV"],
  ["a page of letters",            "x".repeat(PAGE),            "EINVAL"],
] as const;

test.each(NAMES)("strndup_user: a name, %s", (_what, name, got) => {
  for (const kernel of KERNELS) {
    const bench = new Bench({ kernel });
    bench.pci("one");
    const [, group = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    const reply = bench.ioctl(bench.user, group, GET, name);
    expect("ok" in reply && (reply.ok || word(reply))).toBe(got);
  }
});

// biome-ignore format: one case a line
const TWICE = [
  ["VFIO-SM-032", "v4.18", ["open"], ["open", "open", "release"], ["open", "open", "release", "release"]],
  ["VFIO-SM-070", "v6.1",  ["open"], ["open"],                    ["open", "release"]],
] as const;

test.each(TWICE)(
  "%s: in %s two descriptors of one device are %s, %s, %s",
  (_row, kernel, ...heard) => {
    const bench = new Bench({ kernel });
    const pid = bench.user;
    bench.pci("one");
    const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
    const said = () => bench.heard.filter((what) => what !== "idle");
    const first = bench.good(bench.ioctl(pid, group, GET, "one"));
    const was = [said()];
    const second = bench.good(bench.ioctl(pid, group, GET, "one"));
    expect(second).not.toBe(first);
    expect(bench.machine.vfioGroups[0]?.users).toBe(3);
    bench.close(pid, first);
    was.push(said());
    bench.close(pid, second);
    expect([...was, said()]).toEqual(heard);
  },
);

test("a child that inherited the descriptors keeps the mappings of a parent that is gone", () => {
  const bench = new Bench();
  const pid = bench.user;
  bench.pci("one");
  const [container = -1, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  bench.good(bench.ioctl(pid, group, GET, "one"));
  const buffer = bench.buffer(pid, 2);
  bench.good(bench.map(pid, container, buffer, 0x10000, 2 * PAGE));
  const child = bench.fork(pid);
  bench.kill(pid);
  expect(bench.pins()).toBe(2);
  expect(bench.heard).toEqual(["open"]);
  bench.kill(child);
  expect([bench.pins(), bench.heard.includes("release")]).toEqual([0, true]);
});

test("of two devices in a group the one goes at once, the other waits for the container", () => {
  const bench = new Bench();
  const pid = bench.user;
  const iommuGroup = bench.pci("one");
  const { machine } = bench;
  addGroupDev(machine, { iommuGroup, name: "two", driver: DEVICE_DRIVER.pci, object: 0 });
  const [, group = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  expect([isDeviceBusy(machine, 0), isDeviceBusy(machine, 1)]).toEqual([false, false]);
  delGroupDev(machine, bench.ops, 1);
  expect(word(bench.ioctl(pid, group, GET, "two"))).toBe("ENODEV");
  expect(isDeviceBusy(machine, 0)).toBe(true);
  bench.close(pid, group);
  delGroupDev(machine, bench.ops, 0);
  expect([machine.vfioGroups[0]?.isGone, machine.groups[iommuGroup]?.isGone]).toEqual([
    true,
    false,
  ]);
  expect(bench.open(pid, "/dev/vfio/0")).toMatchObject({ errno: "ENOENT" });
});
