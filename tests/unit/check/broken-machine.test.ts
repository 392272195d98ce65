import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { INVARIANTS, type InvariantName } from "../../../engine/check/index.ts";
import { copyOf, type Machine, record, runFlow } from "../../../engine/index.ts";
import { peek } from "../../../engine/mm/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);
const TEXTS = new Map(
  readdirSync(FOLDER).map((file) => [
    file.replace(/\.flow$/, ""),
    readFileSync(new URL(file, FOLDER), "utf8"),
  ]),
);

/** The machine at the end of a story in which a request was served from shared memory. */
function served(): Machine {
  const file = "send-request";
  const result = runFlow({ text: TEXTS.get(file) ?? "", file: `${file}.flow` }, TEXTS);
  if (!result.ok) throw new Error("the story does not run");
  return copyOf(result.run.machine);
}

/** The frame of the first page that VFIO has mapped, and the process that it belongs to. */
function shared({ machine }: { machine: Machine }) {
  const container = machine.containers.find(({ dmas }) => dmas.length > 0);
  const dma = container?.dmas[0];
  if (!container || !dma) throw new Error("nothing is shared");
  const { mm } = record(machine.tasks, dma.pid);
  return {
    mm,
    frame: peek(machine, mm, dma.vaddr)?.pfn ?? -1,
    id: machine.containers.indexOf(container),
    container,
  };
}

function add(column: Int32Array, at: number, by: number): void {
  column[at] = (column[at] ?? 0) + by;
}

const BREAKS: readonly (readonly [string, InvariantName, (machine: Machine) => void])[] = [
  ["an entry too many is counted", "counts-balance", (machine) => add(machine.frames.mapcount, shared({ machine }).frame, 1)],
  ["a reference is lost", "counts-balance", (machine) => add(machine.frames.refs, shared({ machine }).frame, -1)],
  ["a pin is lost", "pins-balance", (machine) => add(machine.frames.pins, shared({ machine }).frame, -1)],
  ["a page is charged twice", "locked-vm-balances", (machine) => {
    const { mm } = shared({ machine });
    const space = record(machine.mms, mm);
    machine.mms[mm] = { ...space, lockedVm: space.lockedVm + 1 };
  }],
  ["a mapping outlives its groups", "nothing-is-left", (machine) => {
    const { id, container } = shared({ machine });
    machine.containers[id] = { ...container, groups: [] };
  }],
  ["the IOTLB leads to another page", "iotlb-agrees-with-tables", (machine) => {
    const row = machine.iotlb.asid.findIndex((asid) => asid >= 0);
    machine.iotlb.entry[row] = (machine.iotlb.entry[row] ?? 0) + 64;
  }],
  ["a page is freed before the IOTLB forgets it", "iotlb-leads-to-held-pages", (machine) => {
    const entry = machine.iotlb.entry.find((_, row) => (machine.iotlb.asid[row] ?? -1) >= 0);
    machine.frames.refs[Math.floor((entry ?? 0) / 64)] = 0;
  }],
  ["a page is freed under a device", "entries-lead-to-held-pages", (machine) => {
    machine.frames.refs[shared({ machine }).frame] = 0;
  }],
  ["a queue has two files", "a-queue-has-one-owner", (machine) => {
    const file = machine.files.findLast(({ path }) => path === "anon_inode:spimdev_q");
    if (file) machine.files.push(file);
  }],
  ["a queue is given back under its owner", "a-queue-has-one-owner", (machine) => {
    machine.queues.taken.fill(0);
  }],
  ["a process gets another page", "device-sees-what-the-process-sees", (machine) => {
    const { frame } = shared({ machine });
    const { entries } = machine.tables;
    const at = entries.findIndex((entry) => Math.floor(entry / 64) === frame && entry % 4 === 3);
    entries[at] = (entries[at] ?? 0) + 64;
  }],
  ["success is told that nobody had", "errors-reach-the-sender", (machine) => {
    const row = machine.calls.find(({ call, result }) => call === "wd_recv" && result?.value === 0);
    if (row) machine.calls.push(row);
  }],
]; // biome-ignore format: one break a row

test.each(BREAKS)("%s: %s says so", (_what, name, breaks) => {
  const machine = served();
  expect(INVARIANTS[name](machine)).toBeUndefined();
  breaks(machine);
  expect(INVARIANTS[name](machine)).toBeTypeOf("string");
});
