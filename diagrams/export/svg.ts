/**
 * SVG of a picture, in two profiles. `site`: colours are the page's custom properties, the ground is
 * the page. `kernel`: fixed colours, its own ground, nothing that rsvg, Inkscape or LaTeX drop
 * (the rules of the kernel profile). One element a line: it is going to be a diff.
 */

import type { Item, Part, Picture, TextItem } from "../layout/index.ts";
import { inForm, plain } from "../layout/index.ts";
import type { Text } from "./ascii.ts";
import { xml, xmlComment, xmlLines } from "./escape.ts";
import { svgFaults } from "./svg-check.ts";
import { PALETTES, type Palette } from "./svg-palette.ts";
import { grounds, shapes } from "./svg-shapes.ts";

/** Pixels of a cell, of a row, of the margin. */
export const CELL = 8;
export const ROW = 20;
const MARGIN = 12;
/** Columns of indent that a picture does not need. */
const LEFT = 2;
/** A monospace advance is 0.602 of the size at most: no text is wider than its cells. */
const FONT_SIZE = 13.25;
const BASELINE = 14;

export interface SvgOptions {
  readonly profile: "site" | "kernel";
  readonly title: string;
  readonly desc: string;
  /** Where it comes from: flow, step, version, the flow's own text. Goes into the metadata. */
  readonly source?: string | undefined;
  /** For the licence comment of the kernel profile. */
  readonly licence?: string | undefined;
  readonly parts?: readonly Part[] | undefined;
}

/** Pixels of a column and of the top of a row. */
export interface Scale {
  readonly x: (column: number) => number;
  readonly y: (row: number) => number;
}

export function toSvg(picture: Picture, options: SvgOptions): Text {
  const palette = PALETTES[options.profile];
  const drawn = inForm(picture, "drawn");
  const items = drawn.items.filter((item) => !options.parts || options.parts.includes(item.part));
  const top = Math.min(...items.map(topOf), picture.height);
  const bottom = Math.max(0, ...items.map(bottomOf));
  const scale: Scale = {
    x: (column) => (column - LEFT) * CELL + MARGIN,
    y: (row) => (row - top) * ROW + MARGIN,
  };
  const width = Math.max(1, scale.x(picture.width) + MARGIN);
  const height = Math.max(1, scale.y(bottom + 1) + MARGIN);
  const words = items.filter((item) => item.kind === "text");
  const lines = [
    ...opening(options, palette, width, height),
    ...grounds(items, palette, scale),
    ...shapes(items, palette, scale),
    `<g fill="${palette.text}">`,
    ...words.map((item) => textElement(item, palette, scale)),
    "</g>",
    "</svg>",
  ];
  const text = `${lines.join("\n")}\n`;
  // Parts of a picture hold parts of its labels.
  const labels = options.parts ? [] : drawn.labels;
  const [fault] = svgFaults(text, labels, options.profile);
  if (fault === undefined) return { ok: true, text };
  return { ok: false, message: `SVG: ${plain(fault)}`, breaches: [] };
}

function opening(
  { profile, title, desc, source, licence }: SvgOptions,
  palette: Palette,
  width: number,
  height: number,
): readonly string[] {
  const isKernel = profile === "kernel";
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    ...(isKernel ? ['<?xml version="1.0" encoding="UTF-8"?>'] : []),
    ...(isKernel ? [`<!-- SPDX-License-Identifier: ${xmlComment(licence ?? "GPL-2.0")} -->`] : []),
    `<svg xmlns="http://www.w3.org/2000/svg" ${size}`,
    `     role="img" font-family="${palette.font}" font-size="${FONT_SIZE}">`,
    `<title>${xml(title)}</title>`,
    `<desc>${xmlLines(desc)}</desc>`,
    ...(source ? [`<metadata>${xmlLines(source)}</metadata>`] : []),
    ...(isKernel ? [`<rect width="${width}" height="${height}" fill="${palette.ground}"/>`] : []),
  ];
}

function textElement(item: TextItem, palette: Palette, scale: Scale): string {
  const isHeavy = item.strong || (item.job === "name" && item.ink !== "muted");
  const fill = item.ink === "text" ? "" : ` fill="${palette[item.ink]}"`;
  const weight = isHeavy ? ' font-weight="bold"' : "";
  const isCentred = item.middle !== undefined;
  const x = isCentred ? scale.x((item.middle ?? 0) / 2) : scale.x(item.x);
  const anchor = isCentred ? ' text-anchor="middle"' : "";
  const at = `x="${x}" y="${scale.y(item.y) + BASELINE}"${anchor}`;
  return `<text ${at}${fill}${weight}>${xml(item.text)}</text>`;
}

function topOf(item: Item): number {
  if ("y" in item) return item.y;
  return "ys" in item ? Math.min(...item.ys) : item.y0;
}

function bottomOf(item: Item): number {
  if ("y" in item) return item.y;
  return "ys" in item ? Math.max(...item.ys) : item.y1;
}
