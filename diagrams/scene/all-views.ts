/** Drawing from every view there is; for everybody but a page that has to be light. */

import { KIND_NAMES, type Kind, type Run } from "../../engine/index.ts";
import { layoutBlocks, VIEWS, type View } from "../layout/index.ts";
import { answer } from "./board.ts";
import { CARD_RING_VIEWS } from "./card-ring-views.ts";
import { type Drawn, type DrawOptions, drawFrom } from "./draw.ts";
import { FIRST_VIEWS } from "./first-views.ts";
import { MEMORY_VIEWS } from "./memory-views.ts";
import { MORE_VIEWS } from "./more-views.ts";
import { snapshotOf } from "./snapshot.ts";
import { hasSpace, spaceOf } from "./space.ts";
import { placeOf, type ViewTable } from "./views.ts";

export const ALL_VIEWS: ViewTable = {
  ...FIRST_VIEWS,
  ...MEMORY_VIEWS,
  ...CARD_RING_VIEWS,
  ...MORE_VIEWS,
  space: {
    has: hasSpace,
    layout: (run, { step, width }) => {
      const scene = spaceOf(run, step);
      return scene ? layoutBlocks(scene, width, "space") : `no queue to show at ${placeOf(step)}`;
    },
  },
};

/** As `drawFrom`; the view is the first of `viewsOf` where absent. */
export function draw(run: Run, options: DrawOptions): Drawn {
  const view = options.view ?? (viewsOf(run)[0] as View);
  return drawFrom(ALL_VIEWS, run, { ...options, view });
}

/** Views that say something about this run; the first is the default, the last is left to who asks. */
export function viewsOf(run: Run): readonly View[] {
  const all = VIEWS.filter((view) => view !== "space" && ALL_VIEWS[view]?.has(run));
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
