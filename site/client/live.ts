/**
 * The live picture: the layout's own cells as SVG, so that it stands where the text stands. What two
 * pictures share stays the same element, wherever it stands in each; only what is new comes in.
 */
import { select } from "d3";
import {
  type Item,
  type MarkItem,
  type Part,
  type Picture,
  type Role,
  rightEdge,
  type TextItem,
} from "../../diagrams/index.ts";
import { CELL, drawItem, type Place, ROW, TYPE, topOf } from "./live-shapes.ts";

/** Bottom to top. */
const LAYERS = ["panel", "lifeline", "grid", "rule", "stroke", "arrow", "mark", "text"] as const;

/** An item with the name by which the next picture knows it again. */
interface Named {
  readonly item: Item;
  readonly key: string;
}

/** Draws it in `place`, over the live picture that is there, if any. */
export function showLive(
  place: HTMLElement,
  picture: Picture,
  options: { readonly label: string; readonly parts: readonly Part[]; readonly lanesAt?: number },
): void {
  const printed = picture.items.filter(
    ({ part, form }) => options.parts.includes(part) && form !== "text",
  );
  const items = withLanesAt(printed, options.lanesAt ?? 0, picture.asked);
  const top = Math.min(...items.map(topOf));
  const height = (picture.height - top) * ROW;
  const width = Math.max(picture.asked, picture.width) * CELL;
  const old = place.querySelector(":scope > svg");
  if (!old) place.replaceChildren();
  const svg = select(place)
    .selectAll<SVGSVGElement, null>(":scope > svg")
    .data([null])
    .join("svg")
    .attr("role", "img")
    .attr("aria-label", options.label)
    .attr("font-size", TYPE)
    .attr("width", `${width / CELL}ch`)
    .attr("viewBox", `0 ${top * ROW} ${width} ${height}`);
  const named = nameAll(items);
  const layers = svg
    .selectAll<SVGGElement, string>(":scope > g")
    .data(LAYERS)
    .join("g")
    .attr("class", (layer) => `${layer}s`);
  const on: Place = { top, lanes: lanesOf(items) };
  layers.each(function (layer) {
    select(this)
      .selectAll<SVGGElement, Named>(":scope > g")
      .data(
        named.filter(({ item }) => item.kind === layer),
        ({ key }) => key,
      )
      .join((enter) => enter.append("g").classed("new", old !== null))
      .attr("class", function ({ item }) {
        return this.childNodes.length === 0 && old ? `${item.ink} new` : item.ink;
      })
      .each(function ({ item }) {
        drawItem(select(this), item, on);
      });
  });
  const lanesBegin = Math.min(...items.filter(({ kind }) => kind === "lifeline").map(topOf));
  const texts = svg.select<SVGGElement>(":scope > .texts");
  texts
    .selectAll<SVGRectElement, number>(":scope > rect")
    .data(Number.isFinite(lanesBegin) ? [lanesBegin - top] : [])
    .join("rect")
    .attr("class", "lane-name")
    .attr("y", top * ROW)
    .attr("width", width)
    .attr("height", (rows) => rows * ROW)
    .raise();
  texts
    .selectAll<SVGGElement, Named>(":scope > g")
    .filter(({ item }) => Number.isFinite(lanesBegin) && topOf(item) < lanesBegin)
    .classed("lane-name", true)
    .raise();
}

/** Where the first lane of a picture stands; 0 where it has none. */
export function laneColumn({ items }: Picture): number {
  const lanes = items.filter(({ kind }) => kind === "lifeline") as readonly {
    readonly x: number;
  }[];
  return lanes.length === 0 ? 0 : Math.min(...lanes.map(({ x }) => x));
}

/**
 * The same, with the lanes moved right to where they stand in another picture of the story, as far as
 * the width goes: labels grow longer from step to step, and lanes that move with them unsettle. Where
 * labels stand above their arrows nothing moves.
 */
function withLanesAt(items: readonly Item[], column: number, width: number): readonly Item[] {
  const lanes = items.flatMap((item) => (item.kind === "lifeline" ? [item.x] : []));
  const [first, last] = [Math.min(...lanes), Math.max(...lanes)];
  const names = items.filter((item) => item.kind === "text" && item.job === "name");
  const edge = Math.max(last + 1, ...names.map(rightEdge));
  const by = Math.min(column - first, width - edge);
  const isAbove = items.some(
    (item) => item.kind === "text" && item.job === "label" && rightEdge(item) >= first,
  );
  if (lanes.length === 0 || by <= 0 || isAbove) return items;
  return items.map((item) => {
    if (item.kind === "lifeline") return { ...item, x: item.x + by };
    if (item.kind === "arrow") return { ...item, from: item.from + by, to: item.to + by };
    if (item.kind === "mark") return item.x < first ? item : moved(item, by);
    if (item.kind === "text") return item.job === "name" ? moved(item, by) : item;
    const isAcross = (item.kind === "rule" || item.kind === "panel") && item.x1 >= last;
    return isAcross ? { ...item, x1: item.x1 + by } : item;
  });
}

function moved<I extends MarkItem | TextItem>(item: I, by: number): I {
  const middle = item.middle === undefined ? {} : { middle: item.middle + 2 * by };
  return { ...item, x: item.x + by, ...middle };
}

/** The role of the lane at each column. */
function lanesOf(items: readonly Item[]): ReadonlyMap<number, Role> {
  const lanes = items.filter((item) => item.kind === "lifeline");
  return new Map(lanes.map(({ x, ink }) => [x, ink as Role]));
}

/**
 * Who an item is, apart from where it stands: the first words of its row, the how manieth such row,
 * its kind, the how manieth of its kind there.
 */
function nameAll(items: readonly Item[]): readonly Named[] {
  const rows = Map.groupBy(items, topOf);
  const heads = new Map<string, number>();
  const named: Named[] = [];
  for (const [, row] of [...rows].sort(([a], [b]) => a - b)) {
    const words = row.filter((item) => item.kind === "text").sort((a, b) => a.x - b.x);
    const head = words[0]?.text ?? "";
    const nth = (heads.get(head) ?? 0) + 1;
    heads.set(head, nth);
    for (const [kind, same] of Map.groupBy(row, (item) => item.kind)) {
      for (const [at, item] of same.entries())
        named.push({ item, key: [head, nth, kind, at].join("\n") });
    }
  }
  return named;
}
