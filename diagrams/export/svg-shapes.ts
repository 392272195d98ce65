/**
 * Everything of an SVG that is not words. Roles differ without colour: process thin, kernel double,
 * IOMMU dashed, device thick, memory a strip of pages.
 */

import type {
  ArrowItem,
  Ink,
  Item,
  LifelineItem,
  MarkItem,
  Role,
  StrokeItem,
} from "../layout/index.ts";
import type { Scale } from "./svg.ts";
import type { Palette } from "./svg-palette.ts";

/** Half a cell, half a row: where the middle of a character is. */
const MID_X = 4;
const MID_Y = 10;
/** Half of what a lane takes, so that an arrow ends at its edge. */
const HALF: Readonly<Record<Role, number>> = {
  process: 1,
  kernel: 3,
  device: 2,
  iommu: 1,
  memory: 5,
};
const HEAD = 8;

/** Panels behind everything, then lifelines, grids and rules. */
export function grounds(items: readonly Item[], palette: Palette, scale: Scale): readonly string[] {
  const out: string[] = [];
  for (const item of items) {
    if (item.kind !== "panel") continue;
    const x = scale.x(item.x0) - MID_X;
    const y = scale.y(item.y0);
    const width = scale.x(item.x1 + 1) + MID_X - x;
    const height = scale.y(item.y1 + 1) - y;
    const box = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    if (item.look === "frame") {
      out.push(`<rect ${box} fill="none" stroke="${palette[item.ink]}"/>`);
    } else out.push(`<rect ${box} fill="${palette.mark}"/>`);
  }
  // Frames last: a ground may not cover an outline.
  out.sort((left, right) => Number(left.includes("stroke")) - Number(right.includes("stroke")));
  return [...out, ...lifelines(items, palette, scale), ...lines(items, palette, scale)];
}

function lifelines(items: readonly Item[], palette: Palette, scale: Scale): readonly string[] {
  const byRole = new Map<Ink, LifelineItem[]>();
  for (const item of items) {
    if (item.kind !== "lifeline") continue;
    byRole.set(item.ink, [...(byRole.get(item.ink) ?? []), item]);
  }
  return [...byRole].map(([ink, lanes]) => {
    const path = lanes.map((lane) => lanePath(lane, scale)).join("");
    const dash = ink === "iommu" ? ' stroke-dasharray="5 4"' : "";
    const width = ink === "device" ? ' stroke-width="3"' : "";
    const look = `stroke="${palette[ink]}" stroke-opacity="0.55"${width}${dash}`;
    return `<path d="${path}" fill="none" ${look}/>`;
  });
}

function lanePath(lane: LifelineItem, scale: Scale): string {
  const x = scale.x(lane.x) + MID_X;
  const top = scale.y(lane.y0);
  const bottom = scale.y(lane.y1 + 1);
  if (lane.ink === "kernel") return `M${x - 2} ${top}V${bottom}M${x + 2} ${top}V${bottom}`;
  if (lane.ink !== "memory") return `M${x} ${top}V${bottom}`;
  const pages = Array.from({ length: lane.y1 - lane.y0 }, (_, row) => {
    return `M${x - 4} ${scale.y(lane.y0 + row + 1)}h8`;
  });
  return `M${x - 4} ${top}h8V${bottom}h-8Z${pages.join("")}`;
}

function lines(items: readonly Item[], palette: Palette, scale: Scale): readonly string[] {
  const out: string[] = [];
  let rules = "";
  for (const item of items) {
    if (item.kind === "rule") {
      rules += `M${scale.x(item.x0)} ${scale.y(item.y) + MID_Y}H${scale.x(item.x1 + 1)}`;
    }
    if (item.kind !== "grid") continue;
    const [top = 0, bottom = 0] = [item.ys[0], item.ys.at(-1)];
    const [left = 0, right = 0] = [item.xs[0], item.xs.at(-1)];
    const middleX = (column: number) => scale.x(column) + MID_X;
    // Text needs a row for a line; here the outer ones move up to the words.
    const levelY = (row: number) =>
      row === top ? scale.y(row + 1) : scale.y(row) + (row === bottom ? 0 : MID_Y);
    const levels = item.ys.map((y) => `M${middleX(left)} ${levelY(y)}H${middleX(right)}`);
    const uprights = item.xs.map((x) => `M${middleX(x)} ${levelY(top)}V${levelY(bottom)}`);
    const path = [...levels, ...uprights].join("");
    out.push(`<path d="${path}" fill="none" stroke="${palette[item.ink]}"/>`);
  }
  if (rules) out.push(`<path d="${rules}" stroke="${palette.rule}"/>`);
  return out;
}

/** Arrows and marks. */
export function shapes(items: readonly Item[], palette: Palette, scale: Scale): readonly string[] {
  const roles = new Map<number, Role>();
  for (const item of items) if (item.kind === "lifeline") roles.set(item.x, item.ink as Role);
  const shafts = new Map<string, string>();
  const heads = new Map<string, string>();
  const marks: string[] = [];
  const add = (to: Map<string, string>, key: string, path: string) => {
    to.set(key, `${to.get(key) ?? ""}${path}`);
  };
  for (const item of items) {
    if (item.kind === "stroke") marks.push(...strokeElements(item, palette, scale));
    if (item.kind === "mark") marks.push(...markElement(item, palette, scale));
    if (item.kind !== "arrow") continue;
    const colour = palette[item.ink];
    const ends = arrowEnds(item, roles, scale);
    const y = scale.y(item.y) + MID_Y;
    const sign = item.to > item.from ? 1 : -1;
    const dash = item.style === "return" ? ' stroke-dasharray="6 4"' : "";
    const look = `stroke="${colour}" stroke-width="1.5"${dash}`;
    add(shafts, look, `M${ends.from} ${y}H${ends.to - sign * (HEAD - 2)}`);
    add(heads, colour, `M${ends.to} ${y}l${-sign * HEAD} -4v8Z`);
    if (item.end === "refused") marks.push(cross(ends.cross, y, palette));
  }
  return [
    ...[...shafts].map(([look, path]) => `<path d="${path}" ${look}/>`),
    ...[...heads].map(([colour, path]) => `<path d="${path}" fill="${colour}"/>`),
    ...marks,
  ];
}

/** A line in the middle of what it goes through; its head or cross is as that of an arrow. */
function strokeElements(item: StrokeItem, palette: Palette, scale: Scale): readonly string[] {
  const points: (readonly [x: number, y: number])[] = [];
  for (let at = 0; at + 1 < item.path.length; at += 2) {
    const [x = 0, y = 0] = [item.path[at], item.path[at + 1]];
    points.push([scale.x(x / 10), scale.y(y / 10)]);
  }
  const [before, end] = points.slice(-2);
  if (!before || !end) return [];
  const colour = palette[item.ink];
  const path = points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x} ${y}`).join("");
  if (item.look === "surface") return [`<path d="${path}Z" fill="${colour}"/>`];
  const line = `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  if (item.look === "refused") return [line, cross(end[0], end[1], palette)];
  if (item.look === "frame")
    return [`<path d="${path}" fill="none" ${frameLook(item.ink, palette)}/>`];
  const back = end[0] < before[0] ? HEAD : -HEAD;
  const head = `<path d="M${end[0]} ${end[1]}l${back} -4v8Z" fill="${colour}"/>`;
  return item.look === "arrow" ? [line, head] : [line];
}

function frameLook(ink: Ink, palette: Palette): string {
  const dash = ink === "iommu" ? ' stroke-dasharray="5 4"' : "";
  return `stroke="${palette[ink]}" stroke-width="${ink === "device" ? 3 : 1}"${dash}`;
}

function arrowEnds(
  item: ArrowItem,
  roles: ReadonlyMap<number, Role>,
  scale: Scale,
): { readonly from: number; readonly to: number; readonly cross: number } {
  const sign = item.to > item.from ? 1 : -1;
  const half = (column: number) => HALF[roles.get(column) ?? "process"];
  const cross = scale.x(item.to) + MID_X;
  const room = item.end === "refused" ? 7 : half(item.to);
  const from = scale.x(item.from) + MID_X + sign * half(item.from);
  return { from, to: cross - sign * room, cross };
}

function cross(x: number, y: number, palette: Palette): string {
  const path = `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`;
  return `<path d="${path}" stroke="${palette.refusal}" stroke-width="2.5"/>`;
}

function markElement(item: MarkItem, palette: Palette, scale: Scale): readonly string[] {
  const x = item.middle === undefined ? scale.x(item.x) + MID_X : scale.x(item.middle / 2);
  const y = scale.y(item.y) + MID_Y;
  const colour = palette[item.ink];
  switch (item.mark) {
    case "o":
      return [
        `<circle cx="${x}" cy="${y}" r="4.5" fill="${palette.ground}" stroke="${colour}" stroke-width="2"/>`,
      ];
    case "^":
      return [`<path d="M${x} ${y - 7}l5 10h-10Z" fill="${colour}"/>`];
    case ">":
      return [`<path d="M${x + 4} ${y}l-7 -5v10Z" fill="${colour}"/>`];
    case "|":
      return [`<path d="M${x} ${y - 6}v12" stroke="${colour}" stroke-width="4"/>`];
    default:
      return []; // a lifeline shows idleness, a word shows change
  }
}
