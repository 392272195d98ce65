import table from "../../content/conformance.json" with { type: "json" };
import { type Row, type RowOutcome, readRows, runRows } from "../../engine/check/index.ts";
import { emptyMachine, OPS, stepBy } from "../../engine/index.ts";

/** A row of the table, with what the model makes of it. */
export interface Shown extends Row {
  readonly outcome: RowOutcome;
  /** The outcome that Linux has, in words. */
  readonly words: readonly string[];
}

export interface ShownArea {
  readonly name: string;
  /** What its rows are about, in a few words. */
  readonly about: string;
  readonly rows: readonly Shown[];
  readonly passed: number;
  /** Rows about what the model leaves out for good. */
  readonly outside: number;
}

/** What stands behind the names of the areas. */
const ABOUT: Readonly<Record<string, string>> = {
  "VFIO-SM": "the order of the calls on containers, groups and devices",
  "VFIO-DMA": "memory shared with a device, and taken back",
  MDEV: "mediated devices, made and removed",
  "MDEV-PIN": "pages that a mediated device's driver pins itself",
  IOMMU: "domains and groups in the kernel's core",
  PGTABLE: "Arm's page tables for devices",
  SMMU3: "Arm's IOMMU, SMMUv3",
  SVA: "a device on the page table of a process",
  IOPF: "page faults of devices",
  GUP: "get_user_pages() and its successor",
  "PIN-HAZARD": "what a pin does not hold",
  MEMLOCK: "the limit on locked memory, and the proposal VM_PINNED",
  UACCE: "merged uacce",
  WARPDRIVE: "the postings of WarpDrive",
};

let areas: readonly ShownArea[] | undefined;

/** Runs every row, once for all pages. @returns the areas in the order of the file */
export function conformance(): readonly ShownArea[] {
  areas ??= runAll();
  return areas;
}

function runAll(): readonly ShownArea[] {
  const rows = readRows(table);
  const outcomes = runRows({ ops: OPS, emptyMachine, stepBy }, rows);
  const shown = rows.map((row, at): Shown => {
    return { ...row, outcome: outcomes[at] as RowOutcome, words: wordsOf(row) };
  });
  return [...new Set(rows.map(({ area }) => area))].map((name) => {
    const own = shown.filter(({ area }) => area === name);
    const count = (outcome: RowOutcome["outcome"]) =>
      own.filter((row) => row.outcome.outcome === outcome).length;
    const about = ABOUT[name];
    if (about === undefined) throw new Error(`${name}: ABOUT does not say what its rows are about`);
    return { name, about, rows: own, passed: count("passed"), outside: count("out-of-scope") };
  });
}

/** An errno, a value, an event: each a line. */
function wordsOf({ then: { errno, result, event } }: Row): string[] {
  const value = typeof result === "string" ? result : JSON.stringify(result, null, 1);
  return [
    ...(errno === undefined ? [] : [`Fails with ${errno === "E" ? "that errno" : errno}.`]),
    ...(result === undefined ? [] : [`Result: ${value?.replace(/\s+/g, " ")}`]),
    ...(event === undefined ? [] : [`Event: ${event}`]),
  ];
}

/** How an area stands. Out of scope is said, so that nobody takes it for a failure. */
export function countWords({ rows, passed, outside }: ShownArea): string {
  const whole = `${passed} of ${rows.length} pass`;
  return outside === 0 ? whole : `${whole}, ${outside} out of scope`;
}

/** What became of a row, in a word or two. */
export function outcomeWords({ outcome }: RowOutcome): string {
  if (outcome === "passed") return "passed";
  return outcome === "failed" ? "not modelled" : "out of scope";
}
