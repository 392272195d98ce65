/** Charts of a run: how long its requests took, or what its time went into, up to a step. */

import {
  cost,
  KIND_NAMES,
  type Kind,
  PAGE,
  type Run,
  record,
  type Step,
} from "../../engine/index.ts";
import { type Chart, type HistogramRow, timeWords } from "../layout/index.ts";
import { ownRequests, spansOf } from "./run-spans.ts";
import { titleOf } from "./title.ts";

/** So many requests are worth buckets. */
const MANY = 12;

/** @returns nothing before anything cost time */
export function chartOf(run: Run, step: Step): Chart | undefined {
  const times = ownRequests(run)
    .filter(({ isOpen, lastStep }) => !isOpen && lastStep <= step.after)
    .map(({ start, end }) => end - start);
  return times.length >= MANY ? timesChart(run, step, times) : costChart(run, step);
}

function placeWords({ label, number }: Step): string {
  return label === undefined ? `step ${number}` : `@${label}`;
}

/** Requests by the time that they took: each bucket ends at twice the time of the one before. */
function timesChart(run: Run, step: Step, times: readonly number[]): Chart {
  const least = times.reduce((min, time) => Math.min(min, time));
  const most = times.reduce((max, time) => Math.max(max, time));
  let start = 1_000_000; // 1 us
  while (start > least) start /= 2;
  while (start * 2 <= least) start *= 2;
  const rows: HistogramRow[] = [];
  for (; start <= most; start *= 2) {
    const count = times.filter((time) => time >= start && time < 2 * start).length;
    rows.push({
      label: `${timeWords(start)} to ${timeWords(2 * start)}`,
      value: count,
      role: "device",
    });
  }
  return {
    kind: "histogram",
    title: [...titleOf(run), `Time of a request, up to ${placeWords(step)}, n=${times.length}.`],
    heads: ["requests", "took"],
    align: "right",
    rows,
    amount: (count) => (count === 1 ? "1 request" : `${count} requests`),
    notes: [],
  };
}

/** What a story's time goes into. */
interface Class {
  readonly name: (count: number) => string;
  readonly role: "process" | "kernel" | "device" | "iommu";
  readonly count: number;
  /** In picoseconds. */
  readonly time: number;
}

function costChart(run: Run, step: Step): Chart | undefined {
  const classes = classesOf(run, step).filter(({ count }) => count > 0);
  if (classes.length === 0) return undefined;
  return {
    kind: "histogram",
    title: [...titleOf(run), `What the time goes into, up to ${placeWords(step)}.`],
    heads: ["time", "for"],
    align: "left",
    rows: classes.map(({ name, role, count, time }) => ({
      label: name(count),
      value: Math.floor(time / 1000 + 0.5),
      shown: timeWords(time),
      role,
    })),
    amount: (count) => timeWords(count * 1000),
    notes: [
      "Programs and devices work at the same time, and a system call may wait for a device; so this is no sum.",
    ],
  };
}

function plural(one: string, many = `${one}s`): (count: number) => string {
  return (count) => (count === 1 ? `1 ${one}` : `${count} ${many}`);
}

function classesOf(run: Run, step: Step): readonly Class[] {
  const { machine } = run;
  const start = run.steps[0]?.after ?? 0;
  const { calls, stages } = spansOf(run);
  const isOwn = (at: number) => at > start && at <= step.after;
  const systemCalls = [...calls.values()].filter(
    ({ row, firstStep, isOpen }) =>
      isOwn(firstStep) && !isOpen && record(machine.calls, row).kind === "syscall",
  );
  const works = stages.filter(({ event }) => isOwn(event.step) && event.kind.startsWith("engine."));
  const waits = stages.filter(({ event }) => isOwn(event.step) && event.kind === "iopf.request");
  const sum = (spans: readonly { start: number; end: number }[]) =>
    spans.reduce((total, span) => total + span.end - span.start, 0);
  const count = (...kinds: readonly Kind[]) => sizesOf(run, kinds, isOwn).length;
  const pages = sizesOf(run, ["cpu.copy"], isOwn).map((size) =>
    Math.max(1, Math.ceil(size / PAGE)),
  );
  const copyTime = pages.reduce((total, some) => total + cost("copy", some), 0);
  const [walks, moves] = [count("iommu.walk"), count("dma.read", "dma.write")];
  const [bells, faults] = [count("ring.doorbell"), ownFaults(run, isOwn)];
  const callTime = Math.max(0, sum(systemCalls) - copyTime);
  // biome-ignore format: one class a line
  return [
    { role: "kernel", name: plural("system call"), count: systemCalls.length, time: callTime },
    { role: "kernel", name: plural("copy by the kernel", "copies by the kernel"), count: pages.length, time: copyTime },
    { role: "kernel", name: plural("page fault of a program", "page faults of programs"), count: faults, time: faults * cost("fault") },
    { role: "process", name: plural("doorbell"), count: bells, time: bells * cost("doorbell") },
    { role: "device", name: plural("DMA", "DMAs"), count: moves, time: moves * cost("dma") },
    { role: "iommu", name: plural("walk of the IOMMU", "walks of the IOMMU"), count: walks, time: walks * cost("walk") },
    { role: "iommu", name: plural("wait for a page", "waits for a page"), count: waits.length, time: sum(waits) },
    { role: "device", name: plural("piece of work in the engine", "pieces of work in the engine"), count: works.length, time: sum(works) },
  ];
}

const FAULTS: readonly Kind[] = ["mm.populate", "mm.cow", "mm.reuse"];

/** Pages that programs touched in vain; what a system call or a device met counts there. */
function ownFaults({ events, machine }: Run, isOwn: (step: number) => boolean): number {
  let faults = 0;
  for (let at = 0; at < events.count; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number] as Kind;
    if (!FAULTS.includes(kind) || !isOwn(events.step[at] as number)) continue;
    if (machine.calls[events.span[at] as number]?.kind === "library") faults += 1;
  }
  return faults;
}

/** The second argument of each such event: how many bytes, for those that say so. */
function sizesOf(
  { events }: Run,
  kinds: readonly Kind[],
  isOwn: (step: number) => boolean,
): readonly number[] {
  const sizes: number[] = [];
  for (let at = 0; at < events.count; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number] as Kind;
    if (kinds.includes(kind) && isOwn(events.step[at] as number)) {
      sizes.push(events.args[4 * at + 1] as number);
    }
  }
  return sizes;
}
