import { ok, type Result, record, refuse, ZERO } from "../core/index.ts";
import { MDEV_DRIVER, type MdevOps, registerParent } from "../mdev/index.ts";
import type { Reply } from "../task/index.ts";
import { irqInfo, PCI_REGIONS, pciInfo, readIndex, regionOffset, setIrqs } from "../vfio/index.ts";
import type { FrameworkPart } from "./part.ts";

/** Serial ports of all devices together (MAX_MTTYS), as available_instances counts them. */
const PORTS_MAX = 24;

/** Bytes of a device's configuration space, and of the registers of one port. */
const CONFIG_SIZE = 0xff;
const PORT_SIZE = 8;
const CONFIG_REGION = 7;

const REGION_INFO_SIZE = 32;
const IRQ_INFO_SIZE = 16;
/** READ | WRITE of vfio_region_info, for every index: whether it has a size or not. */
const RIGHTS = 3;
/** VFIO_DEVICE_FLAGS_PCI */
const IS_PCI = 2;

/** INTx, MSI, and the request interrupt; the other two indices it refuses. */
const IRQS = [1, 1, 1, 1, 1] as const;
const KNOWN_IRQS: readonly number[] = [0, 1, 4];

/** One mediated device of the sample driver. A value. */
export interface Mtty {
  readonly mdev: number;
  /** Serial ports: 1 or 2. */
  readonly ports: number;
  readonly isGone: boolean;
}

/**
 * The kernel's own sample of a mediated device: a PCI card of one or two serial ports that is
 * software only.
 *
 * @returns the id of its parent
 * Refuses: as `registerParent`.
 * Source: samples/vfio-mdev/mtty.c v4.18
 */
export function registerMtty(machine: FrameworkPart): Result<number> {
  const attributes = ["name", "device_api", "available_instances"];
  return registerParent(machine, {
    name: "mtty",
    path: "/sys/devices/virtual/mtty/mtty",
    driver: MDEV_DRIVER.mtty,
    object: 0,
    types: [
      { name: "mtty-1", attributes },
      { name: "mtty-2", attributes },
    ],
  });
}

function stateOf(machine: FrameworkPart, mdev: number): Mtty | undefined {
  return machine.mttys.find((state) => state.mdev === mdev && !state.isGone);
}

/** Below 0, too: before v6.1 nothing stops more devices than there are ports (MDEV-012). */
function instancesLeft(machine: FrameworkPart, ports: number): number {
  const live = machine.mttys.filter(({ isGone }) => !isGone);
  const used = live.reduce((sum, state) => sum + state.ports, 0);
  return Math.trunc((PORTS_MAX - used) / ports);
}

function regionInfo({ ports }: Mtty, arg: Parameters<typeof readIndex>[0]): Reply {
  const asked = readIndex(arg, REGION_INFO_SIZE, PCI_REGIONS);
  if (!asked.ok) return asked;
  const { index } = asked.value;
  const isPort = index < ports;
  const size = index === CONFIG_REGION ? CONFIG_SIZE : isPort ? PORT_SIZE : 0;
  const written = { size: BigInt(size), offset: regionOffset(index), flags: RIGHTS };
  return { ...ZERO, written };
}

/**
 * Refuses: in v6.1 ENOSPC where too few ports are left; before that creating nothing, whatever
 * `available_instances` says; ENODEV for any ioctl after its
 * state is gone; ENOTTY for an ioctl it does not know.
 * Leaves out: reading and writing the registers, the interrupts.
 * Source: samples/vfio-mdev/mtty.c mtty_create, mtty_remove, mtty_ioctl v4.18; mtty_init_dev v6.1
 */
export const MTTY: MdevOps<FrameworkPart> = {
  create(machine, _ops, mdev) {
    const { type } = record(machine.mdevs, mdev);
    if (machine.kernel === "v6.1" && instancesLeft(machine, type + 1) < 1) {
      return refuse("ENOSPC", "too few ports are left");
    }
    machine.mttys.push({ mdev, ports: type + 1, isGone: false });
    return ok(undefined);
  },
  remove(machine, _ops, mdev) {
    const at = machine.mttys.findIndex((state) => state.mdev === mdev && !state.isGone);
    if (at < 0) return refuse("EINVAL", "no such device");
    machine.mttys[at] = { ...record(machine.mttys, at), isGone: true };
    return ok(undefined);
  },
  show(machine, _ops, { type, name }) {
    if (name === "device_api") return ok("vfio-pci\n");
    if (name === "name") return ok(`${type === 0 ? "Single" : "Dual"} port serial\n`);
    return ok(`${instancesLeft(machine, type + 1)}\n`);
  },
  open: () => ok(undefined),
  ioctl(machine, _ops, { object, command, arg }) {
    const state = stateOf(machine, object);
    if (!state) return refuse("ENODEV", "the device's state is gone");
    if (command === "VFIO_DEVICE_GET_INFO") return pciInfo(arg, IS_PCI);
    if (command === "VFIO_DEVICE_GET_REGION_INFO") return regionInfo(state, arg);
    if (command === "VFIO_DEVICE_GET_IRQ_INFO") {
      const asked = readIndex(arg, IRQ_INFO_SIZE, IRQS.length);
      if (!asked.ok) return asked;
      if (!KNOWN_IRQS.includes(asked.value.index)) return refuse("EINVAL", "no such interrupt");
      return irqInfo(IRQS, arg);
    }
    if (command === "VFIO_DEVICE_SET_IRQS") return setIrqs(machine, IRQS, arg);
    if (command === "VFIO_DEVICE_RESET") return ZERO;
    return refuse("ENOTTY", "mtty knows no such ioctl");
  },
};
