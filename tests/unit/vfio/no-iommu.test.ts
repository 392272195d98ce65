import { expect, test } from "vitest";
import { VFIO } from "../../../engine/vfio/index.ts";
import { Bench, word } from "./support.ts";

/** A group without an IOMMU, and the rights that it takes. Source: drivers/vfio/vfio.c v4.18 */

const { VFIO_TYPE1_IOMMU: V1, VFIO_TYPE1v2_IOMMU: V2, VFIO_NOIOMMU_IOMMU: NONE } = VFIO;
const JOIN = "VFIO_GROUP_SET_CONTAINER";

function ready(groups: number) {
  const bench = new Bench({ noiommu: true });
  for (let group = 0; group < groups; group += 1) bench.mdev(`fake${group}`, -1, true);
  const { root, machine } = bench;
  const fds = Array.from({ length: groups }, (_, at) => bench.fd(root, `/dev/vfio/noiommu-${at}`));
  const container = bench.fd(root, "/dev/vfio/vfio");
  const ask = (fd: number, command: string, arg: number | string | null = null) =>
    word(bench.ioctl(root, fd, command, arg));
  /** It goes on without CAP_SYS_RAWIO, as after setuid. */
  const drop = () => {
    const task = machine.tasks[root];
    if (task) machine.tasks[root] = { ...task, creds: { ...task.creds, root: false } };
  };
  return { bench, container, fds: fds as [number, ...number[]], ask, drop };
}

test("each step asks for the right anew: to join, to set the IOMMU, to get the device", () => {
  const one = ready(1);
  one.drop();
  expect(one.ask(one.fds[0], JOIN, one.container)).toBe("EPERM");
  const two = ready(1);
  two.ask(two.fds[0], JOIN, two.container);
  two.drop();
  expect(two.ask(two.container, "VFIO_SET_IOMMU", NONE)).toBe("EPERM");
  expect(two.bench.machine.containers[0]?.driver).toBe("unset");
  const three = ready(1);
  three.ask(three.fds[0], JOIN, three.container);
  expect(three.ask(three.container, "VFIO_SET_IOMMU", NONE)).toBe("0");
  three.drop();
  expect(three.ask(three.fds[0], "VFIO_GROUP_GET_DEVICE_FD", "fake0")).toBe("EPERM");
  expect(three.bench.heard).toEqual([]);
});

test("only the driver without an IOMMU serves such a group, and says so", () => {
  const { container, fds, ask } = ready(1);
  const says = () => [V1, V2, NONE].map((type) => ask(container, "VFIO_CHECK_EXTENSION", type));
  expect(says()).toEqual(["1", "1", "1"]);
  ask(fds[0], JOIN, container);
  expect(says()).toEqual(["0", "0", "1"]);
  expect(ask(container, "VFIO_SET_IOMMU", V1)).toBe("ENODEV");
  expect(ask(container, "VFIO_SET_IOMMU", NONE)).toBe("0");
  expect(says()).toEqual(["0", "0", "1"]);
  expect(ask(container, "VFIO_SET_IOMMU", NONE)).toBe("EINVAL");
  for (const command of ["VFIO_IOMMU_GET_INFO", "VFIO_IOMMU_MAP_DMA", "VFIO_IOMMU_UNMAP_DMA"]) {
    expect(ask(container, command)).toBe("ENOTTY");
  }
});

test("a container whose groups have an IOMMU does not know the other driver", () => {
  const bench = new Bench({ noiommu: true });
  bench.pci("one");
  const [container = -1] = bench.ready(bench.root, V1, "/dev/vfio/0");
  const says = [V1, V2, NONE].map((type) =>
    word(bench.ioctl(bench.root, container, "VFIO_CHECK_EXTENSION", type)),
  );
  expect(says).toEqual(["1", "1", "0"]);
});

test("groups with and without an IOMMU do not mix, in either order", () => {
  for (const isRealFirst of [true, false]) {
    const { bench, container, fds, ask } = ready(1);
    bench.pci("real");
    const real = bench.fd(bench.root, "/dev/vfio/1");
    const [first, second] = isRealFirst ? [real, fds[0]] : [fds[0], real];
    expect([ask(first, JOIN, container), ask(second, JOIN, container)]).toEqual(["0", "EPERM"]);
    expect(bench.machine.containers[0]?.groups).toHaveLength(1);
  }
});

test("a second group joins the driver that is set; the last one that leaves unsets it", () => {
  const { bench, container, fds, ask } = ready(2);
  ask(fds[0], JOIN, container);
  ask(container, "VFIO_SET_IOMMU", NONE);
  expect(ask(fds[1] ?? -1, JOIN, container)).toBe("0");
  const state = () => bench.machine.containers[0];
  expect(ask(fds[0], "VFIO_GROUP_UNSET_CONTAINER")).toBe("0");
  expect(state()).toMatchObject({ driver: "noiommu", groups: [1] });
  expect(ask(fds[1] ?? -1, "VFIO_GROUP_UNSET_CONTAINER")).toBe("0");
  expect(state()).toMatchObject({ driver: "unset", groups: [] });
  expect(ask(container, "VFIO_IOMMU_GET_INFO")).toBe("EINVAL");
});

test("an extension of v6.1 is no type, and on v4.18 nobody knows it", () => {
  for (const [kernel, got] of [
    ["v6.1", "EINVAL"],
    ["v4.18", "ENODEV"],
  ] as const) {
    const bench = new Bench({ kernel });
    bench.pci("one");
    const container = bench.fd(bench.user, "/dev/vfio/vfio");
    const group = bench.fd(bench.user, "/dev/vfio/0");
    bench.good(bench.ioctl(bench.user, group, JOIN, container));
    const set = bench.ioctl(bench.user, container, "VFIO_SET_IOMMU", VFIO.VFIO_UNMAP_ALL);
    expect(word(set)).toBe(got);
    expect(bench.machine.containers[0]?.driver).toBe("unset");
  }
});
