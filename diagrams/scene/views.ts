/** Which views say something about a run, the best one first. */

import { KIND_NAMES, type Kind, type Run } from "../../engine/index.ts";
import { addressesOf, isSharing } from "./addresses.ts";
import { answer } from "./board.ts";
import { usedQueues } from "./queue.ts";
import { snapshotOf } from "./snapshot.ts";

export type View = "sequence" | "memory" | "rings";

/** Views that say something about this run; the first is the default. */
export function viewsOf(run: Run): readonly View[] {
  const isShared = isSharing(run) && addressesOf(run).length > 0;
  const isRing = usedQueues(run).length > 0;
  const all: readonly View[] = [
    "sequence",
    ...(isShared ? (["memory"] as const) : []),
    ...(isRing ? (["rings"] as const) : []),
  ];
  const first = subject(run, all);
  return [first, ...all.filter((view) => view !== first)];
}

/** What the story is about: pages that come apart, sharing alone, a ring that is full; else calls. */
function subject(run: Run, views: readonly View[]): View {
  const isApart = hasHappened(run, ["mm.cow"]) || isSplit(run);
  const isIdle = !hasHappened(run, ["dma.read", "dma.fault"]);
  if (views.includes("memory") && (isApart || isIdle)) return "memory";
  const isRefused = run.machine.calls.some(
    ({ call, result }) => call === "wd_send" && result?.errno === "EBUSY",
  );
  return views.includes("rings") && isRefused ? "rings" : "sequence";
}

/** Do a device and a process see two pages at one address when the story is over? */
function isSplit(run: Run): boolean {
  const last = run.steps.at(-1)?.after ?? 0;
  const at = snapshotOf(run, run.machine, last);
  return [...at.addresses.keys()].some((index) => answer(at, index) === "NO");
}

function hasHappened({ events }: Run, kinds: readonly Kind[]): boolean {
  const codes = kinds.map((kind) => KIND_NAMES.indexOf(kind));
  return events.kind.subarray(0, events.count).some((code) => codes.includes(code));
}
