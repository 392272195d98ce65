import { describe, expect, test } from "vitest";
import { addPci, Bench, withPci } from "../../../engine/check/bench/index.ts";
import { ms, WARN } from "../../../engine/core/index.ts";
import { OPS } from "../../../engine/index.ts";
import { makeGroup } from "../../../engine/iommu/index.ts";
import { addGroupDev, DEVICE_DRIVER, PCI_UNBIND } from "../../../engine/vfio/index.ts";
import { ENGINE } from "../check/support.ts";

const NAME = "0000:01:00.0";
const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";

/** A device that a program has open through its group and a container. */
function held(kernel: "v4.18" | "v6.1") {
  const asked: number[] = [];
  const pci = OPS.device[DEVICE_DRIVER.pci];
  const request: NonNullable<typeof pci>["request"] = (machine, ops, object, count) => {
    asked.push(count);
    pci?.request?.(machine as never, ops as never, object, count);
  };
  const bench = new Bench(ENGINE, { kernel, ops: withPci({ ...pci, request } as never) });
  const offered = addPci(bench, NAME);
  return { bench, asked, offered, ...bench.hold(offered) };
}

function unbind(bench: Bench, text = NAME) {
  return bench.root.begin("write", bench.root.fd(PCI_UNBIND), text, text.length);
}

// biome-ignore format: one case a line
const REFUSED = [
  ["a device of nobody",      "0000:02:00.0", "ENODEV"],
  ["no name",                 "\n",             "ENODEV"],
  ["two newlines",            `${NAME}\n\n`,  "ENODEV"],
  ["a newline on the way",    NAME.replace(".", "\n."), "ENODEV"],
  ["a mediated device",       UUID,           "ENODEV"],
] as const;

test.each(REFUSED)("%s is refused", (_what, text, errno) => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  addPci(bench, NAME);
  const mediated = { driver: DEVICE_DRIVER.mdev, object: 0, name: UUID };
  addGroupDev(bench.machine, { iommuGroup: makeGroup(bench.machine), ...mediated });
  const { root } = bench;
  expect(root.call("write", root.fd(PCI_UNBIND), text, text.length).errno).toBe(errno);
});

test("only root may open the file", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  addPci(bench, NAME);
  expect(bench.app.open(PCI_UNBIND).errno).toBe("EACCES");
});

test("a device that nobody has open goes at once, its group with it, and nobody is asked", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { path } = addPci(bench, NAME);
  const { mark } = bench;
  unbind(bench, `${NAME}\n`);
  bench.run();
  expect(bench.root.task.returned).toEqual({ value: NAME.length + 1 });
  expect(bench.order(mark, "vfio.request")).toBe("");
  expect(bench.app.open(path).errno).toBe("ENOENT");
  expect(bench.root.call("write", 3, NAME, NAME.length).errno).toBe("ENODEV");
});

describe.each(["v4.18", "v6.1"] as const)("%s", (kernel) => {
  test("the log is told once that nobody listens", () => {
    const { bench, asked } = held(kernel);
    const { mark } = bench;
    unbind(bench);
    bench.runFor(ms(20_001));
    expect(asked).toEqual([0, 1, 2]);
    const warned = bench.seen(mark, "kernel.warn").map(({ args }) => WARN[args[0] ?? -1]);
    expect(warned).toEqual(["nobody listens: the device waits until its program lets go"]);
  });

  test("each request is told, with how often it was asked before", () => {
    const { bench } = held(kernel);
    const { mark } = bench;
    unbind(bench);
    bench.runFor(ms(10_001));
    expect(bench.seen(mark, "vfio.request").map(({ args }) => args.slice(0, 2))).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  test("who lets go ends the wait at once, not at the next request", () => {
    const { bench, device, group } = held(kernel);
    unbind(bench);
    bench.runFor(ms(1));
    bench.app.begin("close", device);
    bench.runFor(ms(1));
    if (kernel === "v4.18") {
      bench.app.begin("ioctl", group, "VFIO_GROUP_UNSET_CONTAINER");
      bench.runFor(ms(1));
    }
    expect(bench.root.task).toMatchObject({ state: "idle", returned: { value: NAME.length } });
  });

  test("between two requests nothing is asked; a signal does not end the wait", () => {
    const { bench, asked } = held(kernel);
    unbind(bench);
    bench.runFor(ms(9_999));
    expect(asked).toEqual([0]);
    bench.process("admin", true).begin("kill", bench.root.pid);
    bench.runFor(ms(1));
    bench.runFor(ms(1));
    expect(asked).toEqual([0, 1]);
    expect(bench.root.task).toMatchObject({ state: "asleep", signal: "SIGKILL" });
  });

  test("a device is opened again while it is asked for, and not after the last one let go", () => {
    const { bench, group, device } = held(kernel);
    unbind(bench);
    bench.runFor(ms(1));
    bench.app.begin("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", NAME);
    bench.runFor(ms(1));
    const second = bench.app.task.returned?.value ?? -1;
    expect(second).toBeGreaterThan(device);
    for (const fd of [device, second]) {
      expect(bench.root.task.state).toBe("asleep");
      bench.app.begin("close", fd);
      bench.runFor(ms(1));
    }
    bench.app.begin("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", NAME);
    bench.runFor(ms(1));
    expect(bench.app.task.returned?.errno).toBe("ENODEV");
  });
});

test("VFIO-SM-054: v4.18 then waits for the container, and asks no more", () => {
  const { bench, asked, group, device } = held("v4.18");
  unbind(bench);
  bench.runFor(ms(1));
  bench.app.begin("close", device);
  bench.runFor(ms(30_000));
  expect([asked, bench.root.task.state]).toEqual([[0], "asleep"]);
  bench.app.must("ioctl", group, "VFIO_GROUP_UNSET_CONTAINER");
  expect(bench.root.task.returned).toEqual({ value: NAME.length });
});

test("v6.1 takes the group out of its container, and an open descriptor leads nowhere", () => {
  const { bench, offered, group, device, container } = held("v6.1");
  const vaddr = bench.app.buffer(1);
  bench.app.good(bench.app.map(container, { vaddr, iova: 0, size: 4096 }), "map");
  unbind(bench);
  bench.runFor(ms(1));
  bench.app.close(device);
  expect(bench.root.task.returned).toEqual({ value: NAME.length });
  expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", groups: [], dmas: [] });
  expect([bench.pins, bench.app.lockedVm]).toEqual([0, 0]);
  expect(bench.app.open(offered.path).errno).toBe("ENOENT");
  const { app } = bench;
  const errnos = [
    app.ioctl(group, "VFIO_GROUP_GET_STATUS", { argsz: 8 }),
    app.ioctl(group, "VFIO_GROUP_GET_STATUS", { argsz: 7 }),
    app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", container),
    app.ioctl(group, "VFIO_GROUP_SET_CONTAINER", 99),
    app.ioctl(group, "VFIO_GROUP_UNSET_CONTAINER"),
    app.ioctl(group, "VFIO_GROUP_GET_DEVICE_FD", NAME),
  ].map(({ errno }) => errno);
  expect(errnos).toEqual(["ENODEV", "EINVAL", "ENODEV", "EBADF", "EINVAL", "ENODEV"]);
  app.close(group);
});

test("of two who unbind one device the second waits, and finds it done", () => {
  const { bench, device, group, asked } = held("v4.18");
  bench.app.close(group);
  const other = bench.process("root2", true);
  const file = other.fd(PCI_UNBIND);
  unbind(bench);
  bench.runFor(ms(1));
  other.begin("write", file, NAME, NAME.length);
  bench.runFor(ms(25_000));
  expect([bench.root, other].map(({ task }) => task.state)).toEqual(["asleep", "asleep"]);
  expect(asked).toEqual([0, 1, 2]);
  bench.app.close(device);
  for (const { task } of [bench.root, other]) expect(task.returned).toEqual({ value: NAME.length });
});
