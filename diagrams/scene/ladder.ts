/** The ladder of a run: one row a system call, an access, a DMA, up to the step on screen. */

import type { Depth, Machine, Run, Step } from "../../engine/index.ts";
import type { Ladder, LadderRow } from "../layout/index.ts";
import { lanesOf } from "./cast.ts";
import { countWords } from "./counts.ts";
import { isLater, stepRows } from "./step-rows.ts";
import { titleOf } from "./title.ts";
import { folded, type Told } from "./told.ts";

export interface LadderWish {
  readonly run: Run;
  /** The machine as it was after the step. */
  readonly machine: Machine;
  /** The step on screen: the last that is drawn. */
  readonly step: Step;
  /** Where the slice begins; the first step where absent. */
  readonly from: Step | undefined;
  /** How deep the rows go; where absent, as deep as is good to read in `rows`. */
  readonly detail: Depth | undefined;
  /** So many messages are good to read; what came long before gives way. */
  readonly rows: number;
  /** Gives way at least as far as this: two ladders in one drawing do so alike. */
  readonly brevity?: number;
}

/** Story steps between two sections. */
interface Part {
  readonly head: string | undefined;
  readonly steps: readonly Step[];
}

export function ladderOf(wish: LadderWish): Ladder {
  const { run, machine, step } = wish;
  const steps = sliceOf(wish);
  const { rows } = fitting(wish, partsOf(steps));
  const isEmpty = steps.length === 0;
  const start = run.steps[0]?.text ?? "";
  return {
    title: titleOf(run),
    lanes: lanesOf(run, machine, namedIn(rows)),
    rows: isEmpty ? [{ kind: "section", text: start, level: 0 }] : rows,
    notes: [countWords(run, machine, { steps, until: step }), softwareWords(machine)],
  };
}

function namedIn(rows: readonly LadderRow[]): ReadonlySet<string> {
  const hops = rows.flatMap((row) => (row.kind === "message" ? row.hops : []));
  return new Set(hops.flatMap(({ from, to }) => [from, to]));
}

/** What a device without hardware is: it has no lane, so a reader would look for one. */
function softwareWords(machine: Machine): string {
  const soft = machine.devices.filter(({ kind }) => kind === "dummy");
  return soft
    .map(({ name }) => `${name} is no hardware; its driver copies, inside the ioctl.`)
    .join(" ");
}

/** The story steps of the slice; none where the step on screen is what ran before. */
function sliceOf({ run, step, from }: LadderWish): readonly Step[] {
  return run.steps.filter((some) => {
    const isBefore = from !== undefined && isLater(from, some);
    return some.number !== "0" && !isLater(some, step) && !isBefore;
  });
}

function partsOf(steps: readonly Step[]): readonly Part[] {
  const parts: { head: string | undefined; steps: Step[] }[] = [];
  for (const step of steps) {
    const last = parts.at(-1);
    if (step.section !== undefined || !last) parts.push({ head: step.section, steps: [step] });
    else last.steps.push(step);
  }
  return parts;
}

/** How deep a part is told, from all to little: first earlier parts give way, then all do. */
const TELLING: readonly ((isLast: boolean) => Depth)[] = [
  () => "calls",
  (isLast) => (isLast ? "calls" : "story"),
  () => "story",
];

/** How far the ladder of a wish has to give way to be good to read. */
export function brevityOf(wish: LadderWish): number {
  return fitting(wish, partsOf(sliceOf(wish))).brevity;
}

function fitting(
  wish: LadderWish,
  parts: readonly Part[],
): { readonly brevity: number; readonly rows: readonly LadderRow[] } {
  const first = wish.brevity ?? 0;
  for (let brevity = first; brevity < TELLING.length; brevity += 1) {
    const rows = told(wish, parts, brevity);
    if (wish.detail || messages(rows) <= wish.rows) return { brevity, rows };
  }
  const brevity = Math.max(1, first); // none is: the last part, which matters, stays deep
  return { brevity, rows: told(wish, parts, brevity) };
}

function told(wish: LadderWish, parts: readonly Part[], brevity: number): readonly LadderRow[] {
  const depth = (at: number) =>
    wish.detail ?? TELLING[brevity]?.(at === parts.length - 1) ?? "story";
  return parts.flatMap((part, at) => partRows(wish, part, depth(at)));
}

function messages(rows: readonly LadderRow[]): number {
  return rows.filter(({ kind }) => kind === "message").length;
}

function partRows(wish: LadderWish, { head, steps }: Part, detail: Depth): readonly LadderRow[] {
  const telling = { machine: wish.run.machine, focus: wish.step, detail };
  const rows: readonly Told[] = steps.flatMap((step) => stepRows(telling, step));
  const section: readonly LadderRow[] =
    head === undefined ? [] : [{ kind: "section", text: head, level: 0 }];
  return [...section, ...folded(rows)];
}
