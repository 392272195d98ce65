import { ok, type Result, record, refuse, replace } from "../core/index.ts";
import { type ParentOps, unregisterParent } from "../mdev/index.ts";
import {
  addNode,
  DRIVER,
  type FileOps,
  FLAG,
  findNode,
  lineOf,
  removeNode,
} from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { QUEUE_DRIVERS, type QueueDriver, type QueueDrivers } from "./queue-driver.ts";
import { registerSpimdev } from "./spimdev.ts";

/**
 * A driver is given a device, and taken from it, by two files in sysfs: what a program can see of
 * probe and remove. A story does so with drivers that are not finished: each leaves out one thing
 * that spimdev asks for, and the refusal comes where it is asked.
 */

const { getQueue, mmap, ...rest } = QUEUE_DRIVERS.dummy;

/**
 * The dummy device's driver on its way: its name has a character that spimdev splits at; it offers
 * the device and gives no queue; it gives queues and maps nothing; it is whole.
 */
export const DRAFTS: QueueDrivers = {
  "dummy-wd": { ...rest, getQueue, mmap, driver: "dummy-wd" },
  dummy_wd_begun: { ...rest, driver: "dummy_wd_begun" },
  dummy_wd_half: { ...rest, getQueue, driver: "dummy_wd_half" },
  dummy_wd: QUEUE_DRIVERS.dummy,
};

const NAMES = Object.keys(DRAFTS);
const BIND = 0;

/**
 * The drivers are loaded, and none has a device yet: `bind` and `unbind` of each appear. They are
 * loaded once, however many devices wait for a driver: who writes to the file names the device.
 */
export function addDrafts(machine: FrameworkPart): void {
  for (const [at, name] of NAMES.entries()) {
    for (const [file, word] of ["bind", "unbind"].entries()) {
      const path = `/sys/bus/platform/drivers/${name}/${word}`;
      if (findNode(machine, path)) return;
      addNode(machine, { path, driver: DRIVER.driverBind, object: 2 * at + file });
    }
  }
}

/**
 * probe: the driver offers its device to spimdev, and has it from then on.
 *
 * Refuses: ENODEV where there is no such device of its kind, or a driver has it; ENODEV for whatever the probe
 * refused: before v5.14 the caller never learns what that was.
 * Source: drivers/base/bus.c bind_store, drivers/base/dd.c really_probe v4.18; what they do with the
 * probe's errno is told in <20210614150846.4111871-4-hch@lst.de>, which ended it
 */
function bind(machine: FrameworkPart, device: number, name: string): Result<void> {
  const row = machine.devices[device];
  const isMatch = row?.kind === "dummy" && row.bound === "";
  if (!isMatch) return refuse("ENODEV", "no such device without a driver");
  const driver = DRAFTS[name] as QueueDriver;
  const offered = registerSpimdev(machine, device, driver);
  if (!offered.ok) return replace(offered, "ENODEV", "the probe failed");
  machine.devices[device] = { ...row, bound: name };
  return ok(undefined);
}

/**
 * remove: the device is offered no more (vfio_spimdev_unregister), and has no driver.
 *
 * Refuses: ENODEV where the driver does not have the device.
 * Leaves out: that the writer waits while a program has a mediated device of it open; here the rest
 * goes when that program lets go.
 * Source: drivers/base/bus.c unbind_store v4.18
 */
function unbind(
  machine: FrameworkPart,
  ops: ParentOps<FrameworkPart>,
  device: number,
  name: string,
): Result<void> {
  const row = machine.devices[device];
  if (row?.bound !== name) return refuse("ENODEV", "not a device of this driver");
  const id = machine.spimdevs.findLastIndex((one) => one.device === device);
  const { parent } = record(machine.spimdevs, id);
  const { path } = record(machine.parents, parent);
  unregisterParent(machine, ops, parent);
  for (const param of ["iommu_type", "dma_flag"]) removeNode(machine, `${path}/params/${param}`);
  machine.devices[device] = { ...row, bound: "" };
  return ok(undefined);
}

/**
 * The files, mode 0200. A device is named with or without a newline, and nothing else.
 *
 * Refuses to open: EACCES for anybody but root, or to be read. Refuses to write: as above.
 * Source: lib/string.c sysfs_streq v4.18
 */
export const DRIVER_BIND_FILE: FileOps<FrameworkPart> = {
  open(machine, _ops, object, pid, flags) {
    const isRoot = record(machine.tasks, pid).creds.root;
    return isRoot && flags & FLAG.O_WRONLY
      ? ok(object)
      : refuse("EACCES", "only root may write this");
  },
  write(machine, ops: ParentOps<FrameworkPart>, { object, text }) {
    const device = machine.devices.findIndex(({ name }) => name === lineOf(text));
    const name = NAMES[Math.floor(object / 2)] as string;
    const done =
      object % 2 === BIND ? bind(machine, device, name) : unbind(machine, ops, device, name);
    return done.ok ? ok(text.length) : done;
  },
};
