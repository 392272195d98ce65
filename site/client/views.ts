/** The views that a player has. Each but the first comes as a part of its own, when it is chosen. */
import { FIRST_VIEWS, type View, type ViewTable } from "../../diagrams/index.ts";

const more = () => import("./views-more.ts");

const LATE: Readonly<Record<Exclude<View, "sequence">, () => Promise<{ VIEWS: ViewTable }>>> = {
  memory: () => import("./views-memory.ts"),
  rings: () => import("./views-ring.ts"),
  blocks: more,
  walk: more,
  states: more,
  timeline: more,
  chart: more,
  space: more,
};

/** The views that are here, and this one with them. */
export async function withView(view: View, table = FIRST_VIEWS): Promise<ViewTable> {
  if (view === "sequence" || view in table) return table;
  const { VIEWS } = await LATE[view]();
  return { ...table, ...VIEWS };
}
