import { DMA_WHAT, hex, KIND_NAMES, PAGE, record } from "../core/index.ts";
import { ZIP_STATUS } from "../hw/index.ts";
import { known, levelsFor } from "../iommu/index.ts";
import {
  ENTRY,
  findVma,
  flagsOf,
  isRegister,
  numberOf,
  peek,
  walk,
  ZERO_PAGE,
} from "../mm/index.ts";
import { DRIVER } from "../task/index.ts";
import { placeOf } from "../user/index.ts";
import type { CheckMachine } from "./bench/index.ts";
import {
  accesses,
  chargeOf,
  dmaPages,
  entered,
  entriesByFrame,
  isAllowed,
  isStale,
  pinsByFrame,
} from "./ledger.ts";

/** Holds after any step, whatever was called. @returns what does not hold, in words */
export type Invariant = (machine: CheckMachine) => string | undefined;

const USER_MEMORY = (["src", "dst", "key"] as const).map((what) => DMA_WHAT.indexOf(what));

/**
 * No byte moves through an entry that does not allow it: what a device just read or wrote, the table
 * that decides about it allows now.
 *
 * Known exception: a forgotten invalidation lets a device go on through what its IOTLB remembers.
 */
function deviceReadsOnlyWhatIsMapped(machine: CheckMachine): string | undefined {
  for (const { iova, what, queue, isWrite } of accesses(machine)) {
    const device = machine.devices[machine.queues.device[queue] ?? -1];
    if (!device || device.stream < 0) continue;
    const pasid = USER_MEMORY.includes(what) ? (machine.queues.pasid[queue] ?? 0) : 0;
    if (isAllowed(machine, device.stream, { iova, pasid, isWrite })) continue;
    return `${device.name} ${isWrite ? "wrote" : "read"} ${hex(iova)} without an entry for it`;
  }
  return undefined;
}

/**
 * Counts agree with what is there: the mapcount of a page is the entries that lead to it, entries
 * and pins are held by references, and nothing leads to a page that is free.
 */
function countsBalance(machine: CheckMachine): string | undefined {
  const entries = entriesByFrame(machine);
  const { refs, pins, mapcount, top } = machine.frames;
  for (let frame = 1; frame < top; frame += 1) {
    const wanted = entries.get(frame) ?? 0;
    if (mapcount[frame] !== wanted) {
      return `page ${frame}: mapcount ${mapcount[frame]}, entries ${wanted}`;
    }
    const held = wanted + (pins[frame] ?? 0);
    if ((refs[frame] ?? 0) < held) return `page ${frame}: ${refs[frame]} references hold ${held}`;
  }
  return undefined;
}

/**
 * Every pin is one that VFIO has a reason for, and every page that it has entered is pinned.
 *
 * Known exception: a replay that fails half-way leaves its pins behind, as v4.18 does.
 */
function pinsBalance(machine: CheckMachine): string | undefined {
  const wanted = pinsByFrame(machine);
  const { pins, top } = machine.frames;
  for (let frame = 1; frame < top; frame += 1) {
    const reasons = wanted.get(frame) ?? 0;
    if (pins[frame] !== reasons) return `page ${frame}: ${pins[frame]} pins, ${reasons} reasons`;
  }
  return undefined;
}

/** locked_vm of every process that lives is what mlock and VFIO have charged to it. */
function lockedVmBalances(machine: CheckMachine): string | undefined {
  for (const { name, mm, state } of machine.tasks) {
    const { users, lockedVm } = record(machine.mms, mm);
    if (state === "dead" || users === 0) continue;
    const charged = chargeOf(machine, mm);
    if (lockedVm !== charged) return `${name}: locked_vm ${lockedVm}, charged ${charged}`;
  }
  return undefined;
}

/** With the last group a container has nothing left: no domain, no mapping, no listener. */
function nothingIsLeft(machine: CheckMachine): string | undefined {
  for (const [id, container] of machine.containers.entries()) {
    if (container.groups.length > 0) continue;
    const { domains, dmas, external, notifiers } = container;
    const left = domains.length + dmas.length + external.length + notifiers.length;
    if (left > 0) return `container ${id} has no group, and ${left} things left`;
  }
  return undefined;
}

/**
 * The IOTLB never disagrees with the tables after an invalidation: what it knows leads where the
 * table leads, and allows no more. Between the two it may.
 *
 * Known exception: a forgotten invalidation.
 */
function iotlbAgreesWithTables(machine: CheckMachine): string | undefined {
  for (const [iommu, owner] of machine.iommus.entries()) {
    for (const { asid, start, size, entry } of known(machine.iotlb, owner)) {
      const table = tableOf(machine, iommu, asid);
      if (table && isStale(machine, table, { start, end: start + size })) continue;
      const now = table && entryNow(machine, iommu, table, start);
      if (now === undefined) return `${owner.name} knows ${hex(start)} of nobody's ASID ${asid}`;
      const isSame = numberOf(now) === numberOf(entry) && now !== 0;
      const isMore = (flagsOf(entry) & ~flagsOf(now) & (ENTRY.WRITE | ENTRY.READ)) !== 0;
      if (!isSame || isMore) return `${owner.name} knows ${hex(start)} otherwise than its table`;
    }
  }
  return undefined;
}

type Table = { readonly mm: number } | { readonly domain: number };

/** Whose table a tag of an IOTLB stands for; undefined for a tag of nobody. */
function tableOf(machine: CheckMachine, iommu: number, asid: number): Table | undefined {
  const domain = machine.domains.findIndex(
    (one) => !one.isGone && one.iommu === iommu && one.asid === asid,
  );
  if (domain >= 0) return { domain };
  return machine.bonds.find(({ refs, asid: tag, stream }) => {
    return refs > 0 && tag === asid && record(machine.streams, stream).iommu === iommu;
  });
}

/** The entry that decides there; undefined where the process is gone. */
function entryNow(
  machine: CheckMachine,
  iommu: number,
  table: Table,
  start: number,
): number | undefined {
  if ("domain" in table) {
    const levels = levelsFor(record(machine.iommus, iommu).inputBits);
    return walk(machine.tables, record(machine.domains, table.domain).root, start, levels).entry;
  }
  const { root, users } = record(machine.mms, table.mm);
  return users === 0 ? undefined : walk(machine.tables, root, start).entry;
}

/**
 * No IOTLB knows a page that is free, so none is used again for something else while a device can
 * still reach it.
 *
 * Known exceptions: a forgotten invalidation; what D22 leaves behind.
 */
function iotlbLeadsToHeldPages(machine: CheckMachine): string | undefined {
  for (const owner of machine.iommus) {
    for (const { start, size, entry } of known(machine.iotlb, owner)) {
      const first = numberOf(entry);
      for (let frame = first; frame < first + size / PAGE; frame += 1) {
        if (frame === ZERO_PAGE || isRegister(frame as never)) continue;
        if ((machine.frames.refs[frame] ?? 0) > 0) continue;
        return `${owner.name} knows ${hex(start)} as page ${frame}, which is free`;
      }
    }
  }
  return undefined;
}

/**
 * No entry of an IOMMU leads to a page that is free: what a device can reach, somebody holds.
 *
 * Known exception: a parent's domain keeps the entries of a container that left it (D22).
 */
function entriesLeadToHeldPages(machine: CheckMachine): string | undefined {
  for (const [id, frame, iova] of entered(machine)) {
    const isForGood = frame === ZERO_PAGE || isRegister(frame);
    if (isForGood || (machine.frames.refs[frame] ?? 0) > 0) continue;
    return `domain ${id} leads ${hex(iova)} to page ${frame}, which is free`;
  }
  return undefined;
}

const QUEUE_FILES: readonly number[] = [DRIVER.spimdevQueue];

/** A queue of the hardware that is taken has one open file, and none that is free has any. */
function aQueueHasOneOwner(machine: CheckMachine): string | undefined {
  const owners = new Map<number, number>();
  for (const { driver, object, count } of machine.files) {
    if (count === 0 || !QUEUE_FILES.includes(driver)) continue;
    owners.set(object, (owners.get(object) ?? 0) + 1);
  }
  for (const [queue, files] of owners) {
    if (files > 1) return `queue ${queue} has ${files} owners`;
    if (machine.queues.taken[queue] !== 1) return `queue ${queue} is free, and somebody has it`;
  }
  return undefined;
}

/**
 * Device and process see the same memory: where both have a page behind a shared address, it is one
 * page.
 *
 * Known exceptions: all that moves an address away from its pinned page (PIN-HAZARD-003, -005, -009).
 */
function deviceSeesWhatTheProcessSees(machine: CheckMachine): string | undefined {
  for (const { dma, vaddr, iova, frame } of dmaPages(machine)) {
    const { mm, name, state } = record(machine.tasks, dma.pid);
    if (state === "dead" || record(machine.mms, mm).users === 0) continue;
    const own = peek(machine, mm, vaddr)?.pfn;
    if (own === undefined && findVma(machine, mm, vaddr)) continue; // not touched since
    if (own === frame) continue;
    return `${name} has ${own === undefined ? "nothing" : `page ${own}`} at ${hex(vaddr)}, its device page ${frame} at ${hex(iova)}`;
  }
  return undefined;
}

/** How a request ends that was done well: smaller, or no smaller than it was. */
const WELL: readonly number[] = [ZIP_STATUS.OK, ZIP_STATUS.NEGATIVE];
const COPY = KIND_NAMES.indexOf("cpu.copy");
/** What wd_recv returns where there was nothing to receive, or no queue. */
const NO_ANSWER: readonly string[] = ["EAGAIN", "ETIMEDOUT", "EBADF"];

/**
 * A request's error reaches its sender: nobody receives more good requests of a queue than were done
 * well, nor more bad ones than went wrong.
 *
 * Known exceptions: the dummy driver writes 0 over its errno (D1); the user driver says an error
 * again and again (D18).
 */
function errorsReachTheSender(machine: CheckMachine): string | undefined {
  let copied = Math.floor((machine.counts[COPY] as number) / 2); // in, and out again
  const done = new Map<number, { good: number; bad: number }>();
  const told = new Map<number, { good: number; bad: number }>();
  const count = (into: typeof done, queue: number, isGood: boolean) => {
    const { good, bad } = into.get(queue) ?? { good: 0, bad: 0 };
    into.set(queue, { good: good + (isGood ? 1 : 0), bad: bad + (isGood ? 0 : 1) });
  };
  for (const { call, kind, args, actor, result } of machine.calls) {
    if (!result) continue;
    if (kind === "request") count(done, Number(args[0]), WELL.includes(result.value));
    if (call !== "wd_recv" || result.signal !== undefined) continue;
    if (NO_ANSWER.includes(result.errno ?? "")) continue;
    const pid = record(machine.actors, actor).id;
    const { queue = -1, state } = machine.userQueues[placeOf(machine, pid, Number(args[0]))] ?? {};
    if (state?.kind === "qm") count(told, queue, result.value === 0);
    if (state?.kind === "dummy" && result.value === 0) copied -= 1;
  }
  if (copied < 0) return "the dummy device says well done to what it did not copy";
  for (const [queue, { good, bad }] of told) {
    const were = done.get(queue) ?? { good: 0, bad: 0 };
    if (good > were.good) return `queue ${queue}: ${good} received well, ${were.good} were`;
    if (bad > were.bad) return `queue ${queue}: ${bad} errors received, ${were.bad} were`;
  }
  return undefined;
}

/** The invariants, by the names that `always` uses. */
export const INVARIANTS = {
  "device-reads-only-what-is-mapped": deviceReadsOnlyWhatIsMapped,
  "counts-balance": countsBalance,
  "pins-balance": pinsBalance,
  "locked-vm-balances": lockedVmBalances,
  "nothing-is-left": nothingIsLeft,
  "iotlb-agrees-with-tables": iotlbAgreesWithTables,
  "iotlb-leads-to-held-pages": iotlbLeadsToHeldPages,
  "entries-lead-to-held-pages": entriesLeadToHeldPages,
  "a-queue-has-one-owner": aQueueHasOneOwner,
  "device-sees-what-the-process-sees": deviceSeesWhatTheProcessSees,
  "errors-reach-the-sender": errorsReachTheSender,
} as const satisfies { readonly [name: string]: Invariant };
export type InvariantName = keyof typeof INVARIANTS;
