import type { InvariantName } from "../../../engine/check/index.ts";
import { entered } from "../../../engine/check/ledger.ts";
import { type DefectName, hasDefect } from "../../../engine/core/index.ts";
import type { Machine } from "../../../engine/index.ts";
import type { Counts } from "./left.ts";

/** What the story may do, and what was seen of it so far. */
export interface Story {
  /** Nothing moves a page away from under a device, and nobody scribbles into rings. */
  readonly isGentle: boolean;
  /** Rings went while a device worked on a request of theirs. */
  hasLostRings?: boolean;
}

/** Where an invariant is broken, and Linux, or the code as it was posted, is right to. */
interface Allowance {
  readonly invariant: InvariantName;
  readonly why: string;
  readonly isGiven: (machine: Machine, story: Story) => boolean;
}

const has = (defect: DefectName) => (machine: Machine) => hasDefect(machine, defect);

// biome-ignore format: one allowance a line
const ALLOWANCES: readonly Allowance[] = [
  { invariant: "device-sees-what-the-process-sees", why: "PIN-HAZARD-001, -003, -005, -009: a page moves away from under its pin", isGiven: (_, { isGentle }) => !isGentle },
  { invariant: "device-sees-what-the-process-sees", why: "PIN-HAZARD-009: after fork who writes first gets the copy", isGiven: (machine) => machine.kernel !== "v6.1" && hasForked(machine) },
  { invariant: "device-sees-what-the-process-sees", why: "the old memory went with exec, its pins stay", isGiven: hasExecuted },
  { invariant: "device-sees-what-the-process-sees", why: "a page that was never written is pinned for reading: the zero page, which its process leaves with its first store", isGiven: ({ frames }) => frames.zeroHeld > 0 },
  { invariant: "locked-vm-balances", why: "VFIO charges a task: what the old memory was charged, the new one gives back", isGiven: hasExecuted },
  { invariant: "pins-balance", why: "D24: joining a domain a second time fails, and the way back takes its entries out", isGiven: hasJoinedTwice },
  { invariant: "locked-vm-balances", why: "D24: those pages are charged for good", isGiven: hasJoinedTwice },
  { invariant: "entries-lead-to-held-pages", why: "D22: a container that left its parent's domain leaves its entries", isGiven: hasLeftEntries },
  { invariant: "errors-reach-the-sender", why: "D1: the dummy driver writes 0 over its errno", isGiven: has("D1") },
  { invariant: "errors-reach-the-sender", why: "D18: the user driver says an error again and again", isGiven: has("D18") },
  { invariant: "errors-reach-the-sender", why: "a program may write into its own ring, or take it away", isGiven: (_, { isGentle }) => !isGentle },
  { invariant: "errors-reach-the-sender", why: "parent and child each take the same completion from the ring they share", isGiven: hasForked },
  { invariant: "errors-reach-the-sender", why: "a queue is opened by the user driver again, which begins at its first slot", isGiven: hasOpenedTwice },
  { invariant: "errors-reach-the-sender", why: "a descriptor stands for another queue than before, and what it received is counted for that", isGiven: hasChangedQueue },
  { invariant: "errors-reach-the-sender", why: "D16: rings go under a device that works, and its completion reaches who has the address next", isGiven: (_, { hasLostRings = false }) => hasLostRings },
];

function hasForked({ tasks }: Machine): boolean {
  return tasks.filter(({ parent }) => parent >= 0).length > 1; // the keeper is one
}

function hasExecuted({ calls }: Machine): boolean {
  return calls.some(({ call }) => call === "execve");
}

/** Is a device in the middle of a request of a queue whose rings are not kept for it? */
function losesRings({ jobs, queues }: Machine): boolean {
  return jobs.some((job) => job && !job.rings && queues.started[job.queue] === 0);
}

/** Does a device still have a request of a queue that was given back meanwhile? */
function keepsRings({ jobs }: Machine): boolean {
  return jobs.some((job) => job?.rings !== undefined);
}

/** Was a group refused, or is it about to be, whose mappings met the entries of its twin? */
function hasJoinedTwice(machine: Machine): boolean {
  const isRefused = ({ call, args, result }: Machine["calls"][number]) =>
    call === "ioctl" &&
    args[1] === "VFIO_GROUP_SET_CONTAINER" &&
    (!result || result.errno === "EEXIST" || result.errno === "ENOMEM");
  return hasDefect(machine, "D24") && machine.calls.some(isRefused);
}

/** Does every entry that leads to a free page belong to no container that is in its domain? */
function hasLeftEntries(machine: Machine): boolean {
  if (!hasDefect(machine, "D22")) return false;
  const { containers, frames } = machine;
  const free = entered(machine).filter(([, frame]) => frames.refs[frame] === 0);
  return free.every(([id, , iova]) => {
    const members = containers.filter(({ domains }) => domains.some(({ domain }) => domain === id));
    return !members.some(({ dmas }) => {
      return dmas.some((dma) => dma.iova <= iova && iova < dma.iova + dma.size);
    });
  });
}

function hasOpenedTwice({ userQueues }: Machine): boolean {
  return new Set(userQueues.map(({ queue }) => queue)).size < userQueues.length;
}

function hasChangedQueue({ userQueues }: Machine): boolean {
  return new Set(userQueues.map(({ pid, fd }) => `${pid} ${fd}`)).size < userQueues.length;
}

function isUnshielded({ devices, streams }: Machine): boolean {
  return devices.some(({ stream }) => (streams[stream]?.iommu ?? -1) < 0);
}

/** Keeps in mind what a later step may be excused by. */
export function look(machine: Machine, story: Story): void {
  if (losesRings(machine)) story.hasLostRings = true;
}

export function isAllowed(machine: Machine, story: Story, name: InvariantName): boolean {
  return ALLOWANCES.some((one) => one.invariant === name && one.isGiven(machine, story));
}

/** What may stay behind when everybody has gone, by its count. */
interface Leak {
  readonly count: keyof Counts;
  readonly why: string;
  readonly isGiven: (machine: Machine) => boolean;
}

// biome-ignore format: one leak a line
const LEAKS: readonly Leak[] = [
  { count: "pins", why: "D24: pages whose entries are gone are not found, so nobody unpins them", isGiven: hasJoinedTwice },
  { count: "references to pages", why: "D24: as above", isGiven: hasJoinedTwice },
  { count: "pages in use", why: "D24: as above", isGiven: hasJoinedTwice },
  { count: "references to pages", why: "D16 mended: rings stay for a request that a held device never ends", isGiven: keepsRings },
  { count: "pages in use", why: "D16 mended: as above", isGiven: keepsRings },
  { count: "device addresses in use", why: "D16 mended: as above", isGiven: keepsRings },
  { count: "v3 devices in use", why: "D30: an open that fails leaves the device busy for ever", isGiven: has("D30") },
  { count: "contents of free pages", why: "nothing stands between a device and a page that is free", isGiven: isUnshielded },
  { count: "contents of free pages", why: "D22: a device writes by an entry that was left behind", isGiven: has("D22") },
];

export function mayStay(machine: Machine, name: keyof Counts): boolean {
  return LEAKS.some(({ count, isGiven }) => count === name && isGiven(machine));
}

/** How the kernel may crash: what it says, and whose defect that is. */
const CRASHES: readonly (readonly [defect: DefectName | undefined, why: string])[] = [
  ["D3", "a call of get_available_instances, which is NULL"],
  ["D17", "a PASID written to a context without an address"],
  ["D23", "an error pointer, used as a domain"],
  ["D29", "a region that is not mapped, by a NULL pointer"],
  ["D31", "a descriptor past the queue's page"],
  // Nothing switches it off: the second RFC gives the queue back under a program that has it open.
  [undefined, "a queue that is gone"],
  // MDEV-PIN-022: a driver that is not told keeps its pages (flow pin-not-told).
  [undefined, "a vendor driver keeps pages of an unmapped range"],
];

export function mayCrash(machine: Machine, why: string): boolean {
  return CRASHES.some(([defect, said]) => {
    return said === why && (defect === undefined || hasDefect(machine, defect));
  });
}
