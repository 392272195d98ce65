import { addActor, assert, PAGE, record } from "../../core/index.ts";
import { registerMtty } from "../../frameworks/index.ts";
import { addIommu, addStream, type IommuOptions } from "../../iommu/index.ts";
import { MDEV_DRIVER, type MdevOps, type ParentOps } from "../../mdev/index.ts";
import { REGISTERS } from "../../mm/index.ts";
import {
  addPciDevice,
  DEVICE_DRIVER,
  type PciDevice,
  VFIO,
  type VfioDeviceOps,
} from "../../vfio/index.ts";
import type { Bench } from "./bench.ts";
import type { CheckMachine } from "./engine.ts";
import type { Got, Process } from "./process.ts";

/** A device that a program can open through VFIO. */
export interface Offered {
  /** As GET_DEVICE_FD names it. */
  readonly name: string;
  /** The name of its group. */
  readonly path: string;
  readonly iommuGroup: number;
  /** Its row of the stream table; -1 for a mediated device. */
  readonly stream: number;
}

/** Registers of no device that the model moves: far behind those that it does. */
const BARS = REGISTERS + 65_536;

const PLAIN: PciDevice = { bars: [PAGE, 4 * PAGE], pfn: BARS, msixBar: 1, irqs: [1, 1, 4, 0, 1] };

/** A device of the bus behind an IOMMU, bound to vfio-pci. */
export function addPci(bench: Bench, name: string, iommu = bench.iommu): Offered {
  const { machine } = bench;
  const device = addActor(machine, { name, kind: "device", id: -1 });
  const stream = addStream(machine, { device, iommu });
  const iommuGroup = record(machine.streams, stream).group;
  const added = addPciDevice(machine, { ...PLAIN, iommuGroup, name });
  assert(added.ok, "a device with a group is taken");
  const { group } = record(machine.vfioDevices, added.value);
  return { name, path: record(machine.vfioGroups, group).path, iommuGroup, stream };
}

/** Another IOMMU. @returns its id */
export function addOtherIommu(bench: Bench, options: Partial<IommuOptions> = {}): number {
  return addIommu(bench.machine, { name: "smmu1", ...options });
}

/** Where the sample driver's types are. */
export const MTTY_HOME = "/sys/devices/virtual/mtty/mtty";
export const MTTY_TYPES = `${MTTY_HOME}/mdev_supported_types`;

/** The n-th uuid of a bench. */
export function uuidOf(n: number): string {
  return `83b8f4f2-509f-382f-3c1e-e6bfe0fa10${String(n).padStart(2, "0")}`;
}

/** The sample driver of mediated devices is there. */
export function addMtty(bench: Bench): void {
  const registered = registerMtty(bench.machine);
  assert(registered.ok, "the sample driver registers");
}

/** What is written to `create` of a type of the sample driver, as root. */
export function writeCreate(bench: Bench, text: string, type = "mtty-2"): Got {
  const { root } = bench;
  const create = root.fd(`${MTTY_TYPES}/${type}/create`);
  const got = root.call("write", create, text, text.length);
  if (!got.isAsleep) root.close(create);
  return got;
}

/** A mediated device of the sample driver. */
export function addMdev(bench: Bench, n = 1, type = "mtty-2"): Offered {
  const name = uuidOf(n);
  bench.root.good(writeCreate(bench, name, type), "create");
  const mdev = bench.machine.mdevs.find(({ uuid, isGone }) => !isGone && uuid === name);
  assert(mdev !== undefined, "a mediated device that was created is there");
  const { group } = record(bench.machine.vfioDevices, mdev.device);
  const { path, iommuGroup } = record(bench.machine.vfioGroups, group);
  return { name, path, iommuGroup, stream: -1 };
}

type Ops = ParentOps<CheckMachine>;

/** Takes calls away from the sample driver: those that a vendor driver need not have. */
export function withBareVendor(ops: Ops): Ops {
  const mtty = ops.mdev[MDEV_DRIVER.mtty];
  assert(mtty !== undefined, "the sample driver is known");
  const { ioctl: _ioctl, mmap: _mmap, ...needed } = mtty;
  return { ...ops, mdev: { ...ops.mdev, [MDEV_DRIVER.mtty]: needed } };
}

/** Puts calls of the row's own in place of some of the sample driver's. */
export function withVendor(change: Partial<MdevOps<CheckMachine>>): (ops: Ops) => Ops {
  return (ops) => {
    const mtty = ops.mdev[MDEV_DRIVER.mtty];
    assert(mtty !== undefined, "the sample driver is known");
    return { ...ops, mdev: { ...ops.mdev, [MDEV_DRIVER.mtty]: { ...mtty, ...change } } };
  };
}

/** Puts a driver of the row's own in place of vfio-pci. */
export function withPci(driver: VfioDeviceOps<CheckMachine>): (ops: Ops) => Ops {
  return (ops) => ({ ...ops, device: { ...ops.device, [DEVICE_DRIVER.pci]: driver } });
}

/** A process with a container and groups. */
export interface Held {
  readonly container: number;
  readonly groups: readonly number[];
}

/** Container and groups opened, not joined. */
export function openAll(process: Process, ...offered: readonly Offered[]): Held {
  const container = process.fd("/dev/vfio/vfio");
  return { container, groups: offered.map(({ path }) => process.fd(path)) };
}

/** One more group joins a container. @returns its descriptor */
export function join(process: Process, container: number, { path }: Offered): number {
  const group = process.fd(path);
  process.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  return group;
}

/** Container and groups, joined, with an IOMMU set: type1 v2 where not said otherwise. */
export function setUp(
  process: Process,
  offered: readonly Offered[],
  type: number = VFIO.VFIO_TYPE1v2_IOMMU,
): Held {
  const held = openAll(process, ...offered);
  for (const group of held.groups) {
    process.must("ioctl", group, "VFIO_GROUP_SET_CONTAINER", held.container);
  }
  process.must("ioctl", held.container, "VFIO_SET_IOMMU", type);
  return held;
}
