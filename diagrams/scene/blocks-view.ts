/** Who holds what at a step of a run: what the step changed is marked, what is gone is said. */

import type { Run, Step } from "../../engine/index.ts";
import type { Block, BlockEdge, Blocks } from "../layout/index.ts";
import { type Holdings, holdingsOf } from "./holdings.ts";
import { machineAt } from "./recent.ts";
import { momentWords } from "./ring.ts";
import { titleOf } from "./title.ts";
import { touchedBy } from "./touched.ts";

/** In fewer columns than this what is idle is left out. */
const NARROW = 56;
const FD = "fd ";
/** So many boxes of one kind under each other are read; of more the idle ones are counted. */
const ALIKE_MAX = 6;

/** Calls by which somebody comes to hold something, or lets go of it. */
const TAKING: readonly string[] = ["open", "close", "ioctl", "fork", "kill"];

const KNOWN = new WeakMap<Run, boolean>();

/** Does it change in this story who holds what? Where it stays as it was, a picture says little. */
export function hasBlocks(run: Run): boolean {
  const known = KNOWN.get(run) ?? run.steps.some((step) => isTaking(run, step));
  KNOWN.set(run, known);
  return known;
}

function isTaking(run: Run, { row, before, after, number }: Step): boolean {
  const call = row === undefined ? undefined : run.machine.calls[row]?.call;
  if (number === "0" || !TAKING.includes(call ?? "")) return false;
  const [was, now] = [before, after].map((at) => shapeOf(holdingsOf(machineAt(run, at))));
  return was !== now;
}

/** Boxes and lines of objects, without files that only say or take a text. */
function shapeOf({ blocks, edges }: Holdings): string {
  const isObject = (id = "") => !id.startsWith("file ") && !id.startsWith("process ");
  const boxes = blocks.filter(({ id }) => isObject(id)).map(({ id }) => id);
  const lines = edges.filter(({ to }) => isObject(to)).map(keyOf);
  return [...boxes, ...lines].join("\n");
}

/** @returns nothing where nobody holds anything yet */
export function blocksOf(run: Run, step: Step, width: number): Blocks | undefined {
  const before = machineAt(run, step.before);
  const [was, now] = [holdingsOf(before), holdingsOf(machineAt(run, step.after))];
  // A request is about its queue: that is what has a box.
  const current = touchedBy(run, step, before)?.replace("request", "queue");
  const marked = step.number === "0" ? now : compared(was, now);
  const { kept, notes } = folded(marked, current, width < NARROW);
  if (!kept.blocks.some(({ id }) => id.startsWith("process"))) return undefined;
  return {
    title: [...titleOf(run), momentWords(run, step)],
    groups: kept.groups,
    blocks: kept.blocks.map((block) =>
      block.id === current ? { ...block, current: true } : block,
    ),
    edges: kept.edges,
    notes: [...notes, goneWords(was, now)].filter((words) => words !== ""),
  };
}

/** What is new or otherwise than before is marked. */
function compared(was: Holdings, now: Holdings): Holdings {
  const old = new Map(was.blocks.map((block) => [block.id, block.lines.join("\n")]));
  const known = new Set(was.edges.map(keyOf));
  return {
    groups: now.groups,
    blocks: now.blocks.map((block) =>
      old.get(block.id) === block.lines.join("\n") ? block : { ...block, changed: true },
    ),
    edges: now.edges.map((edge) => (known.has(keyOf(edge)) ? edge : { ...edge, changed: true })),
  };
}

function keyOf({ from, to, label }: BlockEdge): string {
  return [from, to, label].join("\n");
}

/** "Gone with this step = fds 7, 8 of process app; queue 1." */
function goneWords(was: Holdings, now: Holdings): string {
  const names = new Map(was.blocks.map(({ id, lines }) => [id, lines[0] ?? ""]));
  const there = new Set(now.blocks.map(({ id }) => id));
  const edges = new Set(now.edges.map(keyOf));
  const lost = was.edges.filter((edge) => !edges.has(keyOf(edge)) && edge.label.startsWith(FD));
  const fds = [...Map.groupBy(lost, ({ from }) => from)].map(([from, some]) => {
    const numbers = some.map(({ label }) => label.slice(FD.length)).join(", ");
    return `${some.length === 1 ? "fd" : "fds"} ${numbers} of ${names.get(from)}`;
  });
  const blocks = was.blocks.filter(({ id }) => !there.has(id)).map(({ lines }) => lines[0] ?? "");
  const gone = [...fds, ...(blocks.length === 0 ? [] : [blocks.join(", ")])];
  return gone.length === 0 ? "" : `Gone with this step = ${gone.join("; ")}.`;
}

/** Leaves out what is idle: in few columns, or where there are many of a kind. */
function folded(
  { groups, blocks, edges }: Holdings,
  current: string | undefined,
  isNarrow: boolean,
): { readonly kept: Holdings; readonly notes: readonly string[] } {
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const isBusy = ({ id, changed }: Block) => changed === true || id === current;
  const seen = new Map<string, number>();
  const counts = new Map<string, number>();
  const kept = blocks.filter((block) => {
    const kind = block.id.split(" ")[0] as string;
    if (isBusy(block)) return true;
    if (isNarrow && !ends.has(block.id)) return false;
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    if (nth <= ALIKE_MAX) return true;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return false;
  });
  const ids = new Set(kept.map(({ id }) => id));
  const used = new Set(kept.map(({ within }) => within));
  const left = edges.filter(({ from, to = "" }) => ids.has(from) && ids.has(to));
  const words = [...counts].map(([kind, count]) => `${count} more of ${kind}`);
  return {
    kept: { groups: groups.filter(({ id }) => used.has(id)), blocks: kept, edges: left },
    notes: words.length === 0 ? [] : [`Not drawn = ${words.join(", ")}.`],
  };
}
