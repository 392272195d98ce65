/**
 * The live picture: the layout's own cells as SVG, so that it stands where the text stands. What is
 * the same in two pictures stays the same element; what is new comes in.
 */
import { type BaseType, type Selection, select } from "d3";
import type { ArrowItem, Item, Part, Picture, Role } from "../../diagrams/index.ts";

/** One cell in units of the picture; the type has the same advance as the page's text drawings. */
const CELL = 8;
const ROW = 18;
const TYPE = 13.29;
const HEAD = 6;

type Svg = Selection<SVGSVGElement, unknown, null, undefined>;

/** Draws it in `place`, over the live picture that is there, if any. */
export function showLive(
  place: HTMLElement,
  picture: Picture,
  options: { readonly label: string; readonly parts: readonly Part[] },
): void {
  const items = picture.items.filter(({ part }) => options.parts.includes(part));
  const top = Math.min(...items.map(topOf));
  const height = (picture.height - top) * ROW;
  const width = Math.max(picture.asked, picture.width) * CELL;
  if (!place.querySelector(":scope > svg")) place.replaceChildren();
  const svg = select(place)
    .selectAll<SVGSVGElement, null>(":scope > svg")
    .data([null])
    .join("svg")
    .attr("role", "img")
    .attr("aria-label", options.label)
    .attr("width", `${width / CELL}ch`)
    .attr("viewBox", `0 ${top * ROW} ${width} ${height}`) as unknown as Svg;
  for (const layer of ["panel", "grid", "lifeline", "rule", "arrow", "mark", "text"] as const) {
    drawLayer(svg, layer, items);
  }
}

function topOf(item: Item): number {
  if (item.kind === "lifeline" || item.kind === "panel") return item.y0;
  return item.kind === "grid" ? (item.ys[0] ?? 0) : item.y;
}

function drawLayer(svg: Svg, kind: Item["kind"], items: readonly Item[]): void {
  const layer = svg
    .selectAll<SVGGElement, string>(`:scope > g.${kind}s`)
    .data([kind])
    .join("g")
    .attr("class", `${kind}s`);
  const known = layer.selectAll("*").size() > 0;
  layer
    .selectAll<SVGGElement, Item>(":scope > g")
    .data(
      items.filter((item) => item.kind === kind),
      (item) => keyOf(item),
    )
    .join((enter) => enter.append("g").classed("new", known))
    .attr("class", function (item) {
      const isNew = this.childNodes.length === 0 && known;
      return isNew ? `${item.ink} new` : item.ink;
    })
    .each(function (item) {
      const group = select<BaseType, unknown>(this) as Selection<
        BaseType,
        unknown,
        null,
        undefined
      >;
      if ((this as SVGGElement).childNodes.length === 0) drawItem(group, item);
    });
}

/** Two items with one key look alike. */
function keyOf(item: Item): string {
  const { label: _, ...rest } = item as Item & { readonly label?: number };
  return JSON.stringify(rest);
}

type Group = Selection<BaseType, unknown, null, undefined>;

const middle = (x: number): number => (x + 0.5) * CELL;
const level = (y: number): number => (y + 0.5) * ROW;

function drawItem(group: Group, item: Item): void {
  switch (item.kind) {
    case "text":
      group
        .append("text")
        .attr("x", item.x * CELL)
        .attr("y", level(item.y) + TYPE * 0.34)
        .attr("textLength", item.text.length * CELL)
        .attr("font-size", TYPE)
        .classed("strong", item.strong)
        .text(item.text);
      break;
    case "arrow":
      drawArrow(group, item);
      break;
    case "lifeline":
      drawLifeline(group, item.ink as Role, middle(item.x), item.y0 * ROW, (item.y1 + 1) * ROW);
      break;
    case "rule":
      line(group, item.x0 * CELL, level(item.y), (item.x1 + 1) * CELL, level(item.y));
      break;
    case "grid":
      for (const x of item.xs)
        line(group, middle(x), level(item.ys[0] ?? 0), middle(x), level(item.ys.at(-1) ?? 0));
      for (const y of item.ys)
        line(group, middle(item.xs[0] ?? 0), level(y), middle(item.xs.at(-1) ?? 0), level(y));
      break;
    case "panel":
      group
        .append("rect")
        .attr("class", item.look)
        .attr("x", item.x0 * CELL)
        .attr("y", item.y0 * ROW)
        .attr("width", (item.x1 - item.x0 + 1) * CELL)
        .attr("height", (item.y1 - item.y0 + 1) * ROW);
      break;
    default:
      drawMark(group, item);
  }
}

function line(group: Group, x1: number, y1: number, x2: number, y2: number): Group {
  return group
    .append("line")
    .attr("x1", x1)
    .attr("y1", y1)
    .attr("x2", x2)
    .attr("y2", y2) as unknown as Group;
}

function drawArrow(group: Group, arrow: ArrowItem): void {
  const way = arrow.from < arrow.to ? 1 : -1;
  const y = level(arrow.y);
  const tip = middle(arrow.to);
  const isRefused = arrow.end === "refused";
  line(group, middle(arrow.from), y, tip - way * HEAD, y).classed(
    "reply",
    arrow.style === "return",
  );
  if (isRefused) {
    group.append("path").attr("class", "cross").attr("d", cross(tip, y));
    return;
  }
  const back = tip - way * HEAD * 1.4;
  const head = `M${tip} ${y}L${back} ${y - HEAD / 1.6}L${back} ${y + HEAD / 1.6}Z`;
  group.append("path").attr("class", "head").attr("d", head);
}

function cross(x: number, y: number): string {
  return `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`;
}

/** One way to draw for each role: thin, double, dashed, thick, a ladder of cells. */
function drawLifeline(group: Group, role: Role, x: number, y0: number, y1: number): void {
  if (role === "kernel") {
    line(group, x - 1.5, y0, x - 1.5, y1);
    line(group, x + 1.5, y0, x + 1.5, y1);
    return;
  }
  line(group, x, y0, x, y1).classed(`lane-${role}`, true);
}

function drawMark(group: Group, { mark, x, y }: Extract<Item, { kind: "mark" }>): void {
  if (mark === ".") return; // the lifeline says it
  if (mark === "o") {
    const spot = group.append("circle").attr("cx", middle(x)).attr("cy", level(y));
    spot.attr("r", 4);
    return;
  }
  if (mark === "|") {
    line(group, middle(x), y * ROW + 2, middle(x), (y + 1) * ROW - 2);
    return;
  }
  const sign = group
    .append("text")
    .attr("x", x * CELL)
    .attr("font-size", TYPE);
  sign
    .attr("y", level(y) + TYPE * 0.34)
    .attr("class", "strong")
    .text(mark);
}
