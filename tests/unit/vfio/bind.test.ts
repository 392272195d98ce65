import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { addIommu, bondOf } from "../../../engine/iommu/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { Bench, word } from "./support.ts";

/** VFIO_IOMMU_BIND of the patches for shared page tables: what it refuses, whom it binds, and until when. */

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const BIND = "VFIO_IOMMU_BIND";
const GOOD = { argsz: 20, flags: 1 };

/** A container with two devices of the bus behind IOMMUs that share, the second as asked for. */
function ready(
  second: { readonly ssidBits: number; readonly faults: "stall" | "none" },
  fails = 0,
) {
  const bench = new Bench({
    canBind: true,
    ...(fails > 0 ? { fails: [{ kind: "allocate", nth: fails }] } : {}),
  });
  const pid = bench.user;
  bench.pci("one", addIommu(bench.machine, { name: "near", ssidBits: 10, faults: "stall" }));
  bench.pci("two", addIommu(bench.machine, { name: "far", ...second }));
  const [container = -1, ...groups] = bench.ready(pid, V2, "/dev/vfio/0", "/dev/vfio/1");
  const live = () => bench.machine.bonds.filter(({ refs }) => refs > 0).map(({ stream }) => stream);
  const leave = (at: number) =>
    bench.good(bench.ioctl(pid, groups[at] ?? -1, "VFIO_GROUP_UNSET_CONTAINER"));
  return { bench, pid, container, live, leave };
}

const ABLE = { ssidBits: 10, faults: "stall" } as const;

// biome-ignore format: one case a line
test.each([
  ["nothing",            null,                     "EFAULT"],
  ["too little",         { argsz: 19, flags: 1 },  "EINVAL"],
  ["no flag",            { argsz: 20, flags: 0 },  "EINVAL"],
  ["another flag",       { argsz: 20, flags: 3 },  "EINVAL"],
  ["more than it takes", { argsz: 64, flags: 1 },  "0"],
] as const)("with %s: %o is %s", (_what, arg, got) => {
  const { bench, pid, container, live } = ready(ABLE);
  expect(word(bench.ioctl(pid, container, BIND, arg))).toBe(got);
  expect(live()).toHaveLength(got === "0" ? 2 : 0);
});

test("every device of the container may use the caller's table, until the last group has left", () => {
  const { bench, pid, container, live, leave } = ready(ABLE);
  expect(bench.ioctl(pid, container, BIND, GOOD)).toMatchObject({ written: { pasid: 1 } });
  expect(bondOf(bench.machine, 0, 1)?.mm).toBe(bench.machine.tasks[pid]?.mm);
  const child = bench.fork(pid);
  expect(bench.ioctl(child, container, BIND, GOOD)).toMatchObject({ written: { pasid: 2 } });
  expect(live().sort()).toEqual([0, 0, 1, 1]);
  leave(0);
  expect(live()).toHaveLength(4);
  leave(1);
  expect(live()).toEqual([]);
  expect(bench.machine.containers[0]).not.toHaveProperty("bonds");
});

// biome-ignore format: one case a line
test.each([
  ["cannot share",            { ssidBits: 0, faults: "stall" }, 0, "ENODEV"],
  ["cannot wait for a page",  { ssidBits: 10, faults: "none" }, 0, "ENODEV"],
  ["has no memory for it",    ABLE,                             2, "ENOMEM"],
] as const)("where one device %s nothing is bound", (_what, second, fails, got) => {
  const { bench, pid, container, live } = ready(second, fails);
  expect(word(bench.ioctl(pid, container, BIND, GOOD))).toBe(got);
  expect(live()).toEqual([]);
  expect(bench.machine.containers[0]?.bonds ?? []).toEqual([]);
});

test("the parent's devices stand in for a mediated one; without a domain there is none to bind", () => {
  const bench = new Bench({ canBind: true });
  const pid = bench.user;
  const parent = bench.parent("zip", addIommu(bench.machine, { name: "far", ...ABLE }));
  bench.mdev("mtty");
  bench.mdev("uuid-0", parent);
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/1");
  expect(word(bench.ioctl(pid, container, BIND, GOOD))).toBe("EINVAL");
  const group = bench.fd(pid, "/dev/vfio/2");
  bench.good(bench.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container));
  bench.good(bench.ioctl(pid, container, BIND, GOOD));
  expect(bench.machine.bonds.map(({ stream }) => stream)).toEqual([0]);
});

test("with the patches it still knows no other", () => {
  const { bench, pid, container, live } = ready(ABLE);
  expect(word(bench.ioctl(pid, container, "VFIO_EEH_PE_OP", GOOD))).toBe("ENOTTY");
  expect(live()).toEqual([]);
});

test("without the patches the driver knows no such ioctl", () => {
  const bench = new Bench();
  bench.pci("one");
  const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
  expect(word(bench.ioctl(bench.user, container, BIND, GOOD))).toBe("ENOTTY");
  bench.good(bench.map(bench.user, container, bench.buffer(bench.user, 1), PAGE, PAGE));
});
