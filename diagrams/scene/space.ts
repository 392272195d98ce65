/**
 * The address space of a queue: what its file has at which page, where a program has mapped that, and
 * by which addresses the device comes to the same memory.
 */

import {
  DRIVER,
  hex,
  type Machine,
  PAGE,
  type Run,
  record,
  type Step,
} from "../../engine/index.ts";
import type { Block, BlockEdge, BlockGroup, Blocks } from "../layout/index.ts";
import { deviceName } from "./cast.ts";
import { machineAt } from "./recent.ts";
import { momentWords } from "./ring.ts";
import { titleOf } from "./title.ts";

/** One region of a queue's file. */
interface Region {
  readonly name: string;
  /** First page of it in the file, -1 where the file has pages of no such number. */
  readonly page: number;
  /** Frames, side by side; 0 pages where nothing is behind it yet. */
  readonly pfn: number;
  readonly pages: number;
  readonly isRegisters: boolean;
  /** Where the device finds it; -1 for registers, which are the device's own. */
  readonly iova: number;
  /** A remark: memory that the program does not see. */
  readonly note?: string;
}

interface QueueFile {
  readonly file: number;
  readonly queue: number;
  readonly regions: readonly Region[];
}

/** Regions of the third RFC by their kind. */
const V3_NAMES = [
  "MMIO, registers",
  "DKO, device and kernel only",
  "DUS, device and user: rings",
  "SS, static share",
];

/** The queue behind a file, its regions by the version that handed it out; undefined for another file. */
function queueFile(machine: Machine, file: number): QueueFile | undefined {
  const { driver, object } = record(machine.files, file);
  if (driver === DRIVER.uacceV3Queue) return { file, ...ofThirdRfc(machine, object) };
  if (driver === DRIVER.spimdevQueue || driver === DRIVER.uacceQueue) {
    const names =
      driver === DRIVER.uacceQueue
        ? ["MMIO, registers", "DUS, device and user: rings"]
        : ["registers", "rings"];
    return { file, queue: object, regions: ofDriver(machine, object, names) };
  }
  if (driver !== DRIVER.vfioDevice) return undefined;
  const mdev = record(machine.vfioDevices, object).object;
  const queue = machine.sdmdevQueues.find((one) => one.mdev === mdev)?.queue;
  if (queue === undefined) return undefined;
  return { file, queue, regions: ofDriver(machine, queue, ["registers", "rings"]) };
}

/** Registers at page 0, rings at page 1: so do the queue manager's drivers but for the third RFC's. */
function ofDriver(machine: Machine, queue: number, names: readonly string[]): readonly Region[] {
  const { queues } = machine;
  const [first = "", second = ""] = names;
  const isStarted = queues.started[queue] === 1;
  const known = isStarted || (queues.pfn[queue] as number) > 0;
  return [
    { name: first, page: 0, ...registers(machine, queues.device[queue] as number) },
    {
      name: second,
      page: 1,
      pfn: known ? (queues.pfn[queue] as number) : 0,
      pages: known ? RING_PAGES : 0,
      isRegisters: false,
      iova: known ? (queues.sq[queue] as number) : -1,
    },
  ];
}

const RING_PAGES = 36;

function registers(machine: Machine, device: number) {
  const { version } = record(machine.devices, device);
  return { pfn: -1 - device, pages: version, isRegisters: true, iova: -1 };
}

function ofThirdRfc(machine: Machine, place: number) {
  const { uacce, queue, regions } = record(machine.v3Queues, place);
  const { starts, device } = record(machine.v3Devices, uacce);
  return {
    queue,
    regions: starts.flatMap((page, kind): Region[] => {
      if (page < 0) return [];
      const name = V3_NAMES[kind] as string;
      const made = machine.v3Regions[regions[kind] ?? -1];
      if (kind === 0) return [{ name, page, ...registers(machine, device) }];
      if (!made) return [{ name, page, pfn: 0, pages: 0, isRegisters: false, iova: -1 }];
      const note = kind === 1 ? { note: "the address is taken, no page is behind it" } : {};
      return [{ name, page, ...made, isRegisters: false, ...note }];
    }),
  };
}

/** Files of queues that a process holds, each once. */
function queueFiles(machine: Machine): readonly QueueFile[] {
  const files = new Set(machine.tasks.flatMap(({ fds }) => fds.filter((file) => file >= 0)));
  return [...files].flatMap((file) => queueFile(machine, file) ?? []);
}

/** Is there a queue with a file, at any moment of the run? Files that are closed count too. */
export function hasSpace({ machine }: Run): boolean {
  return [...machine.files.keys()].some((file) => queueFile(machine, file) !== undefined);
}

interface Making {
  readonly machine: Machine;
  readonly groups: BlockGroup[];
  readonly blocks: Block[];
  readonly edges: BlockEdge[];
}

/** @returns nothing where nobody holds a queue at that step */
export function spaceOf(run: Run, step: Step): Blocks | undefined {
  const machine = machineAt(run, step.after);
  const files = queueFiles(machine);
  if (files.length === 0) return undefined;
  const on: Making = { machine, groups: [], blocks: [], edges: [] };
  for (const pid of machine.tasks.keys()) putAreas(on, pid, files);
  for (const file of files) putRegions(on, file, files.length > 1);
  for (const file of files) putDevice(on, file);
  for (const file of files) putFrames(on, file);
  const ids = new Set(on.blocks.map(({ id }) => id));
  const used = new Set(on.blocks.map(({ within }) => within));
  return {
    title: [...titleOf(run), momentWords(run, step)],
    groups: on.groups.filter(({ id }) => used.has(id)),
    blocks: on.blocks,
    edges: on.edges.filter(({ to = "" }) => ids.has(to)),
    notes: [],
  };
}

function group(on: Making, id: string, role: BlockGroup["role"], title: string): string {
  if (!on.groups.some((one) => one.id === id)) on.groups.push({ id, role, title });
  return id;
}

/** Areas of a process that a queue's file gave it, lowest address first. */
function putAreas(on: Making, pid: number, files: readonly QueueFile[]): void {
  const { machine } = on;
  const { name, mm, state } = record(machine.tasks, pid);
  if (state === "dead") return;
  const areas = record(machine.mms, mm).vmas.toSorted((left, right) => left.start - right.start);
  for (const { start, end, backing } of areas) {
    if (backing.kind !== "device") continue;
    const { file, pfn, registers: isRegisters } = backing;
    const mine = files.find((one) => one.file === file);
    const at =
      mine?.regions.findIndex((one) => (isRegisters ? one.isRegisters : one.pfn === pfn)) ?? -1;
    const region = mine?.regions[at];
    if (!mine || !region) continue;
    const id = `area ${pid} ${start}`;
    const within = group(on, `space ${pid}`, "process", `addresses of ${name}`);
    const lines = [`${hex(start)}, ${counted((end - start) / PAGE)}`];
    if (region.note !== undefined) lines.push(region.note);
    on.blocks.push({ id, role: "process", lines, within });
    on.edges.push({ from: id, to: `region ${mine.file} ${at}`, label: "mapped from" });
  }
}

function counted(pages: number): string {
  return `${pages} page${pages === 1 ? "" : "s"}`;
}

function putRegions(on: Making, { file, queue, regions }: QueueFile, isOneOfMany: boolean): void {
  const { path } = record(on.machine.files, file);
  const number = `queue ${on.machine.queues.qn[queue]}`;
  const isNamed = path.startsWith("/dev");
  const name = isNamed ? `file ${path}` : `file of ${number}`;
  const title = isNamed && isOneOfMany ? `${name}, ${number}` : name;
  const within = group(on, `file ${file}`, "kernel", title);
  for (const [at, { name: what, page, pages, isRegisters }] of regions.entries()) {
    const id = `region ${file} ${at}`;
    const state = pages === 0 ? "nothing is behind it yet" : counted(pages);
    on.blocks.push({ id, role: "kernel", lines: [`from page ${page}, ${what}`, state], within });
    const to = isRegisters
      ? `registers ${on.machine.queues.device[queue]}`
      : `frames ${file} ${at}`;
    on.edges.push({ from: id, to, label: isRegisters ? "the device's" : "the pages" });
  }
}

/** Registers, and the addresses by which the device comes to the memory of the regions. */
function putDevice(on: Making, { file, queue, regions }: QueueFile): void {
  const { machine } = on;
  const device = machine.queues.device[queue] as number;
  const within = group(on, `device ${device}`, "device", deviceName(machine, device));
  const id = `registers ${device}`;
  if (!on.blocks.some((block) => block.id === id)) {
    on.blocks.push({ id, role: "device", lines: ["registers, with the doorbell"], within });
  }
  for (const [at, { iova, pages, name }] of regions.entries()) {
    if (iova < 0 || pages === 0) continue;
    const [word = name] = name.split(",");
    const lines = [`${word}: device address ${hex(iova)}`];
    on.blocks.push({ id: `iova ${file} ${at}`, role: "device", lines, within });
    on.edges.push({
      from: `iova ${file} ${at}`,
      to: `frames ${file} ${at}`,
      label: "by its table",
    });
  }
}

function putFrames(on: Making, { file, regions }: QueueFile): void {
  for (const [at, { isRegisters, pages, pfn }] of regions.entries()) {
    if (isRegisters || pages === 0) continue;
    const within = group(on, "memory", "memory", "memory");
    const lines = [pages === 1 ? `page ${pfn}` : `pages ${pfn} to ${pfn + pages - 1}`];
    on.blocks.push({ id: `frames ${file} ${at}`, role: "memory", lines, within });
  }
}
