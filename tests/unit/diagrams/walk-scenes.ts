/** Walks, timelines and charts that every format is tried on, as data. */

import type { Chart, Timeline, Walk } from "../../../diagrams/index.ts";

const VA = {
  name: "VA",
  text: "0x7f12_3456_7abc",
  fields: [
    { bits: "47:39", index: "254" },
    { bits: "38:30", index: "72" },
    { bits: "29:21", index: "418" },
    { bits: "20:12", index: "359" },
    { bits: "11:0", index: "0xabc" },
  ],
};

const LEVELS = ["PGD[254]", "PUD[72]", "PMD[418]", "PTE[359]"].map((name) => ({
  name,
  role: "memory" as const,
}));

const PATH = {
  head: "",
  address: VA,
  root: "TTBR0",
  entries: LEVELS,
  end: { kind: "frame" as const, lines: ["Page 0x8_1234_5000", "+ offset 0xabc"] },
};

/** A 4-level walk of a process. */
export const WALK: Walk = { title: [], paths: [PATH], notes: [] };

/** A device: stream table, context, IOTLB, and a table with an empty entry. */
export const WALK_REFUSED: Walk = {
  title: ["The engine asks for a page that nobody shared."],
  paths: [
    {
      head: "",
      root: "engine",
      entries: [
        { name: "STE[3]", says: "stage 1, 16 contexts", role: "iommu" },
        { name: "CD[1]", says: "ASID 1, app's own table", role: "iommu" },
        { name: "IOTLB", says: "miss: the table is read", role: "iommu" },
      ],
    },
    {
      ...PATH,
      address: { ...VA, name: "IOVA" },
      root: "TTB0",
      entries: LEVELS.slice(0, 3),
      end: { kind: "refused", lines: ["empty: nothing in these 2M", "translation fault, aborted"] },
    },
  ],
  notes: ["The request fails with -EIO."],
};

/** Twice the size: the same address before and after, the second by a block of 2M that ends early. */
export const WALK_TWICE: Walk = {
  title: ["The same address before and after."],
  paths: [
    { ...PATH, head: "Before" },
    {
      ...PATH,
      head: "After",
      address: { ...VA, fields: [...VA.fields.slice(0, 3), { bits: "20:0", index: "0x167abc" }] },
      entries: LEVELS.slice(0, 3),
      end: { kind: "frame", lines: ["Pages from 0x8_1220_0000, 2M", "+ offset 0x16_7abc"] },
    },
  ],
  notes: [],
};

const BUCKETS = ["<1us", "1-2us", "2-4us", "4-8us", "8-16us", "16-32us", "32-64us", "64-128us"];
const COUNTS = [3, 142, 810, 1536, 921, 300, 88, 21, 9, 2];

function histogram(labels: readonly string[], values: readonly number[], title: string): Chart {
  return {
    kind: "histogram",
    title: [title],
    heads: ["samples", "bucket"],
    align: "right",
    rows: labels.map((label, at) => ({ label, value: values[at] ?? 0 })),
    amount: (count) => (count === 1 ? "1 sample" : `${count} samples`),
    notes: [],
  };
}

/** 10 buckets. */
export const HISTOGRAM = histogram(
  [...BUCKETS, "128-256us", ">256us"],
  COUNTS,
  "wd_send latency, n=3832",
);

/** 20 buckets. */
export const HISTOGRAM_20 = histogram(
  Array.from({ length: 20 }, (_, at) => (at === 19 ? ">19us" : `${at}-${at + 1}us`)),
  Array.from({ length: 20 }, (_, at) => (at * at * (20 - at)) % 977),
  "wd_send latency in twenty buckets",
);

/** Three series over eight places. */
export const CURVES: Chart = {
  kind: "curves",
  title: ["Time of a request, by the processes that share the engine."],
  x: { name: "processes", places: ["1", "2", "4", "8", "16", "32", "64", "128"] },
  y: { name: "median", words: (value) => (value === 0 ? "0" : `${value / 1000} us`) },
  series: [
    {
      name: "one ioctl per request",
      role: "kernel",
      values: [1200, 1300, 2000, 4200, 9000, 18_000, 36_000, 52_000],
    },
    {
      name: "spimdev",
      role: "process",
      values: [800, 900, 1500, 3000, 6000, 12_000, 24_000, 40_000],
    },
    {
      name: "uacce",
      role: "device",
      values: [800, 900, 1500, 3000, 6000, 11_000, undefined, 30_000],
    },
  ],
  notes: [],
};

const ns = (count: number) => 1000 * count;

function request(step: string, start: number, compute: number) {
  const stages = [
    ["fetch request, 128 bytes", 880],
    ["read src, 2048 bytes", 880],
    ["compress 2048 to 613 bytes", compute],
    ["write dst, 613 bytes", 880],
    ["write completion", 0],
  ] as const;
  let at = start;
  const inner = stages.map(([label, took], place) => {
    const span = { step: `${step}.${place + 1}`, label, start: ns(at), end: ns(at + took) };
    at += took;
    return span;
  });
  return [{ step, label: "request in slot 0", start: ns(start), end: ns(at) }, ...inner];
}

export const TIMELINE: Timeline = {
  title: ["One request (spimdev, Linux v4.18, ZIP engine), after open-a-queue."],
  lanes: [
    {
      name: "app",
      role: "process",
      spans: [
        { step: "5", label: "wd_send", start: 0, end: ns(20) },
        { step: "7", label: "wd_recv = 0", start: ns(120), end: ns(3880), current: true },
      ],
    },
    { name: "engine", role: "device", spans: request("6", 120, 1000) },
  ],
  notes: ["0 is 2.89 us after the run began."],
};

/** Twice the spans, and the second request so long that its middle is folded. */
export const TIMELINE_FOLDED: Timeline = {
  title: ["Two requests, the second of which takes its time."],
  lanes: [
    {
      name: "app",
      role: "process",
      spans: [
        { step: "5", label: "wd_send", start: 0, end: ns(20) },
        { step: "7", label: "wd_recv = 0", start: ns(120), end: ns(3880) },
        { step: "8", label: "wd_send", start: ns(4000), end: ns(4020) },
        { step: "10", label: "wd_recv = 0", start: ns(4120), end: ns(906_880), current: true },
      ],
    },
    {
      name: "engine",
      role: "device",
      spans: [...request("6", 120, 1000), ...request("9", 4120, 900_000)],
    },
  ],
  notes: [],
};
