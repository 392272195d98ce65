/** Scenes that every format is tried on, as data. */

import type {
  Board,
  Hop,
  Ladder,
  LadderRow,
  Message,
  Ring,
  Role,
} from "../../../diagrams/index.ts";

/** A message: "app>kernel", "kernel<app" for a return; hops are separated by blanks. */
export function message(
  step: string,
  label: string,
  hops: string,
  role: Role,
  more: Partial<Message> = {},
): Message {
  return {
    kind: "message",
    step,
    label,
    hops: hops.split(" ").filter(Boolean).map(hop),
    role,
    ...more,
  };
}

function hop(text: string): Hop {
  const [left = "", right = ""] = text.split(/[<>]/);
  return text.includes(">")
    ? { from: left, to: right, style: "call" }
    : { from: right, to: left, style: "return" };
}

const section = (text: string, level = 0): LadderRow => ({ kind: "section", text, level });
const note = (who: string, text: string): LadderRow => ({ kind: "note", who, text });

export const REQUEST: Ladder = {
  title: ["One request (spimdev, Linux v4.18, ZIP engine), after open-a-queue."],
  lanes: [
    { id: "app", name: "app", role: "process" },
    { id: "kernel", name: "kernel", role: "kernel" },
    { id: "engine", name: "engine", role: "device" },
    { id: "iommu", name: "IOMMU", role: "iommu" },
    { id: "memory", name: "memory", role: "memory" },
  ],
  rows: [
    message("1", "ioctl GET_Q", "app>kernel", "process"),
    message("2", "mmap ring and doorbell", "app>kernel", "process"),
    message("3", "ioctl MAP_DMA, 2 pages", "app>kernel kernel>iommu", "process"),
    section("each request: the kernel is not entered"),
    message("4", "store request, 128 bytes", "app>memory", "process"),
    message("5", "store doorbell", "app>engine", "process"),
    message("6", "fetch request", "memory>engine", "device", { iommu: "o" }),
    message("7", "read src, 2048 bytes", "memory>engine", "device", { iommu: "o" }),
    message("8", "write dst", "engine>memory", "device", { iommu: "o" }),
    message("9", "write completion", "engine>memory", "device", { iommu: "o" }),
    message("10", "load completion, done", "memory>app", "process"),
  ],
  notes: ["System calls = 3 above the line, 0 below it. Pages pinned = 2."],
};

export const SEQ: Ladder = {
  title: [],
  lanes: [
    { id: "p", name: "Process", role: "process" },
    { id: "l", name: "libwd", role: "process" },
    { id: "v", name: "VFIO", role: "kernel" },
    { id: "d", name: "Device", role: "device" },
    { id: "i", name: "IOMMU", role: "iommu" },
    { id: "m", name: "Memory", role: "memory" },
  ],
  rows: [
    message("1", "wd_request_queue(zip)", "p>l", "process"),
    message("2", "open(/dev/vfio/12)", "l>v", "process"),
    message("3", "group fd", "l<v", "kernel"),
    message("4", "VFIO_SET_IOMMU", "l>v", "process"),
    message("5", "attach domain", "v>i", "kernel"),
    message("6", "mmap(doorbell)", "l>v", "process"),
    note("libwd, VFIO", "queue mapped in user space"),
    message("7", "write src buffer", "p>m", "process"),
    message("8", "wd_send(msg)", "p>l", "process"),
    section("loop: until CQE valid"),
    message("9", "ring doorbell", "l>d", "process"),
    message("10", "DMA read VA", "d>i", "device"),
    section("alt: IOTLB hit", 1),
    message("11", "read PA", "i>m", "iommu"),
    section("else: IOTLB miss", 1),
    message("12", "page fault (PRI)", "i>v", "iommu"),
    section("end alt", 1),
    note("Device", "no syscall on this path"),
    message("13", "write dst + CQE", "d>m", "device", { iommu: "o" }),
    section("end loop"),
    message("14", "wd_recv() = OK", "p<l", "process"),
  ],
  notes: [],
};

/** Refusals of both kinds, a mark of the current step, three depths of numbers. */
export const REFUSED: Ladder = {
  title: ["The second queue is refused, and so is a page that nobody shared."],
  lanes: REQUEST.lanes,
  rows: [
    message("1", "ioctl GET_Q", "app>kernel", "process"),
    message("2", "ioctl GET_Q", "app>kernel", "process", { refused: "EBUSY" }),
    message("2.1", "wd_request_queue", "app>kernel app<kernel", "process"),
    message("2.1.1", "take a queue", "kernel>kernel", "kernel"),
    message("3", "store doorbell", "app>engine", "process"),
    message(
      "3.2",
      "read 0x6f000000, which no table of this domain maps",
      "memory>engine",
      "device",
      {
        iommu: "X",
        current: true,
      },
    ),
    message("", "fault recorded", "iommu>iommu", "iommu"),
    message("", "| x", "engine>memory", "device", { iommu: "o" }),
  ],
  notes: [],
};

const cell = (text: string, changed = false, more: { note?: number } = {}) => ({
  text,
  changed,
  ...more,
});

export const PAGES: Board = {
  title: [
    "fork-cow, Linux v4.18.",
    "buf is one page that the process shared with the engine (MAP_DMA: pinned, iova == va).",
    "Who reaches which page?",
  ],
  moments: [
    {
      head: "before (@forked)",
      columns: [
        { frame: "page 7", content: '"old"', changed: false },
        { frame: "page 9", content: "free", changed: false },
      ],
    },
    {
      head: "after (@lost)",
      columns: [
        { frame: "page 7", content: '"result"', changed: true },
        { frame: "page 9", content: '"new"', changed: true },
      ],
    },
  ],
  rows: [
    {
      name: "parent",
      role: "process",
      cells: [
        [cell("r-"), cell(".")],
        [cell(".", true), cell("rw", true)],
      ],
    },
    {
      name: "child",
      role: "process",
      cells: [
        [cell("r-"), cell(".")],
        [cell("r-"), cell(".")],
      ],
    },
    {
      name: "engine",
      role: "device",
      cells: [
        [cell("rw"), cell(".")],
        [cell("rw"), cell(".")],
      ],
    },
    {
      name: "pins",
      role: "kernel",
      cells: [
        [cell("1"), cell("0")],
        [cell("1"), cell("0")],
      ],
    },
    { name: "same page?", role: "memory", cells: [[cell("yes")], [cell("NO", true, { note: 1 })]] },
  ],
  notes: [
    "The parent wrote first, so the parent got the copy. The engine still writes page 7, which only " +
      "the child can read. The pin kept the page alive; it did not keep buf pointing at it.",
  ],
};

export const RING: Ring = {
  title: [],
  slots: 8,
  cells: ["a", "b", "c", "d"].map((label, index) => ({ slot: index + 2, state: "REQ", label })),
  ends: [
    { role: "consumer", name: "head", value: 2 },
    { role: "producer", name: "tail", value: 6 },
  ],
  notes: ["4 of 8 used; the next request goes to 6, then 7, 0 (wrap), 1."],
};

export const RING_FOLDED: Ring = {
  title: [],
  slots: 1024,
  cells: [..."abcdefgh"].map((label, index) => ({
    slot: (1020 + index) % 1024,
    state: "REQ",
    label,
  })),
  ends: [
    { role: "consumer", name: "head", value: 1020 },
    { role: "producer", name: "tail", value: 4 },
  ],
  notes: ["8 of 1024 used, across the wrap; a is the oldest."],
};

/** The dummy device of the RFC: 16 descriptors, 15 in use, one just written. */
export const RING_16: Ring = {
  title: ["A full ring: 15 of 16 descriptors."],
  slots: 16,
  cells: Array.from({ length: 15 }, (_, slot) => ({
    slot,
    state: "REQ",
    label: `r${slot}`,
    ...(slot === 14 ? { changed: true, was: "free" } : {}),
  })),
  ends: [
    { role: "consumer", name: "head", value: 0, who: "engine" },
    { role: "producer", name: "tail", value: 15, who: "app" },
  ],
  notes: ["15 of 16 used."],
};
