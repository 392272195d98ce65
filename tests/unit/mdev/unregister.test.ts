import { expect, test } from "vitest";
import {
  addMdev,
  addMtty,
  Bench,
  MTTY_HOME,
  type Offered,
  withVendor,
} from "../../../engine/check/bench/index.ts";
import { refuse } from "../../../engine/core/index.ts";
import { unregisterParent } from "../../../engine/mdev/index.ts";
import { ENGINE } from "../check/support.ts";

const KERNELS = ["v4.18", "v5.7", "v6.1"] as const;

/** Names of a mediated device in sysfs. */
function names({ machine }: Bench, { name }: Offered): string[] {
  return machine.nodes.map(({ path }) => path).filter((path) => path.includes(name));
}

test.each(KERNELS)(
  "in %s a parent that leaves waits for the program that has a device",
  (kernel) => {
    let told = 0;
    const ops = withVendor({
      remove: () => {
        told += 1;
        return refuse("EBUSY", "not now");
      },
    });
    const bench = new Bench(ENGINE, { kernel, ops });
    const before = bench.machine.nodes.length;
    addMtty(bench);
    const [held, free] = [addMdev(bench, 1), addMdev(bench, 2)];
    const { device, group } = bench.hold(held);
    expect(unregisterParent(bench.machine, bench.ops, 0)).toBe(false);
    // The one behind it is there as before: device_for_each_child has not come to it.
    expect(bench.machine.mdevs.map(({ isGone }) => isGone)).toEqual([false, false]);
    expect(told).toBe(kernel === "v4.18" ? 1 : 0);
    expect(names(bench, held)).toEqual([]);
    expect(names(bench, free)).toHaveLength(4);
    bench.app.close(device);
    // Only before v6.1 does a device wait for its group's container too.
    expect(bench.machine.parents[0]?.isGone).toBe(kernel === "v6.1");
    bench.app.close(group);
    expect([told, bench.machine.parents[0]?.isGone]).toEqual([2, true]);
    expect(bench.machine.nodes).toHaveLength(before);
    expect(unregisterParent(bench.machine, bench.ops, 0)).toBe(true);
  },
);

test("v6.1: a remove that a leaving parent refuses takes the file along; the device goes with the parent", () => {
  const bench = new Bench(ENGINE, { kernel: "v6.1" });
  addMtty(bench);
  const [held, next, last] = [1, 2, 3].map((n) => addMdev(bench, n, "mtty-1"));
  if (!held || !next || !last) throw new Error("three devices");
  const { device } = bench.hold(held);
  const remove = bench.root.fd(`${MTTY_HOME}/${next.name}/remove`);
  unregisterParent(bench.machine, bench.ops, 0);
  const got = ["x", "0", "1", "0"].map((text) => bench.root.call("write", remove, text, 1));
  expect(got.map(({ errno, value }) => errno ?? value)).toEqual(["EINVAL", 1, "ENODEV", "ENODEV"]);
  expect(names(bench, next)).toHaveLength(3); // the links
  expect(names(bench, last)).toHaveLength(4);
  bench.app.close(device);
  expect(bench.machine.parents[0]?.isGone).toBe(true);
  expect([held, next, last].flatMap((one) => names(bench, one))).toEqual([]);
});

test.each(KERNELS)(
  "%s: a parent waits for who removes a device of it by hand, since v5.3",
  (kernel) => {
    const bench = new Bench(ENGINE, { kernel });
    addMtty(bench);
    const mdev = addMdev(bench, 1);
    const { device, group } = bench.hold(mdev);
    const remove = bench.root.fd(`${MTTY_HOME}/${mdev.name}/remove`);
    expect(bench.root.call("write", remove, "1", 1).isAsleep).toBe(true);
    expect(names(bench, mdev)).toEqual([]); // before the wait
    expect(unregisterParent(bench.machine, bench.ops, 0)).toBe(kernel === "v4.18");
    bench.app.close(device);
    expect(bench.machine.mdevs[0]?.isGone).toBe(kernel === "v6.1");
    bench.app.close(group);
    expect(bench.root.task.state).toBe("idle");
    expect(bench.machine.parents[0]?.isGone).toBe(true);
  },
);

test("v4.18: one that is made while the parent leaves goes with it", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  addMtty(bench);
  const { device, group } = bench.hold(addMdev(bench, 1));
  unregisterParent(bench.machine, bench.ops, 0);
  const late = addMdev(bench, 2);
  const held = bench.hold(late);
  bench.app.close(device);
  bench.app.close(group);
  expect(names(bench, late)).toEqual([]);
  expect(bench.machine.parents[0]?.isGone).toBe(false);
  bench.app.close(held.device);
  bench.app.close(held.group);
  expect(bench.machine.parents[0]?.isGone).toBe(true);
});
