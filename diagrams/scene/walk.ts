/**
 * Walks of a run at a step: where an access went, through which entries, to which frame or refusal.
 * Where the same address leads elsewhere for the other side, or later, that walk stands below.
 */

import {
  FAULT,
  frameIn,
  KIND_NAMES,
  type Machine,
  PAGE,
  type Run,
  record,
  type Step,
  walk,
} from "../../engine/index.ts";
import type { Walk, WalkPath } from "../layout/index.ts";
import { addressesOf, addressName } from "./addresses.ts";
import { deviceName } from "./cast.ts";
import { titleOf } from "./title.ts";
import { type Asked, type Begun, begin, faultWords, LEVELS } from "./walk-stream.ts";
import { CHANGES, type Subject, subjectOf } from "./walk-subject.ts";
import { grouped, tablePath } from "./walk-tables.ts";

/** @returns nothing where the run has asked for no address yet */
export function walkOf(run: Run, step: Step): Walk | undefined {
  const found = subjectOf(run, step);
  if (!found) return undefined;
  const subject = { ...found, at: Math.min(found.at, step.after) };
  const now = run.machineAt(step.after);
  const made = subject.device < 0 ? programWalks(subject, now) : deviceWalks(run, subject, now);
  return { title: [...titleOf(run), titleWords(run, step, subject)], ...made };
}

/** "At @done: the engine writes dst at buf+4K (step 7.4)." */
function titleWords(run: Run, step: Step, subject: Subject): string {
  const place = step.label === undefined ? `At step ${step.number}` : `At @${step.label}`;
  const own = subject.step && subject.step.number !== step.number ? subject.step.number : "";
  const words = subjectWords(run, subject);
  if (subject.at > step.before) return `${place}: ${words}${own && ` (step ${own})`}.`;
  return `${place}. Last${own && `, in step ${own}`}: ${words}.`;
}

function subjectWords(run: Run, subject: Subject): string {
  const { machine } = run;
  const { kind, device, pid, address, access, what } = subject;
  const who =
    device >= 0 ? namedDevice(machine, device) : (machine.tasks[pid]?.name ?? "a program");
  const page = address - (address % PAGE);
  const shared = addressesOf(run).find(({ va }) => va === page);
  const name = shared?.name ?? addressName(machine, page);
  switch (kind) {
    case "iopf.request":
      return `${who} needs a page at ${name}`;
    case "iommu.unmap":
      return `${name} is taken from ${who}`;
    case "iommu.map":
      return `${name} is given to ${who}`;
    case "mm.zap":
      return `the page at ${name} is taken from ${machine.tasks[pid]?.name ?? "a program"}`;
    case "mm.cow":
      return `${who} writes at ${name} and gets a copy`;
    case "dma.fault":
      return `${who} is refused to ${access} ${what} at ${name}`;
    default:
      return `${who} ${[`${access}s`, what].filter(Boolean).join(" ")} at ${name}`;
  }
}

function namedDevice(machine: Machine, device: number): string {
  const name = deviceName(machine, device);
  return name === "engine" ? "the engine" : name;
}

function capital(words: string): string {
  return words.replace(/^the /, "The ");
}

type Made = Pick<Walk, "paths" | "notes">;

/** The program's own table, and below it where the device gets by the same address. */
function programWalks(subject: Subject, now: Machine): Made {
  const { pid, address } = subject;
  const own = programPath(now, subject, record(now.tasks, pid).name);
  const theirs = now.devices.findIndex(
    ({ kind }, device) => kind !== "dummy" && deviceFrame(now, { ...subject, device }) >= 0,
  );
  if (theirs < 0) return { paths: [own], notes: [] };
  const asked = { ...subject, device: theirs };
  if (deviceFrame(now, asked) === processFrame(now, pid, address)) {
    const who = capital(namedDevice(now, theirs));
    return { paths: [own], notes: [`${who} gets to the same page by this address.`] };
  }
  const { paths, notes } = devicePaths(now, asked, { head: "", stopped: [] });
  return { paths: [own, ...paths], notes };
}

function programPath(machine: Machine, subject: Subject, head: string): WalkPath {
  const { pid, address, access, kind } = subject;
  const { mm } = record(machine.tasks, pid);
  const { root } = record(machine.mms, mm);
  const stopped = kind === "mm.signal" ? ["SIGSEGV"] : [];
  const table = { name: "TTBR0", root, levels: LEVELS, mm };
  return tablePath(machine, { ...table, address, addressName: "VA", access, stopped }, head);
}

/** The frame of a process at an address; -1 for none. */
function processFrame(machine: Machine, pid: number, address: number): number {
  const task = machine.tasks[pid];
  const mm = task && task.state !== "dead" ? machine.mms[task.mm] : undefined;
  return mm ? frameAt(machine, { root: mm.root, levels: LEVELS }, address) : -1;
}

type Root = Pick<NonNullable<Begun["table"]>, "root" | "levels">;

function frameAt(machine: Machine, { root, levels }: Root, address: number): number {
  const { entry, level } = walk(machine.tables, root, address, levels);
  return entry === 0 ? -1 : frameIn(entry, level, address);
}

function askedOf(machine: Machine, subject: Subject): Asked {
  const { device, pid, pasid, address, access } = subject;
  const { stream } = record(machine.devices, device);
  const mm = machine.tasks[pid]?.mm ?? -1;
  const bond = machine.bonds.find(
    (some) => some.stream === stream && some.mm === mm && some.refs > 0,
  );
  return { stream, pasid: pasid > 0 ? pasid : (bond?.pasid ?? 0), address, access };
}

/** The frame that a device would reach, by its IOTLB or its table; -1 for none. */
function deviceFrame(machine: Machine, subject: Subject): number {
  const asked = askedOf(machine, subject);
  const { iommu, domain } = record(machine.streams, asked.stream);
  if (iommu < 0 || (domain < 0 && asked.pasid === 0)) return -1;
  const { known, table } = begin(machine, asked, "", "");
  return known >= 0 || !table ? known : frameAt(machine, table, asked.address);
}

interface Told {
  readonly head: string;
  /** What comes of it where the table stops the access. */
  readonly stopped: readonly string[];
}

/**
 * Stream, context and IOTLB, and then the table. Where the IOTLB knows the address the table stands
 * there only if it says something else by now.
 */
function devicePaths(machine: Machine, subject: Subject, { head, stopped }: Told): Made {
  const asked = askedOf(machine, subject);
  const who = deviceName(machine, subject.device);
  const { path, table, known } = begin(machine, asked, who, head);
  const { address, access } = asked;
  const headed = { ...path, address: { name: "IOVA", text: grouped(address), fields: [] } };
  if (!table) return { paths: [headed], notes: [] };
  const walked = { ...table, address, addressName: "IOVA", access, stopped } as const;
  if (known < 0) return { paths: [path, tablePath(machine, walked, "")], notes: [] };
  if (frameAt(machine, table, address) === known) {
    return {
      paths: [headed],
      notes: ["The IOTLB answers, and the table is not read. It says the same."],
    };
  }
  const below = tablePath(machine, { ...walked, stopped: [] }, "What the table says by now");
  return { paths: [path, below], notes: ["The IOTLB leads to a page that the table has left."] };
}

/** An access as it was when it happened; below it what is there after, or for the other side. */
function deviceWalks(run: Run, subject: Subject, now: Machine): Made {
  if (CHANGES.includes(subject.kind)) return changeWalks(run, subject);
  // Before the step: the IOTLB remembers within it.
  const then = run.machineAt(subject.at - 1);
  const first = devicePaths(then, subject, { head: "", stopped: stoppedWords(run, subject) });
  if (isElsewhere(then, now, subject)) {
    const isServed = subject.kind === "iopf.request";
    const below = isServed
      ? tableOnly(now, subject, "After the kernel served it as a page fault")
      : devicePaths(now, subject, { head: "Now", stopped: [] });
    return { paths: [...first.paths, ...below.paths], notes: below.notes };
  }
  const other = processFrame(now, subject.pid, subject.address);
  const own = deviceFrame(now, subject);
  const isApart = subject.pid >= 0 && other >= 0 && own >= 0 && other !== own;
  if (!isApart || first.paths.length > 2) return first;
  const name = `${record(now.tasks, subject.pid).name}, by the same address`;
  const theirs = programPath(now, { ...subject, kind: "cpu.read", access: "read" }, name);
  return { paths: [...first.paths, theirs], notes: [] };
}

/** An entry that came or went: the table before and after, or what the IOTLB still says. */
function changeWalks(run: Run, subject: Subject): Made {
  const [then, after] = [run.machineAt(subject.at - 1), run.machineAt(subject.at)];
  if (isStale(after, subject)) return devicePaths(after, subject, { head: "", stopped: [] });
  const { paths, notes } = tableOnly(after, subject, "After");
  if (subject.kind === "iommu.map") {
    return { paths: paths.map((path) => ({ ...path, head: "" })), notes };
  }
  return { paths: [...tableOnly(then, subject, "Before").paths, ...paths], notes };
}

/** Does the address lead elsewhere, or is it another way by which it leads there? */
function isElsewhere(then: Machine, later: Machine, subject: Subject): boolean {
  if (deviceFrame(then, subject) !== deviceFrame(later, subject)) return true;
  return !isStale(then, subject) && isStale(later, subject);
}

/** Does the IOTLB know another page than the table? */
function isStale(machine: Machine, subject: Subject): boolean {
  const { known, table } = begin(machine, askedOf(machine, subject), "", "");
  return known >= 0 && !!table && frameAt(machine, table, subject.address) !== known;
}

function tableOnly(machine: Machine, subject: Subject, head: string): Made {
  const asked = askedOf(machine, subject);
  const { path, table } = begin(machine, asked, deviceName(machine, subject.device), head);
  if (!table) return { paths: [path], notes: [] };
  const { address, access } = asked;
  const walked = { ...table, address, addressName: "IOVA", access, stopped: [] } as const;
  return { paths: [tablePath(machine, walked, head)], notes: [] };
}

/** What comes of it where the walk stops: the reason that the IOMMU gave. */
function stoppedWords({ events }: Run, { kind, at }: Subject): readonly string[] {
  if (kind === "iopf.request") return ["stalled, the kernel is asked"];
  for (let row = 0; row < events.count; row += 1) {
    const isFault = KIND_NAMES[events.kind[row] as number] === "iommu.fault";
    if (isFault && events.step[row] === at) return faultWords(events.args[4 * row + 2] as number);
  }
  return faultWords(FAULT.translation);
}
