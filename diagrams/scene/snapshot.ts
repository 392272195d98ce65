/** Who reaches which frame at one moment of a run, and what is in the frames. */

import {
  DMA_WHAT,
  KIND_NAMES,
  type Machine,
  PAGE,
  type Run,
  readFrame,
  record,
  type Step,
} from "../../engine/index.ts";
import { type Address, addressesOf } from "./addresses.ts";
import { deviceName, hardware, isShielded, isVirtual } from "./cast.ts";
import { deviceReach, hasArea, isKin, processReach, type Reach, rightsOnFrame } from "./reach.ts";

/** A row of a board. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly role: "process" | "device";
  /** What it reaches at each address; undefined for nothing. */
  readonly reaches: readonly (Reach | undefined)[];
  /** What it may do with a frame, by whatever address; "." for nothing. */
  readonly rights: (pfn: number) => string;
  /** Has it to do with the addresses? A child has not, before it is born. */
  readonly isThere: boolean;
}

export interface FrameState {
  readonly pins: number;
  readonly isFree: boolean;
  /** `"old"`, "text", "zeros" */
  readonly content: string;
  /** A sum over its bytes. */
  readonly sum: number;
}

export interface Snapshot {
  readonly addresses: readonly Address[];
  readonly viewers: readonly Viewer[];
  /** A frame at this moment, also one that nobody reaches now. */
  readonly frame: (pfn: number) => FrameState;
}

/** One moment of a run that a board shows: as it was after a step. */
export interface Moment {
  readonly step: Step;
  readonly at: Snapshot;
}

/** Words at the start of a page are quoted up to this length. */
const QUOTED_MAX = 8;
/** What a device writes as its result, among the things that it moves. */
const DST = DMA_WHAT.indexOf("dst");
const PRINTABLE = /^[ !#-~]+/;

/** @param after how many machine steps: the moment */
export function snapshotOf(run: Run, machine: Machine, after: number): Snapshot {
  const addresses = addressesOf(run);
  const written = resultFrames(run, after);
  const processes = machine.tasks.map((_, pid) => processViewer(machine, addresses, pid));
  const devices = hardware(machine).map((device) => deviceViewer(machine, addresses, device));
  return {
    addresses,
    viewers: [...processes, ...devices],
    frame: (pfn) => frameState(machine, pfn, written.has(pfn)),
  };
}

/** A process that is no kin of an address's owner may hold the same frame by another address. */
function processViewer(machine: Machine, addresses: readonly Address[], pid: number): Viewer {
  const own = addresses.map(({ va, pid: owner }) => (isKin(machine, pid, owner) ? va : undefined));
  const reaches = own.map((va) => (va === undefined ? va : processReach(machine, pid, va)));
  return {
    id: `process ${pid}`,
    name: record(machine.tasks, pid).name,
    role: "process",
    reaches,
    rights: (pfn) =>
      reaches.find((reach) => reach?.pfn === pfn)?.rights ?? rightsOnFrame(machine, pid, pfn),
    isThere: own.some((va) => va !== undefined && hasArea(machine, pid, va)),
  };
}

/**
 * Has a device to do with the memory of that process? A virtual function only where it maps some of
 * it: the same number means another page to it than to the next.
 */
function isConcerned(machine: Machine, device: number, pid: number): boolean {
  if (!isVirtual(machine, device)) return true;
  const { domain: own } = record(machine.streams, record(machine.devices, device).stream);
  return machine.containers.some(
    ({ domains, dmas }) =>
      domains.some(({ domain }) => domain === own) && dmas.some((dma) => dma.pid === pid),
  );
}

/** A device with nothing in front of it reaches every frame there is. */
function deviceViewer(machine: Machine, addresses: readonly Address[], device: number): Viewer {
  const isChecked = isShielded(machine, device);
  const reaches = addresses.map((place) =>
    isConcerned(machine, device, place.pid) ? deviceReach(machine, device, place) : undefined,
  );
  const isFree = (pfn: number) => machine.frames.refs[pfn] === 0;
  return {
    id: `device ${device}`,
    name: deviceName(machine, device),
    role: "device",
    reaches,
    rights: (pfn) => {
      if (!isChecked) return isFree(pfn) ? "." : "rw";
      return reaches.find((reach) => reach?.pfn === pfn)?.rights ?? ".";
    },
    isThere: true,
  };
}

function frameState(machine: Machine, pfn: number, isResult: boolean): FrameState {
  const { frames } = machine;
  if (pfn === 0) return { pins: 0, isFree: false, content: "zeros", sum: 0 };
  const isFree = pfn >= frames.top || frames.refs[pfn] === 0;
  if (isFree) return { pins: 0, isFree, content: "free", sum: 0 };
  const bytes = readFrame(machine, pfn as Parameters<typeof readFrame>[1], 0, PAGE);
  return {
    pins: frames.pins[pfn] ?? 0,
    isFree,
    content: contentOf(bytes, isResult),
    sum: sumOf(bytes),
  };
}

/** What stands at the start of a page, as a reader would say it. */
function contentOf(bytes: Uint8Array, isResult: boolean): string {
  const start = String.fromCharCode(...bytes.subarray(0, 2 * QUOTED_MAX));
  const words = PRINTABLE.exec(start)?.[0] ?? "";
  const isWhole = words.length <= QUOTED_MAX && start.charAt(words.length) === "\0";
  if (words !== "" && isWhole) return `"${words}"`;
  if (isResult) return "result";
  if (words.length > QUOTED_MAX) return "text";
  return bytes.every((byte) => byte === 0) ? "zeros" : "data";
}

/** FNV-1a over the bytes. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum;
}

/** The frames that a device has written results to, up to a moment, since they were last free. */
function resultFrames({ events }: Run, after: number): ReadonlySet<number> {
  const written = new Set<number>();
  let reached = -1;
  for (let at = 0; at < events.count && (events.step[at] as number) <= after; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    const argument = (place: number) => events.args[4 * at + place] as number;
    if (kind === "iommu.hit" || kind === "iommu.walk") reached = argument(2);
    if (kind === "dma.write" && argument(2) === DST && reached >= 0) written.add(reached);
    if (kind === "mm.free") written.delete(argument(0));
  }
  return written;
}
