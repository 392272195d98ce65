import { expect, test } from "vitest";
import { type Kernel, PAGE } from "../../../engine/core/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  unregisterNotifier,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { Bench } from "./support.ts";

/** What a vendor driver may call, and when: vfio_pin_pages and its kin. */

const { VFIO_TYPE1v2_IOMMU: V2, VFIO_TYPE1_IOMMU: V1 } = VFIO;
const AT = 64 * PAGE;

function ready(type: number, isTold = true, kernel: Kernel = "v4.18") {
  const bench = new Bench({ kernel });
  const pid = bench.user;
  bench.mdev("mtty");
  const [container = -1, group = -1] = bench.ready(pid, type, "/dev/vfio/0");
  const buffer = bench.buffer(pid, 4);
  bench.good(bench.map(pid, container, buffer, AT, 4 * PAGE));
  if (isTold) registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  return { bench, pid, container, group };
}

const got = (result: { ok: boolean; errno?: string; value?: unknown }) =>
  result.ok ? result.value : result.errno;
const pin = (bench: Bench, iovas: readonly number[], device = 0) => {
  const result = pinPages(bench.machine, device, { iovas, prot: 3 });
  return result.ok ? result.value.length : result.errno;
};

test("no device, no page, or more pages than one call takes", () => {
  const { bench } = ready(V2);
  const many = (count: number) => new Array<number>(count).fill(AT);
  expect(pin(bench, [AT], -1)).toBe("EINVAL");
  expect(pin(bench, [])).toBe("EINVAL");
  expect(pin(bench, many(512))).toBe(512);
  expect(pin(bench, many(513))).toBe("E2BIG");
  expect(got(unpinPages(bench.machine, -1, [AT]))).toBe("EINVAL");
  expect(got(unpinPages(bench.machine, 0, []))).toBe("EINVAL");
  expect(got(unpinPages(bench.machine, 0, many(513)))).toBe("E2BIG");
  expect(got(unpinPages(bench.machine, 0, many(512)))).toBe(512);
  expect(bench.pins()).toBe(0);
});

test("a group that nobody has in a container is EINVAL, for all four", () => {
  const bench = new Bench();
  bench.mdev("mtty");
  expect(pin(bench, [AT])).toBe("EINVAL");
  expect(got(unpinPages(bench.machine, 0, [AT]))).toBe("EINVAL");
  expect(got(registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP))).toBe("EINVAL");
  expect(got(unregisterNotifier(bench.machine, 0))).toBe("EINVAL");
});

test("a container without an IOMMU set is EINVAL", () => {
  const bench = new Bench();
  bench.mdev("mtty");
  const container = bench.fd(bench.user, "/dev/vfio/vfio");
  const group = bench.fd(bench.user, "/dev/vfio/0");
  bench.good(bench.ioctl(bench.user, group, "VFIO_GROUP_SET_CONTAINER", container));
  expect(pin(bench, [AT])).toBe("EINVAL");
  expect(got(registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP))).toBe("EINVAL");
});

test("the first interface is EACCES, to pin and to unpin", () => {
  const { bench } = ready(V1);
  expect(pin(bench, [AT])).toBe("EACCES");
  expect(got(unpinPages(bench.machine, 0, [AT]))).toBe("EACCES");
});

test("who has not asked to be told may not pin, nor who no longer wants to be", () => {
  const { bench } = ready(V2, false);
  expect(pin(bench, [AT])).toBe("EINVAL");
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  expect(pin(bench, [AT])).toBe(1);
  expect(got(unregisterNotifier(bench.machine, 0))).toBe(0);
  expect(bench.machine.containers[0]?.notifiers).toEqual([]);
  expect(pin(bench, [AT + PAGE])).toBe("EINVAL");
});

test("an unknown event, none, or no device is EINVAL", () => {
  const { bench } = ready(V2, false);
  expect(got(registerNotifier(bench.machine, 0, 0))).toBe("EINVAL");
  expect(got(registerNotifier(bench.machine, 0, 2))).toBe("EINVAL");
  expect(got(registerNotifier(bench.machine, -1, NOTIFY_DMA_UNMAP))).toBe("EINVAL");
  expect(got(unregisterNotifier(bench.machine, -1))).toBe("EINVAL");
  expect(bench.machine.containers[0]?.notifiers).toEqual([]);
});

test("only the one that goes is told no more", () => {
  const { bench, container } = ready(V2);
  bench.mdev("second");
  const group = bench.fd(bench.user, "/dev/vfio/1");
  bench.good(bench.ioctl(bench.user, group, "VFIO_GROUP_SET_CONTAINER", container));
  registerNotifier(bench.machine, 1, NOTIFY_DMA_UNMAP);
  unregisterNotifier(bench.machine, 0);
  expect(bench.machine.containers[0]?.notifiers).toEqual([1]);
});

// blocking_notifier_chain_register puts an equal one behind; vfio_iommu_type1_register_device in front.
test.each([
  ["v4.18", [0, 1]],
  ["v5.7", [0, 1]],
  ["v6.1", [1, 0]],
] as const)("%s: who is told first", (kernel, order) => {
  const { bench, container } = ready(V2, true, kernel);
  bench.mdev("second");
  const group = bench.fd(bench.user, "/dev/vfio/1");
  bench.good(bench.ioctl(bench.user, group, "VFIO_GROUP_SET_CONTAINER", container));
  registerNotifier(bench.machine, 1, NOTIFY_DMA_UNMAP);
  expect(bench.machine.containers[0]?.notifiers).toEqual(order);
});

test("pins of one mapping stand in the order of addresses, each counted for itself", () => {
  const { bench } = ready(V2);
  pin(bench, [AT + 3 * PAGE, AT, AT + PAGE, AT]);
  const pins = () =>
    bench.machine.containers[0]?.dmas[0]?.pins.map(({ iova, count }) => [
      (iova - AT) / PAGE,
      count,
    ]);
  expect(pins()).toEqual([
    [0, 2],
    [1, 1],
    [3, 1],
  ]);
  expect(got(unpinPages(bench.machine, 0, [AT]))).toBe(1);
  expect(pins()).toEqual([
    [0, 1],
    [1, 1],
    [3, 1],
  ]);
  // A page that is mapped and not pinned counts as done; where nothing is mapped it stops.
  expect(got(unpinPages(bench.machine, 0, [AT + 2 * PAGE, AT + PAGE, 0, AT]))).toBe(2);
  expect(pins()).toEqual([
    [0, 1],
    [3, 1],
  ]);
  expect(got(unpinPages(bench.machine, 0, [0]))).toBe("EINVAL");
  expect(bench.lockedVm(bench.user)).toBe(2);
});

test("a list that fails in its middle lets go of what it pinned, and no more", () => {
  const { bench } = ready(V2);
  pin(bench, [AT + PAGE]);
  expect(pin(bench, [AT, AT + PAGE, 0, AT + 2 * PAGE])).toBe("EINVAL");
  const pins = bench.machine.containers[0]?.dmas[0]?.pins;
  expect(pins).toMatchObject([{ iova: AT + PAGE, count: 1 }]);
  expect([bench.pins(), bench.lockedVm(bench.user)]).toEqual([1, 1]);
});

test("of a process that is gone nothing more is pinned", () => {
  const { bench, pid } = ready(V2);
  const child = bench.fork(pid);
  bench.kill(pid);
  expect(pin(bench, [AT])).toBe("ENODEV");
  expect(bench.pins()).toBe(0);
  bench.kill(child);
});
