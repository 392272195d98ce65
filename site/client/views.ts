/** The views that a player has. Each but the first comes as a part of its own, when it is chosen. */
import { FIRST_VIEWS, type View, type ViewTable } from "../../diagrams/index.ts";
import type { Run } from "../../engine/index.ts";

const more = () => import("./views-more.ts");

type Part = (run: Run | Promise<Run>) => Promise<{ VIEWS: ViewTable }>;

const LATE: Readonly<Record<Exclude<View, "sequence">, Part>> = {
  memory: () => import("./views-memory.ts"),
  rings: async (run) => {
    const hasCard = (await run).machine.nics.length > 0;
    return hasCard ? import("./views-card-ring.ts") : import("./views-ring.ts");
  },
  blocks: more,
  walk: more,
  states: more,
  timeline: more,
  chart: more,
  space: more,
};

/** The views that are here, and this one with them, as this run needs it. */
export async function withView(
  view: View,
  run: Run | Promise<Run>,
  table = FIRST_VIEWS,
): Promise<ViewTable> {
  if (view === "sequence" || view in table) return table;
  const { VIEWS } = await LATE[view](run);
  return { ...table, ...VIEWS };
}
