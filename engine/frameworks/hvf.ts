import {
  BEFORE_V6,
  type Check,
  firstRefusal,
  ms,
  ok,
  type Result,
  record,
  refuse,
  SINCE_V6,
} from "../core/index.ts";
import {
  addressOf,
  addSriov,
  addVirtualFunction,
  type PciFunction,
  pciOf,
  QM_LIMITS,
  queuesToShare,
  REGISTER_PAGES,
  registerFrame,
  removeVirtualFunction,
  setPci,
  virtualFunctions,
} from "../hw/index.ts";
import {
  addNode,
  answer,
  call,
  DRIVER,
  done,
  type FileOps,
  mayWrite,
  type Next,
  numberIn,
  type Routine,
  sleepDeaf,
  to,
  wake,
} from "../task/index.ts";
import { addPciDevice, DEVICE_DRIVER } from "../vfio/index.ts";
import type { FrameworkPart } from "./part.ts";

/**
 * The contrast that the reviewed document calls HVF: one virtual function for each process. The
 * administrator says how many there are, vfio-pci has them all, and a process is given one whole.
 * No code of this was posted: it is what Linux has had since long.
 *
 * vfio-pci was loaded first, and told the id of the chip's virtual functions (its parameter `ids`),
 * so that it takes each as it appears, before the chip's own driver is asked.
 */

/** The files of SR-IOV: a node's object is two times the device, and which of the two it is. */
const TOTAL = 0;
const FILES = ["sriov_totalvfs", "sriov_numvfs"] as const;

/** Between the bit that makes functions and the first of them, and after the one that ends them. */
const ENABLE = ms(100);
const DISABLE = ms(1000);

/** What a story may say of a chip. */
export interface ChipWish {
  /** Queues of physical and virtual functions together; those of the silicon where left out. */
  readonly queues?: number;
  /** Virtual functions at most; HZIP_VF_NUM where left out. */
  readonly vfs?: number;
}

/** A chip that can make virtual functions: its two files in sysfs. */
export function registerHvf(machine: FrameworkPart, device: number, wish: ChipWish): void {
  const { HZIP_QUEUE_NUM_V1, HZIP_QUEUE_NUM_V2, HZIP_VF_NUM } = QM_LIMITS;
  const isFirst = record(machine.devices, device).version === 1;
  const all = isFirst ? HZIP_QUEUE_NUM_V1 : HZIP_QUEUE_NUM_V2;
  const { queues = all.value, vfs = HZIP_VF_NUM.value } = wish;
  addSriov(machine, device, { chipQueues: queues, totalVfs: vfs });
  const home = `/sys/bus/pci/devices/${addressOf(pciOf(machine, device).routingId)}`;
  for (const [which, name] of FILES.entries()) {
    addNode(machine, { path: `${home}/${name}`, driver: DRIVER.sriov, object: 2 * device + which });
  }
}

interface NumberInput {
  readonly wanted: number;
  readonly pci: PciFunction;
}

const STORE = "drivers/pci/pci-sysfs.c sriov_numvfs_store v4.18";
const STORE_NEW = "drivers/pci/iov.c sriov_numvfs_store v6.1";
const U16_MAX = 65_535;

// biome-ignore format: one check a line
export const NUMVFS_CHECKS: readonly Check<NumberInput>[] = [
  { errno: "EINVAL", source: STORE, why: "not a number", refuses: ({ wanted }) => Number.isNaN(wanted) },
  { errno: "ERANGE", source: STORE, why: "more than 16 bits", kernels: BEFORE_V6, refuses: ({ wanted }) => wanted > U16_MAX },
  { errno: "EINVAL", source: STORE_NEW, why: "more than 16 bits", kernels: SINCE_V6, refuses: ({ wanted }) => wanted > U16_MAX },
  { errno: "ERANGE", source: STORE, why: "more virtual functions than the device can have", refuses: ({ wanted, pci }) => wanted > pci.totalVfs },
];

interface ChangeInput extends NumberInput {
  /** Queues that the physical function does not keep. */
  readonly rest: number;
}

/** Asked with the device locked, where the number is another than before. */
// biome-ignore format: one check a line
export const NUMVFS_CHANGE_CHECKS: readonly Check<ChangeInput>[] = [
  { errno: "EBUSY", source: STORE, why: "virtual functions are there; all of them go first", refuses: ({ wanted, pci }) => wanted > 0 && pci.numVfs > 0 },
  { errno: "EINVAL", source: "drivers/crypto/hisilicon/qm.c qm_vf_q_assign v6.1; v5.7 recalled", why: "fewer queues left than functions", kernels: ["v5.7", "v6.1"], refuses: ({ wanted, rest }) => rest < wanted },
];

/**
 * sriov_totalvfs and sriov_numvfs of a device, each a number and a newline.
 *
 * Refuses to open for writing: EACCES for sriov_totalvfs, and for anybody but root. Refuses to write:
 * NUMVFS_CHECKS in order, then as SRIOV.
 * Source: drivers/pci/pci-sysfs.c v4.18; drivers/pci/iov.c, fs/kernfs/file.c kernfs_fop_open v6.1
 */
export const SRIOV_FILE: FileOps<FrameworkPart> = {
  open(machine, _ops, object, pid, flags) {
    const isFree = object % 2 !== TOTAL && record(machine.tasks, pid).creds.root;
    return isFree || !mayWrite(flags) ? ok(object) : refuse("EACCES", "may only be read");
  },
  read(machine, _ops, object): Result<string> {
    const { totalVfs, numVfs } = pciOf(machine, Math.floor(object / 2));
    return ok(`${object % 2 === TOTAL ? totalVfs : numVfs}\n`);
  },
  write(machine, _ops, { object, text, call: row }) {
    const device = Math.floor(object / 2);
    const wanted = Number(numberIn(text) ?? Number.NaN);
    const pci = pciOf(machine, device);
    const refusal = firstRefusal(NUMVFS_CHECKS, machine.kernel, { wanted, pci });
    if (refusal) return refusal;
    const numbers = [device, text.length, wanted];
    return { enter: { routine: NAME, pc: "lock", call: row, numbers } };
  },
};

const NAME = "sriov";

/** What the frame remembers: the device, bytes written, functions wanted, the one that goes. */
function told(numbers: readonly number[]): [number, number, number, number] {
  const [device = 0, taken = 0, wanted = 0, virtual = -1] = numbers;
  return [device, taken, wanted, virtual];
}

/**
 * NumVFs changes, from none to some or from some to none. There is no way from some to others.
 *
 *   lock --> appear --> appear ... --> done         one function at a time
 *     |
 *     +----> next ---> (vfio-pci lets go: UNBIND) ---> leave --> next ... --> end --> done
 *
 * Whoever writes 0 waits until no program has any of the functions; no signal ends that wait.
 *
 * Refuses: NUMVFS_CHANGE_CHECKS in order. The number that is there already does nothing.
 * Leaves out: EPERM of the chip's driver for functions that a virtual machine of Xen has; EBUSY of
 * v6.1 for those that the chip's own driver has and somebody uses.
 * Source: drivers/pci/iov.c sriov_enable, sriov_disable v6.1; KL zip_main.c @0ae9466eccbb
 */
export const SRIOV: Routine<FrameworkPart, "lock" | "appear" | "next" | "leave" | "end"> = {
  lock: (machine, _ops, { frame }) => {
    const [device, taken, wanted] = told(frame.numbers);
    const pci = pciOf(machine, device);
    if (pci.isLocked) return sleepDeaf("lock");
    if (wanted === pci.numVfs) return done(answer(ok(taken)));
    const rest = queuesToShare(machine, device);
    const refusal = firstRefusal(NUMVFS_CHANGE_CHECKS, machine.kernel, { wanted, pci, rest });
    if (refusal) return done(answer(refusal));
    setPci(machine, device, { isLocked: true });
    return wanted > 0 ? to("appear", ENABLE) : to("next");
  },
  appear: (machine, _ops, { frame }) => {
    const [device, taken, wanted] = told(frame.numbers);
    giveToVfio(machine, addVirtualFunction(machine, device, wanted));
    if (virtualFunctions(machine, device).length < wanted) return to("appear");
    return unlock(machine, device, { numVfs: wanted, taken });
  },
  next: (machine, _ops, { frame }) => {
    const [device, taken] = told(frame.numbers);
    const [virtual] = virtualFunctions(machine, device);
    if (virtual === undefined) return to("end", DISABLE);
    const numbers = [device, taken, 0, virtual];
    const held = vfioDeviceOf(machine, virtual);
    if (held < 0) return to("leave", ms(0), numbers);
    const unbind = { routine: "pciUnbind", pc: "lock", call: frame.call, numbers: [held, 0] };
    return call(unbind, "leave", numbers);
  },
  leave: (machine, _ops, { frame }) => {
    const [, , , virtual] = told(frame.numbers);
    const { group } = record(machine.streams, record(machine.devices, virtual).stream);
    const isHeld = machine.vfioGroups.some((one) => !one.isGone && one.iommuGroup === group);
    removeVirtualFunction(machine, virtual, isHeld);
    return to("next");
  },
  end: (machine, _ops, { frame }) => {
    const [device, taken] = told(frame.numbers);
    return unlock(machine, device, { numVfs: 0, taken });
  },
};

function unlock(
  machine: FrameworkPart,
  device: number,
  { numVfs, taken }: { readonly numVfs: number; readonly taken: number },
): Next {
  setPci(machine, device, { numVfs, isLocked: false });
  for (const [pid, { stack }] of machine.tasks.entries()) {
    if (stack.at(-1)?.routine === NAME) wake(machine, pid, ms(0));
  }
  return done(answer(ok(taken)));
}

/** vfio-pci takes a function; one without an IOMMU has no group, and nobody takes it (VFIO-SM-051). */
function giveToVfio(machine: FrameworkPart, device: number): void {
  const { name, stream } = record(machine.devices, device);
  const { group } = record(machine.streams, stream);
  if (group < 0) return;
  addPciDevice(machine, {
    iommuGroup: group,
    name,
    bars: [0, 0, REGISTER_PAGES * 4096],
    pfn: registerFrame(device, 0),
    msixBar: -1,
    irqs: [0, QM_LIMITS.MSI_VECTORS.value, 0, 1, 1],
  });
}

/** The VFIO device that a function is, while vfio-pci has it; -1 where it has it no more. */
function vfioDeviceOf(machine: FrameworkPart, device: number): number {
  const { name } = record(machine.devices, device);
  return machine.vfioDevices.findIndex(
    (one) => one.driver === DEVICE_DRIVER.pci && !one.isGone && one.name === name,
  );
}
