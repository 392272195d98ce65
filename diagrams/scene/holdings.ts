/** Who holds what at one moment of a run: processes, their descriptors, and where these lead. */

import { DRIVER, type Machine, record } from "../../engine/index.ts";
import type { Block, BlockEdge, BlockGroup, Role } from "../layout/index.ts";
import { deviceName, hardware } from "./cast.ts";
import { objectOf } from "./touched.ts";

/** Boxes and what leads from one to another. An id is the same at every moment. */
export interface Holdings {
  readonly groups: readonly BlockGroup[];
  readonly blocks: readonly Block[];
  readonly edges: readonly BlockEdge[];
}

const KERNEL: BlockGroup = { id: "kernel", title: "kernel", role: "kernel" };

/** Characters of the end of a uuid that tell it from one that begins alike. */
const END_SHOWN = 4;

interface Making {
  readonly machine: Machine;
  readonly blocks: Block[];
  readonly edges: BlockEdge[];
  /** Open files, in the order in which descriptors lead to them. */
  readonly files: number[];
}

export function holdingsOf(machine: Machine): Holdings {
  const on: Making = { machine, blocks: [], edges: [], files: [] };
  putProcesses(on);
  for (const file of on.files) if (objectOf(machine, file).startsWith("file")) putFile(on, file);
  putVfio(on);
  putMdevs(on);
  const groups: BlockGroup[] = [KERNEL];
  for (const [device, { pci }] of machine.devices.entries()) {
    if (!pci?.isGone) putDevice(on, device, groups);
  }
  for (const iommu of machine.iommus.keys()) putIommu(on, iommu, groups);
  const ids = new Set(on.blocks.map(({ id }) => id));
  const used = new Set(on.blocks.map(({ within }) => within));
  return {
    groups: groups.filter(({ id }) => used.has(id)),
    blocks: on.blocks,
    edges: on.edges.filter(({ from, to = "" }) => ids.has(from) && ids.has(to)),
  };
}

function put(
  on: Making,
  id: string,
  role: Role,
  box: { lines: readonly string[]; within?: string },
): void {
  on.blocks.push({ id, role, ...box });
}

/** Twice the same, as when two groups of a container share a domain, is one line. */
function lead(on: Making, from: string, to: string, label = ""): void {
  const isThere = on.edges.some(
    (edge) => edge.from === from && edge.to === to && edge.label === label,
  );
  if (!isThere) on.edges.push({ from, to, label });
}

/** Processes that hold something, or have just ended; terminals are nobody's concern here. */
function putProcesses(on: Making): void {
  const { machine } = on;
  for (const [pid, { name, fds, state, ended }] of machine.tasks.entries()) {
    const held = [...fds.entries()].filter(
      ([, file]) => file >= 0 && record(machine.files, file).driver !== DRIVER.none,
    );
    if (held.length === 0 && state !== "dead") continue;
    const end = state === "dead" ? [`ended by ${ended ?? "exit"}`] : [];
    put(on, `process ${pid}`, "process", { lines: [`process ${name}`, ...end] });
    for (const [fd, file] of held) {
      if (!on.files.includes(file)) on.files.push(file);
      lead(on, `process ${pid}`, objectOf(machine, file), `fd ${fd}`);
    }
  }
}

function putFile(on: Making, file: number): void {
  const { path } = record(on.machine.files, file);
  put(on, `file ${file}`, "kernel", { lines: [lastOf(path)], within: KERNEL.id });
}

/** "params/iommu_type", "2ad9f208/remove": the end of a long name, of a uuid its first digits. */
function lastOf(path: string): string {
  if (path.startsWith("/dev/")) return path;
  const words = path.split("/").slice(-2);
  return words.map((word) => word.replace(/^([0-9a-f]{8})(-[0-9a-f]{4}){3}-.*/, "$1")).join("/");
}

function putVfio(on: Making): void {
  const { machine } = on;
  const within = KERNEL.id;
  for (const [id, group] of machine.vfioGroups.entries()) {
    const { isGone, isOpen, container, path } = group;
    if (isGone) continue;
    const state = isOpen ? "open" : "nobody has it open";
    put(on, `group ${id}`, "kernel", { lines: [`VFIO group ${path}`, state], within });
    if (container >= 0) lead(on, `group ${id}`, `container ${container}`, "in");
  }
  for (const [id, container] of machine.containers.entries()) {
    const { driver, isV2, dmas, groups, domains } = container;
    const isHeld = on.files.some((file) => objectOf(machine, file) === `container ${id}`);
    if (!isHeld && groups.length === 0) continue;
    const type = driver === "type1" ? `type1${isV2 ? " v2" : ""}` : driver;
    const state =
      driver === "unset" ? "no IOMMU driver yet" : `${type}, ${counted(dmas.length, "mapping")}`;
    put(on, `container ${id}`, "kernel", { lines: [`container ${id}`, state], within });
    for (const { domain, parentGroup } of domains) {
      const label = parentGroup < 0 ? "its table" : "the parent's table";
      lead(on, `container ${id}`, `domain ${domain}`, label);
    }
  }
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What VFIO shows of a device: for a mediated one the first digits of its uuid are enough. */
function putMdevs(on: Making): void {
  const { machine } = on;
  for (const [
    id,
    { name, group, object, opens, isGone, isLeaving },
  ] of machine.vfioDevices.entries()) {
    if (isGone) continue;
    const mdev = machine.mdevs[object];
    const isMdev = mdev?.device === id;
    const title = isMdev ? `mdev ${shortName(machine, name)}` : `device ${name}`;
    const use = opens === 0 ? "not in use" : opens === 1 ? "open" : `open ${opens} times`;
    const state = isLeaving ? `${use}, being removed` : use;
    put(on, `mdev ${id}`, "kernel", { lines: [title, state], within: KERNEL.id });
    lead(on, `mdev ${id}`, `group ${group}`, "its group");
    if (!isMdev) continue;
    for (const queue of queuesOfMdev(machine, object))
      lead(on, `mdev ${id}`, `queue ${queue}`, "its queue");
    const parent = machine.parents[mdev.parent];
    const device = parent ? machine.devices.findIndex((one) => one.name === parent.name) : -1;
    if (device >= 0) lead(on, `mdev ${id}`, `device ${device}`, "its parent");
  }
}

/** The first part of a uuid, with its end where another one begins alike: "2ad9f208..8a28". */
function shortName({ vfioDevices }: Machine, uuid: string): string {
  const others = vfioDevices.map(({ name }) => name).filter((name) => name !== uuid);
  const [start = uuid] = uuid.split("-");
  if (others.every((name) => !name.startsWith(start))) return start;
  const end = uuid.slice(-END_SHOWN);
  return others.every((name) => !name.endsWith(end)) ? `${start}..${end}` : uuid;
}

function queuesOfMdev(machine: Machine, mdev: number): readonly number[] {
  return machine.sdmdevQueues.filter((one) => one.mdev === mdev).map(({ queue }) => queue);
}

/** A device, its queues that somebody has, and what stands before the memory. */
function putDevice(on: Making, id: number, groups: BlockGroup[]): void {
  const { machine } = on;
  const { name, queueCount, stream, kind } = record(machine.devices, id);
  const isHard = kind !== "dummy";
  const role = isHard ? "device" : "kernel";
  const within = `frame ${id}`;
  const title =
    isHard && hardware(machine).length === 1 ? `${deviceName(machine, id)} ${name}` : name;
  groups.push({ id: within, title, role });
  const taken: number[] = [];
  for (let queue = 0; queue < machine.queues.made; queue += 1) {
    if (machine.queues.device[queue] === id && machine.queues.taken[queue] === 1) taken.push(queue);
  }
  const all = counted(queueCount, "queue");
  const free = queueCount === 0 ? all : `${queueCount - taken.length} of ${all} free`;
  const { domain = -1, iommu = -1 } = machine.streams[stream] ?? {};
  const isBare = isHard && iommu < 0;
  const lines = isBare ? [free, "no IOMMU, so it reaches all memory"] : [free];
  put(on, `device ${id}`, role, { lines, within });
  const isBound = machine.bonds.some((bond) => bond.stream === stream && bond.refs > 0);
  if (domain >= 0)
    lead(on, `device ${id}`, `domain ${domain}`, isBound ? "DMA without PASID" : "DMA");
  for (const queue of taken) putQueue(on, queue, { role, within });
}

function putQueue(
  on: Making,
  queue: number,
  where: { readonly role: Role; readonly within: string },
): void {
  const { machine } = on;
  const { role, within } = where;
  const isStarted = machine.queues.started[queue] === 1;
  const isKept = machine.nicRings.some((ring) => ring.queue === queue && ring.kernel);
  const state = isKept ? "the kernel's" : isStarted ? "started" : "taken, not started";
  const lines = [`queue ${machine.queues.qn[queue]}`, state];
  put(on, `queue ${queue}`, role, { lines, within });
  const pasid = machine.queues.pasid[queue] ?? 0;
  const device = machine.queues.device[queue] ?? -1;
  const stream = machine.devices[device]?.stream;
  const bond = machine.bonds.findIndex(
    (one) => one.pasid === pasid && one.stream === stream && one.refs > 0,
  );
  if (pasid > 0 && bond >= 0) lead(on, `queue ${queue}`, `bond ${bond}`, `PASID ${pasid}`);
}

/** The tables of an IOMMU that lead somewhere. */
function putIommu(on: Making, id: number, groups: BlockGroup[]): void {
  const { machine } = on;
  const within = `iommu ${id}`;
  groups.push({ id: within, title: `IOMMU ${record(machine.iommus, id).name}`, role: "iommu" });
  const used = new Set(machine.streams.map(({ domain }) => domain));
  for (const { to } of on.edges) if (to?.startsWith("domain ")) used.add(Number(to.slice(7)));
  for (const domain of [...used].sort((left, right) => left - right)) {
    const { kind, iommu, isGone } = machine.domains[domain] ?? { isGone: true };
    if (isGone || iommu !== id) continue;
    put(on, `domain ${domain}`, "iommu", {
      lines: [`domain ${domain}`, DOMAIN_WORDS[kind ?? "dma"]],
      within,
    });
  }
  for (const [bond, { mm, stream, refs }] of machine.bonds.entries()) {
    if (refs === 0 || machine.streams[stream]?.iommu !== id) continue;
    const owner = machine.tasks.find((task) => task.mm === mm);
    put(on, `bond ${bond}`, "iommu", {
      lines: [`page table of ${owner?.name ?? "a process"}`],
      within,
    });
  }
}

const DOMAIN_WORDS = {
  dma: "of the DMA API",
  unmanaged: "of its own",
  identity: "lets all addresses through",
} as const;
