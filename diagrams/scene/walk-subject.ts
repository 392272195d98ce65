/** Which access of a run a walk is about. */

import {
  allSteps,
  DMA_WHAT,
  frameIn,
  KIND_NAMES,
  type Kind,
  PAGE,
  type Run,
  record,
  type Step,
  walk,
} from "../../engine/index.ts";
import { addressesOf } from "./addresses.ts";
import { begin } from "./walk-stream.ts";

/** Something that happened with an address. */
export interface Subject {
  readonly kind: Kind;
  /** The machine step in which it happened. */
  readonly at: number;
  readonly span: number;
  /** The device that asked, or whose table changed; -1 where a program did. */
  readonly device: number;
  /** The process whose address it is; -1 for none. */
  readonly pid: number;
  readonly pasid: number;
  readonly address: number;
  readonly access: "read" | "write";
  /** "src", "dst", "key"; "" for none. */
  readonly what: string;
  /** The IOTLB knew where it leads. */
  readonly isKnown: boolean;
  /** The IOTLB led it to a page that the table had left. */
  readonly isStale: boolean;
  /** The step that it is, where it has a number of its own. */
  readonly step: Step | undefined;
}

const DATA: readonly string[] = ["src", "dst", "key"];

/** What changes where an address leads, and is no access. */
export const CHANGES: readonly Kind[] = ["iommu.map", "iommu.unmap", "mm.zap"];

/** The better one of a step's subjects stands first. */
const RANKS: readonly ((subject: Subject) => boolean)[] = [
  ({ kind }) => kind === "dma.fault" || kind === "iopf.request",
  ({ isStale }) => isStale,
  ({ kind }) => kind === "mm.cow" || kind === "mm.signal",
  ({ kind }) => kind === "iommu.unmap" || kind === "mm.zap",
  ({ kind, what }) => kind.startsWith("dma.") && DATA.includes(what),
  ({ kind }) => kind.startsWith("cpu."),
  ({ kind }) => kind === "iommu.map",
];

/**
 * What the step is about; where it is about no address, what was last before it. Of one request the
 * access that says most.
 */
export function subjectOf(run: Run, step: Step): Subject | undefined {
  const all = subjectsOf(run).filter(({ at }) => at <= step.after);
  const inside = bestOf(all.filter(({ at }) => at > step.before));
  if (inside) return inside;
  const last = all.findLast((some) => RANKS.some((rank) => rank(some)));
  return last && bestOf(all.filter(({ span }) => span === last.span));
}

/**
 * Is there an address in this run that is worth a look: refused, missing, copied, taken away, or
 * looked up once and known the next time?
 */
export function hasWalk(run: Run): boolean {
  const telling = RANKS.slice(0, 4);
  const all = subjectsOf(run);
  if (all.some((subject) => telling.some((rank) => rank(subject)))) return true;
  const data = all.filter(({ kind, what }) => kind.startsWith("dma.") && DATA.includes(what));
  return data.some(({ isKnown, address }) => {
    const isSame = (other: Subject) => !other.isKnown && pageOf(other.address) === pageOf(address);
    return isKnown && data.some(isSame);
  });
}

function pageOf(address: number): number {
  return address - (address % PAGE);
}

function bestOf(subjects: readonly Subject[]): Subject | undefined {
  for (const rank of RANKS) {
    const found = subjects.findLast(rank);
    if (found) return found;
  }
  return undefined;
}

const KNOWN = new WeakMap<Run, readonly Subject[]>();

/** Everything that a walk of this run could be about, in time order. */
export function subjectsOf(run: Run): readonly Subject[] {
  const known = KNOWN.get(run);
  if (known) return known;
  const steps = new Map(
    allSteps(run.steps).flatMap((step) => (step.event ? [[keyOf(step.event), step] as const] : [])),
  );
  const shared = new Set(addressesOf(run).map(({ va }) => va));
  const { events } = run;
  const found: Subject[] = [];
  const start = run.steps[0]?.after ?? 0;
  for (let at = 0; at < events.count; at += 1) {
    if ((events.step[at] as number) <= start) continue;
    const event = {
      kind: KIND_NAMES[events.kind[at] as number] as Kind,
      step: events.step[at] as number,
      span: events.span[at] as number,
      actor: events.actor[at] as number,
      args: Array.from(events.args.subarray(4 * at, 4 * at + 4)),
    };
    const before = KIND_NAMES[events.kind[at - 1] ?? -1];
    const subject = aboutOf(run, event, shared);
    if (!subject) continue;
    const { kind, step, span } = event;
    const isKnown = before === "iommu.hit";
    const isStale = isKnown && isLeft(run, step, subject);
    const place = { kind, at: step, span, step: steps.get(keyOf(event)) };
    found.push({ ...place, isKnown, isStale, ...subject });
  }
  for (const [at, subject] of found.entries()) {
    if (subject.kind === "iopf.request") found[at] = { ...subject, access: wishOf(found, at) };
  }
  KNOWN.set(run, found);
  return found;
}

/** What a device that asks for a page wants of it: its access follows, or the refusal of it. */
function wishOf(all: readonly Subject[], at: number): Subject["access"] {
  const { span, address } = all[at] as Subject;
  const page = pageOf(address);
  const next = all.find(
    (some, place) =>
      place > at && some.span === span && some.what !== "" && pageOf(some.address) === page,
  );
  return next?.access ?? "read";
}

/** Did the IOTLB name a page in that step that the table did not name any more? */
function isLeft(run: Run, at: number, about: About): boolean {
  const machine = run.machineAt(at - 1);
  const { stream } = record(machine.devices, about.device);
  const asked = { ...about, stream };
  const { known, table } = begin(machine, asked, "", "");
  if (known < 0 || !table) return false;
  const { entry, level } = walk(machine.tables, table.root, about.address, table.levels);
  return entry === 0 || frameIn(entry, level, about.address) !== known;
}

interface Said {
  readonly kind: Kind;
  readonly step: number;
  readonly span: number;
  readonly actor: number;
  readonly args: readonly number[];
}

function keyOf({ kind, step, args }: Pick<Said, "kind" | "step" | "args">): string {
  return `${kind} ${step} ${args.join()}`;
}

type About = Omit<Subject, "kind" | "at" | "span" | "step" | "isKnown" | "isStale">;

function aboutOf(
  { machine }: Run,
  { kind, actor, args }: Said,
  shared: ReadonlySet<number>,
): About | undefined {
  const [first = 0, second = 0, third = 0, fourth = -1] = args;
  const { kind: role, id } = record(machine.actors, actor);
  const nothing = { device: -1, pid: -1, pasid: 0, what: "" };
  switch (kind) {
    case "dma.read":
    case "dma.write":
    case "dma.fault": {
      const device = role === "device" ? id : -1;
      if (device < 0 || isBare(machine, device)) return undefined;
      const what = DMA_WHAT[third] ?? "";
      const isData = DATA.includes(what);
      const user = isData ? machine.userQueues.find((some) => some.queue === fourth) : undefined;
      const pasid = isData ? (machine.queues.pasid[fourth] ?? 0) : 0;
      const isRead = what !== "dst" && what !== "result" && what !== "completion";
      const access = isRead ? "read" : "write";
      return { device, pid: user?.pid ?? -1, pasid, address: first, access, what };
    }
    case "iopf.request": {
      const device = machine.devices.findIndex(({ stream }) => stream === first);
      const mm = machine.pasids[second] ?? -1;
      const pid = machine.tasks.findIndex((task) => task.mm === mm);
      return { ...nothing, device, pid, pasid: second, address: third, access: "write" };
    }
    case "iommu.map":
    case "iommu.unmap": {
      const isOurs = (stream: number) => record(machine.streams, stream).domain === first;
      const device = machine.devices.findIndex(({ stream }) => stream >= 0 && isOurs(stream));
      const isTask = role === "task" && shared.has(second);
      return isTask && device >= 0
        ? { ...nothing, device, pid: id, address: second, access: "read" }
        : undefined;
    }
    case "mm.zap": {
      const end = first + second * PAGE;
      const address = [...shared].find((va) => first <= va && va < end);
      if (role !== "task" || address === undefined) return undefined;
      const mm = machine.tasks[id]?.mm ?? -1;
      const bond = machine.bonds.find((some) => some.mm === mm);
      const device = machine.devices.findIndex(({ stream }) => stream === bond?.stream);
      return { ...nothing, device, pid: id, address, access: "read" };
    }
    case "mm.cow":
    case "mm.signal":
    case "cpu.write":
    case "cpu.read": {
      const isShared = role === "task" && shared.has(pageOf(first));
      const access = kind === "cpu.read" ? "read" : "write";
      return isShared ? { ...nothing, pid: id, address: first, access } : undefined;
    }
    default:
      return undefined;
  }
}

/** Does nothing stand in front of the device? */
function isBare(machine: Run["machine"], device: number): boolean {
  return record(machine.streams, record(machine.devices, device).stream).iommu < 0;
}
