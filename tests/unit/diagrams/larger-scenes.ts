/** Scenes of twice the size of those in scenes.ts, and a board whose frame only the device reaches. */

import type { Board, Ladder, Ring } from "../../../diagrams/index.ts";
import { message, SEQ } from "./scenes.ts";

const cell = (text: string, changed = false) => ({ text, changed });

/** The program gave the page back to the kernel; the engine's pin and entry kept it. */
export const PAGES_DEVICE: Board = {
  title: ["gup-dontneed, Linux v4.18.", "Who reaches which page of buf?"],
  moments: [
    {
      head: "before (@shared)",
      columns: [
        { frame: "page 7", content: '"old"', changed: false },
        { frame: "page 9", content: "free", changed: false },
      ],
    },
    {
      head: "after (@split)",
      columns: [
        { frame: "page 7", content: '"old"', changed: false },
        { frame: "page 9", content: '"new"', changed: true },
      ],
    },
  ],
  rows: [
    {
      name: "app",
      role: "process",
      cells: [
        [cell("rw"), cell(".")],
        [cell(".", true), cell("rw", true)],
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
    {
      name: "same page?",
      role: "memory",
      cells: [[cell("yes")], [{ ...cell("NO", true), note: 1 }]],
    },
  ],
  notes: ["Only the engine reaches page 7 by now. Nobody can read what it writes there."],
};

/** Twice the frames and viewers. */
export const PAGES_TWICE: Board = {
  ...PAGES_DEVICE,
  title: ["Two buffers of two programs.", "Who reaches which page?"],
  moments: PAGES_DEVICE.moments.map(({ head, columns }) => ({
    head,
    columns: [
      ...columns,
      ...columns.map((column, at) => ({ ...column, frame: `page ${11 + at}` })),
    ],
  })),
  rows: PAGES_DEVICE.rows.flatMap((row) => {
    if (row.name === "same page?") return [row];
    const cells = row.cells.map((some) => [...some, ...some]);
    const second = row.role === "process" || row.role === "device";
    return second
      ? [
          { ...row, cells },
          { ...row, name: `${row.name} 2`, cells },
        ]
      : [{ ...row, cells }];
  }),
};

/** 28 messages, 9 participants, notes, loops and alternatives. */
export const SEQ_28: Ladder = {
  ...SEQ,
  lanes: [
    ...SEQ.lanes.slice(0, 2),
    { id: "q", name: "Process 2", role: "process" },
    { id: "k", name: "libwd 2", role: "process" },
    ...SEQ.lanes.slice(2, 4),
    { id: "e", name: "Device 2", role: "device" },
    ...SEQ.lanes.slice(4),
  ],
  rows: [
    ...SEQ.rows,
    ...SEQ.rows.map((row) => {
      if (row.kind !== "message") return row;
      const other: Readonly<Record<string, string>> = { p: "q", l: "k", d: "e" };
      const hops = row.hops.map(({ from, to, style }) => ({
        from: other[from] ?? from,
        to: other[to] ?? to,
        style,
      }));
      return { ...row, step: String(Number(row.step) + 14), hops };
    }),
  ],
};

/** 32 slots with requests, completions and free ones, so several runs. */
export const RING_32: Ring = {
  title: ["32 slots, 12 in use, across the wrap."],
  slots: 32,
  cells: Array.from({ length: 12 }, (_, at) => ({
    slot: (26 + at) % 32,
    state: at < 4 ? "done" : "REQ",
    label: String.fromCharCode(97 + at),
  })),
  ends: [
    { role: "consumer", name: "sqc.head", value: 30, who: "engine", by: "device" },
    { role: "producer", name: "sq_tail", value: 6, who: "app", by: "process" },
    { role: "consumer", name: "cq_head", value: 26, who: "app", by: "process" },
  ],
  notes: ["12 of 32 used; the next request goes to slot 6."],
};

/** A ladder with what a bare ladder has not: 3 levels of sections. */
export const NESTED: Ladder = {
  title: ["Three levels."],
  lanes: SEQ.lanes.slice(0, 3),
  rows: [
    { kind: "section", text: "loop: until told", level: 0 },
    { kind: "section", text: "alt: quick", level: 1 },
    { kind: "section", text: "loop: inner", level: 2 },
    message("1", "wd_send(msg)", "p>l", "process"),
    { kind: "note", who: "libwd", text: "no syscall" },
    { kind: "section", text: "end loop", level: 0 },
  ],
  notes: [],
};
