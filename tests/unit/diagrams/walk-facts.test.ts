/** What walks, timelines and charts say is what the run did: pages, indices, times and counts. */

import { expect, test } from "vitest";
import { draw, toAscii } from "../../../diagrams/index.ts";
import { chartOf } from "../../../diagrams/scene/chart.ts";
import { timelineOf } from "../../../diagrams/scene/timeline.ts";
import { walkOf } from "../../../diagrams/scene/walk.ts";
import { subjectsOf } from "../../../diagrams/scene/walk-subject.ts";
import { tablePath } from "../../../diagrams/scene/walk-tables.ts";
import { allSteps, findStep, KIND_NAMES, type Run, type Step } from "../../../engine/index.ts";
import { ENTRY, entryOf, makeTable, placeFor } from "../../../engine/mm/index.ts";
import { NAMES, runOf } from "./runs.ts";

interface Said {
  readonly kind: string;
  readonly at: number;
  readonly step: number;
  readonly args: readonly number[];
}

function said({ events }: Run): readonly Said[] {
  return Array.from({ length: events.count }, (_, at) => ({
    kind: KIND_NAMES[events.kind[at] as number] ?? "",
    at: events.at[at] as number,
    step: events.step[at] as number,
    args: Array.from(events.args.subarray(4 * at, 4 * at + 4)),
  }));
}

function stepAt(run: Run, address: string): Step {
  const step = findStep(run.steps, address);
  if (!step) throw new Error(`no step ${address}`);
  return step;
}

/** A run with so many requests of one page. */
function busyRun(count: number): Run {
  const request = `app: wd_send(q, {src: buf, len: 2K, dst: buf+4K, room: 4K}) = 0
app: wait until wd_recv(q) == 0 within 50us
`;
  const head = `title Many requests
kernel v4.18
framework spimdev
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip hw=v1 behind=smmu0
given open-a-queue

app: buf = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
app: store(buf, text(2K)) = 0
app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE, vaddr: buf, iova: buf, size: 8K}) = 0
`;
  return runOf(`busy-${count}`, head + request.repeat(count));
}

/** The accesses of devices to memory of programs, each with what the IOMMU said of it. */
function accesses(run: Run) {
  const events = said(run);
  return subjectsOf(run).flatMap((subject) => {
    const { kind, what, step } = subject;
    if (!/^dma\.(read|write)$/.test(kind) || !step || !/^(src|dst)$/.test(what)) return [];
    const answer = events.find(
      (some) => some.step === subject.at && /^iommu\.(hit|walk)$/.test(some.kind),
    );
    return answer ? [{ subject, step, answer }] : [];
  });
}

test.each(NAMES)(
  "%s: each walk leads to the page that the IOMMU named, by hit or by table",
  (name) => {
    const run = runOf(name);
    for (const { subject, step, answer } of accesses(run)) {
      const walk = walkOf(run, step);
      const [chain, table] = walk?.paths ?? [];
      const iotlb = chain?.entries.at(-1);
      expect(iotlb?.name).toBe("IOTLB");
      const isHit = answer.kind === "iommu.hit";
      expect(iotlb?.says).toMatch(isHit ? /^hit/ : /^miss/);
      const end = isHit ? chain?.end : table?.end;
      expect(end).toMatchObject({ kind: "frame" });
      expect(end?.lines[0]).toBe(`page ${answer.args[2]}`);
      expect(end?.lines[1]).toBe(
        `+ offset 0x${(subject.address % 4096).toString(16).padStart(3, "0")}`,
      );
    }
  },
);

test.each(NAMES)("%s: indices and bits are those of the address", (name) => {
  const run = runOf(name);
  for (const step of allSteps(run.steps).filter(({ depth }) => depth === "story")) {
    for (const { address, entries } of walkOf(run, step)?.paths ?? []) {
      const value = BigInt((address?.text ?? "0").replaceAll("_", ""));
      for (const [at, { bits, index }] of (address?.fields ?? []).entries()) {
        const [high = 0, low = 0] = bits.split(":").map(Number);
        const mask = (1n << BigInt(high - low + 1)) - 1n;
        expect(Number(index), bits).toBe(Number((value >> BigInt(low)) & mask));
        if (entries[at]) expect(entries[at]?.name.endsWith(`[${index}]`)).toBe(true);
      }
    }
  }
});

test("where nothing is mapped the walk stops, and nowhere says a page", () => {
  for (const [name, at, why] of [
    ["bad-address", "7.2", "translation fault, aborted"],
    ["sva-page-fault", "@bad", "translation fault, aborted"],
    ["uacce-killed", "@aborted", "aborted, without an event"],
  ] as const) {
    const run = runOf(name);
    const end = walkOf(run, stepAt(run, at))?.paths.at(-1)?.end;
    expect(end?.kind, name).toBe("refused");
    expect(end?.lines.at(-1)).toBe(why);
  }
});

test("the IOTLB leads to a page that the table has left, and both are shown", () => {
  const run = runOf("stale-iotlb");
  const [chain, table] = walkOf(run, stepAt(run, "@leaked"))?.paths ?? [];
  expect(chain?.end?.kind).toBe("frame");
  expect(table?.end).toMatchObject({ kind: "refused", lines: ["empty: no page there"] });
});

test("after fork two tables lead from one address to two pages", () => {
  const run = runOf("fork-cow");
  const step = stepAt(run, "@copied");
  const ends = (walkOf(run, step)?.paths ?? []).flatMap(({ end }) => end?.lines[0] ?? []);
  const cow = said(run).find(({ kind }) => kind === "mm.cow");
  expect(ends).toEqual([`page ${cow?.args[2]}`, `page ${cow?.args[1]}`]);
});

test("a page that is asked for is missing before, and there after", () => {
  const run = runOf("sva-page-fault");
  const paths = walkOf(run, stepAt(run, "@done"))?.paths ?? [];
  expect(paths.map(({ end }) => end?.kind)).toEqual([undefined, "refused", "frame"]);
  expect(paths[1]?.end?.lines.at(-1)).toBe("stalled, the kernel is asked");
});

test.each(NAMES)("%s: spans of a timeline begin and end when the run says so", (name) => {
  const run = runOf(name);
  const last = run.steps.at(-1);
  const timeline = last && timelineOf(run, last, undefined);
  const spans = timeline?.lanes.flatMap((lane) => lane.spans) ?? [];
  const events = said(run);
  const rows = new Map(allSteps(run.steps).map((step) => [step.number, step.row]));
  const [time, shift] = [
    (kind: string, row: number) =>
      events.find((some) => some.kind === kind && some.args[0] === row)?.at,
    spans.map(({ step, start }) => {
      const row = rows.get(step);
      const enter = events.find(({ kind, args }) => kind === "call.enter" && args[0] === row);
      return enter ? enter.at - start : undefined;
    }),
  ];
  /** The time until the caller goes on. */
  const later = (row: number) =>
    events.find(({ kind, args }) => kind === "call.return" && args[0] === row)?.args[1] ?? 0;
  const origins = new Set(shift.filter((some) => some !== undefined));
  expect(origins.size).toBeLessThanOrEqual(1);
  for (const { step, start, end } of spans) {
    const row = rows.get(step) ?? -1;
    const [entered, returned] = [time("call.enter", row), time("call.return", row)];
    if (row < 0 || entered === undefined || returned === undefined) continue;
    expect(end - start, step).toBe(returned + later(row) - entered);
  }
});

test("a timeline shows the stages of a request end to end", () => {
  const run = runOf("send-request");
  const timeline = timelineOf(run, stepAt(run, "@done"), undefined);
  const spans = timeline?.lanes.find(({ role }) => role === "device")?.spans ?? [];
  const [whole, ...stages] = spans;
  expect(stages).toHaveLength(6);
  expect(stages[0]?.start).toBe(whole?.start);
  expect(stages.at(-1)?.end).toBe(whole?.end);
  for (const [at, stage] of stages.entries())
    if (at > 0) expect(stage.start).toBe(stages[at - 1]?.end);
});

test.each(NAMES)("%s: a chart counts what happened up to its step", (name) => {
  const run = runOf(name);
  const first = run.steps[0]?.after ?? 0;
  for (const step of run.steps.filter(({ label }) => label !== undefined)) {
    const chart = chartOf(run, step);
    if (chart?.kind !== "histogram" || chart.heads[1] !== "for") continue;
    const own = said(run).filter((some) => some.step > first && some.step <= step.after);
    const count = (pattern: RegExp) => own.filter(({ kind }) => pattern.test(kind)).length;
    const shown = (pattern: RegExp) =>
      Number(chart.rows.find(({ label }) => pattern.test(label))?.label.split(" ")[0] ?? 0);
    expect(shown(/DMA/)).toBe(count(/^dma\.(read|write)$/));
    expect(shown(/walks? of/)).toBe(count(/^iommu\.walk$/));
    expect(shown(/doorbell/)).toBe(count(/^ring\.doorbell$/));
    expect(shown(/cop(y|ies) by/)).toBe(count(/^cpu\.copy$/));
  }
});

test("many requests are a histogram, and each stands in one bucket", () => {
  const run = busyRun(14);
  const last = run.steps.at(-1);
  const chart = last && chartOf(run, last);
  if (chart?.kind !== "histogram") throw new Error("no histogram");
  expect(chart.heads).toEqual(["requests", "took"]);
  expect(chart.rows.reduce((sum, { value }) => sum + value, 0)).toBe(14);
  const drawn = draw(run, { at: last?.number ?? "", view: "chart" });
  const text = drawn.ok ? toAscii(drawn.picture) : drawn;
  expect(text.ok && text.text).toMatch(/ {2}13 +2 us to 4 us {2}#+\n/);
});

test("a long run is shown from where a reader can follow it, and that is said", () => {
  const run = busyRun(30);
  const last = run.steps.at(-1);
  const timeline = last && timelineOf(run, last, undefined);
  const rows = timeline?.lanes.flatMap(({ spans }) => spans) ?? [];
  expect(rows.length).toBeLessThanOrEqual(24);
  expect(timeline?.notes.join(" ")).toMatch(/What came before step \d+ is left out\./);
  const from = timelineOf(run, last as Step, run.steps.at(-4));
  const shown = from?.lanes.flatMap(({ spans }) => spans.map(({ step }) => step)) ?? [];
  expect(shown).toContain(last?.number);
  expect(shown).not.toContain("1");
});

/** Blocks, and a table of three levels: bits that choose entries, and what is left as an offset. */
// biome-ignore format: one case a line
const LEAVES: readonly (readonly [what: string, level: number, levels: number, bits: string, end: readonly string[]])[] = [
  ["a page",               0, 4, "47:39 38:30 29:21 20:12 11:0", ["page 512", "+ offset 0xabc"]],
  ["a block of 2M",        1, 4, "47:39 38:30 29:21 20:0",       ["page 871", "+ offset 0xabc"]],
  ["a block of 1G",        2, 4, "47:39 38:30 29:0",             ["page 214887", "+ offset 0xabc"]],
  ["a page of 39 bits",    0, 3, "38:30 29:21 20:12 11:0",       ["page 512", "+ offset 0xabc"]],
];

test.each(LEAVES)("a walk to %s ends at its level", (_what, level, levels, bits, end) => {
  const run = runOf("send-request");
  const machine = run.machineAt(run.steps[0]?.after ?? 0);
  const address = levels === 4 ? 0x7f12_3456_7abc : 0x12_3456_7abc;
  const root = makeTable(machine.tables);
  const place = placeFor(machine.tables, root, address, level, levels);
  machine.tables.entries[place] = entryOf(512, ENTRY.READ | ENTRY.WRITE);
  const asked = { address, addressName: "IOVA", access: "write", stopped: ["aborted"] } as const;
  const path = tablePath(machine, { name: "TTB0", root, levels, ...asked }, "");
  expect(path.address?.fields.map((field) => field.bits).join(" ")).toBe(bits);
  expect(path.entries).toHaveLength(levels - level);
  expect(path.entries.at(-1)?.says).toBe("rw");
  expect(path.end).toEqual({ kind: "frame", lines: end });
  machine.tables.entries[place] = entryOf(512, ENTRY.READ);
  const refused = tablePath(machine, { name: "TTB0", root, levels, ...asked }, "");
  expect(refused.end).toEqual({ kind: "refused", lines: ["r-: may not write", "aborted"] });
  machine.tables.entries[place] = 0;
  const empty = tablePath(machine, { name: "TTB0", root, levels, ...asked }, "").end?.lines[0];
  expect(empty).toBe(
    level === 0 ? "empty: no page there" : `empty: nothing in these ${level === 1 ? "2M" : "1G"}`,
  );
});
