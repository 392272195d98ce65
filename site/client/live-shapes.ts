/**
 * One item of a picture as SVG. Roles differ without colour: process thin, kernel double, IOMMU
 * dashed, device thick, memory a strip of pages.
 */
import type { BaseType, Selection } from "d3";
import type {
  ArrowItem,
  GridItem,
  Item,
  MarkItem,
  Role,
  StrokeItem,
  TextItem,
} from "../../diagrams/index.ts";

/** A cell and a row in units of the picture; the type has the advance of a cell. */
export const CELL = 8;
export const ROW = 18;
export const TYPE = 13.29;
const BASELINE = TYPE * 0.34;
const HEAD = 8;

/** Half of what a lane takes, so that an arrow ends at its edge. */
const HALF: Readonly<Record<Role, number>> = {
  process: 1,
  kernel: 3,
  device: 2,
  iommu: 1,
  memory: 5,
};

type Group = Selection<SVGGElement, unknown, BaseType, unknown>;

/** What an item has to know of the others. */
export interface Place {
  /** The topmost row. */
  readonly top: number;
  /** Roles of lanes by column. */
  readonly lanes: ReadonlyMap<number, Role>;
}

export function topOf(item: Item): number {
  if (item.kind === "lifeline" || item.kind === "panel") return item.y0;
  return item.kind === "grid" ? (item.ys[0] ?? 0) : item.y;
}

const middle = (x: number): number => (x + 0.5) * CELL;
const level = (y: number): number => (y + 0.5) * ROW;

/** Draws it into its group, over what was there. */
export function drawItem(group: Group, item: Item, place: Place): void {
  group.selectAll("*").remove();
  if (item.kind === "text") drawText(group, item);
  else if (item.kind === "arrow") drawArrow(group, item, place);
  else if (item.kind === "mark") drawMark(group, item);
  else if (item.kind === "grid") path(group, gridPath(item));
  else if (item.kind === "stroke") drawStroke(group, item);
  else if (item.kind === "rule") {
    path(group, `M${item.x0 * CELL} ${level(item.y)}H${(item.x1 + 1) * CELL}`);
  } else if (item.kind === "lifeline") {
    const [y0, y1] = [item.y0 * ROW, (item.y1 + 1) * ROW];
    path(group, lanePath(item.ink as Role, middle(item.x), y0, y1)).classed(
      `lane-${item.ink}`,
      true,
    );
  } else {
    const box = group.append("rect").attr("class", item.look);
    box.attr("x", (item.x0 - 0.5) * CELL).attr("y", item.y0 * ROW);
    box.attr("width", (item.x1 - item.x0 + 2) * CELL);
    box.attr("height", (item.y1 - item.y0 + 1) * ROW);
  }
}

function path(group: Group, d: string) {
  return group.append("path").attr("d", d);
}

function drawText(group: Group, item: TextItem): void {
  const isHeavy = item.strong || (item.job === "name" && item.ink !== "muted");
  const text = group.append("text").text(item.text).classed("strong", isHeavy);
  text.attr("y", level(item.y) + BASELINE).attr("textLength", item.text.length * CELL);
  if (item.middle === undefined) text.attr("x", item.x * CELL);
  else text.attr("x", (item.middle / 2) * CELL).attr("text-anchor", "middle");
}

function drawArrow(group: Group, arrow: ArrowItem, { lanes }: Place): void {
  const way = arrow.from < arrow.to ? 1 : -1;
  const half = (column: number) => HALF[lanes.get(column) ?? "process"];
  const isRefused = arrow.end === "refused";
  const y = level(arrow.y);
  const end = middle(arrow.to);
  const from = middle(arrow.from) + way * half(arrow.from);
  const tip = end - way * (isRefused ? 7 : half(arrow.to));
  const shaft = path(group, `M${from} ${y}H${tip - way * (HEAD - 2)}`);
  shaft.attr("class", arrow.style === "return" ? "reply" : "shaft");
  path(group, `M${tip} ${y}l${-way * HEAD} -4v8Z`).attr("class", "head");
  if (isRefused) path(group, `M${end - 5} ${y - 5}l10 10m0 -10l-10 10`).attr("class", "cross");
}

function drawStroke(group: Group, { path: points, look }: StrokeItem): void {
  if (points.length === 0) return;
  const size = (at: number) => (at % 2 === 0 ? CELL : ROW) / 10;
  const d = `M${points.map((point, at) => point * size(at)).join(" ")}`;
  path(group, d).attr("class", look);
  const [from = 0, , x = 0, y = 0] = points.slice(-4).map((point, at) => point * size(at));
  const back = x < from ? HEAD : -HEAD;
  if (look === "arrow") path(group, `M${x} ${y}l${back} -4v8Z`).attr("class", "head");
  if (look === "refused")
    path(group, `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`).attr("class", "cross");
}

function lanePath(role: Role, x: number, y0: number, y1: number): string {
  if (role === "kernel") return `M${x - 2} ${y0}V${y1}M${x + 2} ${y0}V${y1}`;
  if (role !== "memory") return `M${x} ${y0}V${y1}`;
  const count = Math.round((y1 - y0) / ROW) - 1;
  const pages = Array.from({ length: count }, (_, row) => `M${x - 4} ${y0 + (row + 1) * ROW}h8`);
  return `M${x - 4} ${y0}h8V${y1}h-8Z${pages.join("")}`;
}

/** Text needs a row for a line; here the outer ones move up to the words. */
function gridPath({ xs, ys }: GridItem): string {
  const [top = 0, bottom = 0] = [ys[0], ys.at(-1)];
  const [left = 0, right = 0] = [xs[0], xs.at(-1)];
  const at = (y: number) => (y === top ? (y + 1) * ROW : y === bottom ? y * ROW : level(y));
  const levels = ys.map((y) => `M${middle(left)} ${at(y)}H${middle(right)}`);
  const uprights = xs.map((x) => `M${middle(x)} ${at(top)}V${at(bottom)}`);
  return [...levels, ...uprights].join("");
}

function drawMark(group: Group, item: MarkItem): void {
  const x = item.middle === undefined ? middle(item.x) : (item.middle / 2) * CELL;
  const y = level(item.y);
  switch (item.mark) {
    case "o":
      group.append("circle").attr("cx", x).attr("cy", y).attr("r", 4.5);
      break;
    case "^":
      path(group, `M${x} ${y - 7}l5 10h-10Z`).attr("class", "head");
      break;
    case ">":
      path(group, `M${x + 4} ${y}l-7 -5v10Z`).attr("class", "head");
      break;
    case "|":
      path(group, `M${x} ${y - 6}v12`).attr("class", "own");
      break;
    default: // a lifeline shows idleness, a word shows change
  }
}
