/** Who stands above the lanes of a run, and which lane an actor has. */

import {
  type CallRow,
  type Machine,
  type NamedEvent,
  type Run,
  record,
} from "../../engine/index.ts";
import type { Lane, Role } from "../layout/index.ts";

/** Somebody in a portrait: who acts, or one of the parts of the machine. */
export type Party = "self" | "kernel" | "device" | "iommu" | "memory";

const KERNEL = "kernel";
const IOMMU = "iommu";
const MEMORY = "memory";

function processId(pid: number): string {
  return `process ${pid}`;
}

function deviceId(device: number): string {
  return `device ${device}`;
}

/**
 * The devices that are hardware, chips and virtual functions, but for those that have gone. The RFC's
 * dummy device is not: its driver copies, inside an ioctl.
 */
export function hardware(machine: Machine): readonly number[] {
  return [...machine.devices.keys()].filter((id) => {
    const { kind, pci } = record(machine.devices, id);
    return kind !== "dummy" && !pci?.isGone;
  });
}

/** Chips: a virtual function has no lane, since its chip does what it is asked. */
function chips(machine: Machine): readonly number[] {
  return hardware(machine).filter((id) => !isVirtual(machine, id));
}

/** Is it a virtual function of another device? */
export function isVirtual(machine: Machine, device: number): boolean {
  return (record(machine.devices, device).pci?.physical ?? -1) >= 0;
}

/** What a device is called in a drawing: the only chip "engine" or "card", several by their names. */
export function deviceName(machine: Machine, device: number): string {
  const { name, kind } = record(machine.devices, device);
  const isOne = !isVirtual(machine, device) && chips(machine).length === 1;
  if (kind === "dummy" || !isOne) return name;
  return kind === "nic" ? "card" : "engine";
}

/** Does an IOMMU check what the device does? */
export function isShielded(machine: Machine, device: number): boolean {
  return record(machine.streams, record(machine.devices, device).stream).iommu >= 0;
}

/** Does an IOMMU stand before any device? */
function hasIommu(machine: Machine): boolean {
  return hardware(machine).some((id) => isShielded(machine, id));
}

/** The pids that speak in the story of this run, without what ran before. */
function speakers(run: Run): ReadonlySet<number> {
  const names = new Set(run.steps.map((step) => step.actor));
  return new Set(run.machine.tasks.flatMap((task, pid) => (names.has(task.name) ? [pid] : [])));
}

/**
 * The lanes, left to right: processes, kernel, devices, IOMMU, memory. They are those of the whole
 * run, so that they stay where they are from step to step; only a child appears when it is born.
 *
 * @param named lanes that rows speak of. A device's steps stand behind the calls that ran beside them,
 * so a row may tell of a child that at this moment is not there yet
 */
export function lanesOf(
  run: Run,
  machine: Machine,
  named: ReadonlySet<string> = new Set(),
): readonly Lane[] {
  const speaking = speakers(run);
  const forked = new Set(machine.tasks.flatMap((task, pid) => (task.parent >= 0 ? [pid] : [])));
  const processes = run.machine.tasks.flatMap((task, pid): Lane[] =>
    (machine.tasks[pid] && (speaking.has(pid) || forked.has(pid))) || named.has(processId(pid))
      ? [{ id: processId(pid), name: task.name, role: "process" }]
      : [],
  );
  const devices = chips(machine).map(
    (id): Lane => ({ id: deviceId(id), name: deviceName(machine, id), role: "device" }),
  );
  return [
    ...processes,
    { id: KERNEL, name: "kernel", role: "kernel" },
    ...devices,
    ...(hasIommu(machine) ? [{ id: IOMMU, name: "IOMMU", role: "iommu" } as const] : []),
    { id: MEMORY, name: "memory", role: "memory" },
  ];
}

/** The lane of a process or a device. */
export function laneOf(machine: Machine, actor: number): string {
  const { kind, id } = record(machine.actors, actor);
  return kind === "device" ? deviceId(id) : processId(id);
}

/** The lane of a pid. */
export function processLane(pid: number): string {
  return processId(pid);
}

/** Is the actor of this event in the kernel, inside a system call? */
function isInKernel(machine: Machine, { actor, span }: NamedEvent): boolean {
  const row: CallRow | undefined = machine.calls[span];
  return record(machine.actors, actor).kind === "task" && row?.kind === "syscall";
}

/**
 * The lane of somebody in the portrait of an event.
 * @param device which device "device" is: the one that acts, else the one that is named
 */
export function partyLane(
  machine: Machine,
  event: NamedEvent,
  { party, device }: { readonly party: Party; readonly device: number },
): string {
  switch (party) {
    case "self":
      return isInKernel(machine, event) ? KERNEL : laneOf(machine, event.actor);
    case "device":
      return chips(machine).includes(device) ? deviceId(device) : KERNEL;
    case "iommu":
      // Without one it is the device itself that finds no memory where it asked.
      return hasIommu(machine) ? IOMMU : laneOf(machine, event.actor);
    default:
      return party === "kernel" ? KERNEL : MEMORY;
  }
}

/** The role of somebody in the portrait of an event. */
export function partyRole(machine: Machine, event: NamedEvent, party: Party): Role {
  if (party === "iommu" && !hasIommu(machine)) return "device";
  if (party !== "self") return party;
  if (isInKernel(machine, event)) return "kernel";
  return record(machine.actors, event.actor).kind === "device" ? "device" : "process";
}
