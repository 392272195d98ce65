import { expect, test } from "vitest";
import { addMdev, addMtty, Bench, withVendor } from "../../../engine/check/bench/index.ts";
import { refuse } from "../../../engine/core/index.ts";
import { unregisterParent } from "../../../engine/mdev/index.ts";
import { ENGINE } from "../check/support.ts";

const KERNELS = ["v4.18", "v6.1"] as const;

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
    const [held] = [addMdev(bench, 1), addMdev(bench, 2)];
    const { device, group } = bench.hold(held);
    expect(unregisterParent(bench.machine, bench.ops, 0)).toBe(false);
    expect(bench.machine.mdevs.map(({ isGone }) => isGone)).toEqual([false, true]);
    expect(told).toBe(kernel === "v6.1" ? 1 : 2);
    bench.app.close(device);
    // Only before v6.1 does a device wait for its group's container too.
    expect(bench.machine.parents[0]?.isGone).toBe(kernel === "v6.1");
    bench.app.close(group);
    expect([told, bench.machine.parents[0]?.isGone]).toEqual([2, true]);
    expect(bench.machine.nodes).toHaveLength(before);
    expect(unregisterParent(bench.machine, bench.ops, 0)).toBe(true);
  },
);
