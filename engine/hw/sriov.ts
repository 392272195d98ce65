import { addActor, assert, record } from "../core/index.ts";
import { addStream, dropGroup, removeStream } from "../iommu/index.ts";
import type { Device, HwPart, PciFunction } from "./part.ts";

/**
 * Virtual functions of a chip (SR-IOV): each is a device of its own on the bus, with a requester id
 * of its own, and so with a row of the stream table and a group of its own.
 *
 *   physical function 0000:75:00.0   queues 0 to 63
 *   virtual function  0000:75:00.1   an equal share of the rest
 *   virtual function  0000:75:00.2   an equal share of the rest, and what is left over
 */

/** Where the first chip stands; the next ones on the buses behind it. Recalled of the board. */
const FIRST_BUS = 0x75;

/** From a physical function to its first virtual one, and to the next. Recalled of the board. */
const FIRST_VF_OFFSET = 1;
const VF_STRIDE = 1;

/** Queues that the physical function keeps. Source: HZIP_PF_DEF_Q_NUM, KL zip_main.c @0ae9466eccbb */
export const PF_QUEUES = 64;

/** What the function is on the bus. A device without SR-IOV in its story has none of it. */
export function pciOf(machine: HwPart, device: number): PciFunction {
  const { pci } = record(machine.devices, device);
  assert(pci !== undefined, "a device that stands on the bus", device);
  return pci;
}

/** "0000:75:00.1" */
export function addressOf(routingId: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  const [bus, slot] = [Math.floor(routingId / 256), Math.floor(routingId / 8) % 32];
  return `0000:${hex(bus, 2)}:${hex(slot, 2)}.${routingId % 8}`;
}

/**
 * A chip gets its place on the bus and the capability; its physical function keeps PF_QUEUES queues,
 * or half of a chip that has fewer than twice as many.
 */
export function addSriov(
  machine: HwPart,
  device: number,
  { chipQueues, totalVfs }: Pick<PciFunction, "chipQueues" | "totalVfs">,
): void {
  const taken = machine.devices.filter(({ pci }) => pci && pci.physical < 0).length;
  const routingId = (FIRST_BUS + taken) * 256;
  const pci = { ...NEW, routingId, totalVfs, chipQueues };
  const queueCount = Math.min(PF_QUEUES, Math.floor(chipQueues / 2));
  machine.devices[device] = { ...record(machine.devices, device), queueCount, pci };
}

const NEW: PciFunction = {
  routingId: 0,
  physical: -1,
  totalVfs: 0,
  numVfs: 0,
  chipQueues: 0,
  isLocked: false,
  isGone: false,
};

/** Changes what a function is on the bus. */
export function setPci(machine: HwPart, device: number, change: Partial<PciFunction>): void {
  const before = record(machine.devices, device);
  machine.devices[device] = { ...before, pci: { ...pciOf(machine, device), ...change } };
}

/** The virtual functions of a chip that are there, in the order of their ids. */
export function virtualFunctions(machine: HwPart, physical: number): number[] {
  return [...machine.devices.keys()].filter((id) => {
    const { pci } = record(machine.devices, id);
    return pci !== undefined && pci.physical === physical && !pci.isGone;
  });
}

/** Queues that virtual functions have, all together. */
export function queuesToShare(machine: HwPart, physical: number): number {
  return pciOf(machine, physical).chipQueues - record(machine.devices, physical).queueCount;
}

/**
 * The next virtual function appears on the bus (pci_iov_add_virtfn): equal shares of the queues, and
 * the last one has what is left over (hisi_zip_vf_q_assign).
 *
 * @param count  how many there will be
 * @returns the id of the device
 * Leaves out: configuration space; that each takes a page of address windows at least. What works
 * for a request of a virtual function: its own mailbox is not modelled, so no queue of it is started.
 * Source: drivers/pci/iov.c pci_iov_add_virtfn v6.1; KL zip_main.c @0ae9466eccbb
 */
export function addVirtualFunction(machine: HwPart, physical: number, count: number): number {
  const nth = virtualFunctions(machine, physical).length;
  assert(nth < count && count > 0, "one function more than there will be", nth);
  const parent: Device = record(machine.devices, physical);
  const routingId = pciOf(machine, physical).routingId + FIRST_VF_OFFSET + nth * VF_STRIDE;
  const id = machine.devices.length;
  const name = addressOf(routingId);
  const actor = addActor(machine, { name, kind: "device", id });
  const { iommu } = record(machine.streams, parent.stream);
  const rest = queuesToShare(machine, physical);
  const share = Math.floor(rest / count);
  const { kind, held, version } = parent;
  machine.devices.push({
    name,
    kind,
    actor,
    stream: addStream(machine, { device: actor, iommu }),
    queueCount: nth + 1 < count ? share : share + (rest % count),
    held,
    version,
    pci: { ...NEW, routingId, physical },
  });
  machine.jobs.push(undefined);
  return id;
}

/**
 * A virtual function leaves the bus (pci_iov_remove_virtfn). No driver has it any more.
 *
 * @param isHeld  does somebody still hold its group? Then that one drops it.
 */
export function removeVirtualFunction(machine: HwPart, device: number, isHeld: boolean): void {
  const { stream } = record(machine.devices, device);
  const { group } = record(machine.streams, stream);
  setPci(machine, device, { isGone: true });
  removeStream(machine, stream);
  const isEmpty = group >= 0 && record(machine.groups, group).streams.length === 0;
  if (isEmpty && !isHeld) dropGroup(machine, group);
}
