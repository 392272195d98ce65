/** The rows of a ladder, put one after the other in the columns that were chosen for them. */

import {
  type Arrangement,
  isCrossing,
  laneIndex,
  whole,
  wholeWidth,
  wording,
} from "./ladder-words.ts";
import { namesLegend, putHeading } from "./lane-names.ts";
import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Picture,
  picture,
  putLines,
  putText,
  rightEdge,
  type Sheet,
  sheet,
} from "./picture.ts";
import type { Hop, Ladder, LadderRow, Message } from "./scene.ts";
import { measure, tidy, wrap } from "./words.ts";

/** What every row needs to know. */
interface Pen extends Arrangement {
  readonly on: Sheet;
  readonly ladder: Ladder;
  /** One past the last column of whole numbers. */
  readonly wholeEnd: number;
}

/** One hop as lanes: where it starts and ends, and whether it is refused there. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly hop: Hop;
  readonly isRefused: boolean;
}

export function drawLadder(
  ladder: Ladder,
  arrangement: Arrangement,
  width: number,
): Picture | undefined {
  const on = sheet(width);
  const messages = ladder.rows.filter((row) => row.kind === "message");
  const wholeEnd = INDENT + wholeWidth(messages);
  const pen: Pen = { ...arrangement, on, ladder, wholeEnd };
  if (!putTitle(on, ladder.title)) return undefined;
  if (pen.lanes.length > 0) putHeading(on, pen.lanes, pen.head, (lane) => xOf(pen, lane));
  const top = on.y;
  for (const row of ladder.rows) if (!putRow(pen, row)) return undefined;
  putLifelines(pen, top);
  return putLegend(on, legend(pen)) ? picture(on, "sequence") : undefined;
}

function xOf(pen: Arrangement, lane: number): number {
  return pen.firstX + lane * pen.pitch;
}

function putRow(pen: Pen, row: LadderRow): boolean {
  if (row.kind === "message") return putMessage(pen, row);
  return row.kind === "section" ? putSection(pen, row) : putNote(pen, row);
}

/** Each lane from below its name to the last row, but for rows where words stand on it. */
function putLifelines(pen: Pen, top: number): void {
  const { on } = pen;
  const words = on.items.filter((item) => item.kind === "text");
  for (const [index, lane] of pen.lanes.entries()) {
    const x = xOf(pen, index);
    const covered = new Set(
      words.filter((item) => item.x <= x + 1 && rightEdge(item) >= x).map((item) => item.y),
    );
    let y0 = top - (pen.head.rows[index] ?? 0);
    for (let y = y0; y <= on.y; y += 1) {
      if (y < on.y && !covered.has(y)) continue;
      const at = { x, y0, y1: y - 1 };
      if (y > y0) on.items.push({ kind: "lifeline", ...at, part: "drawing", ink: lane.role });
      y0 = y + 1;
    }
  }
}

function putSection(pen: Pen, row: LadderRow & { readonly kind: "section" }): boolean {
  const { on } = pen;
  const x = INDENT + 2 * Math.max(0, Math.floor(row.level));
  const lines = wrap(row.text, on.width - x - 6) ?? wrap(row.text, on.width - x - 3);
  if (!lines) return false;
  const textX = x + 3;
  if (lines.length === 0) return true;
  const ink = "muted";
  on.items.push({ kind: "rule", x0: x, x1: x + 1, y: on.y, part: "drawing", ink });
  putLines(on, { x: textX, y: on.y }, lines, { part: "drawing", ink: "text", job: "section" });
  on.y += lines.length;
  const end = textX + measure(lines.at(-1) as string) + 1;
  const edge = Math.min(on.width, Math.max(pen.right, end + 2));
  if (end < edge) {
    on.items.push({ kind: "rule", x0: end, x1: edge - 1, y: on.y - 1, part: "drawing", ink });
  }
  return true;
}

function putNote(pen: Pen, row: LadderRow & { readonly kind: "note" }): boolean {
  const { on, labelX } = pen;
  const who = tidy(row.who);
  const text = tidy(row.text);
  const said = ["[note]", who && text ? `${who}: ${text}` : who || text].filter(Boolean).join(" ");
  const lines = wrap(said, on.width - labelX);
  if (!lines) return false;
  putLines(on, { x: labelX, y: on.y }, lines, { part: "drawing", ink: "text", job: "note" });
  on.y += lines.length;
  return true;
}

function putMessage(pen: Pen, row: Message): boolean {
  const { on, labelX, labelWidth, ladder } = pen;
  const text = wording(row, isCrossing(row, ladder.lanes));
  const lines = wrap(text, labelWidth);
  if (!lines) return false;
  const top = on.y;
  const strong = row.current === true;
  const ink = row.refused || row.iommu === "X" ? "refusal" : "text";
  const packed = pack(row.hops.map((hop, index) => runOf(pen, row, hop, index)));
  const tall = pen.lanes.length > 0 ? Math.max(1, packed.length) : 0;
  putStep(pen, row, top);
  putLines(on, { x: labelX, y: top }, lines, { part: "drawing", ink, job: "label", strong });
  const arrowsAt = pen.isAbove ? top + lines.length : top;
  const words = pen.isAbove ? 0 : lines.length;
  for (let line = 0; line < tall; line += 1) {
    const y = arrowsAt + line;
    const isBare = line >= words && !(line === 0 && words === 0 && top === y && isStepped(row));
    if (isBare) {
      on.items.push({
        kind: "mark",
        mark: ".",
        x: pen.wholeEnd - 1,
        y,
        part: "drawing",
        ink: "muted",
      });
    }
    putRuns(pen, row, packed[line] ?? [], y);
  }
  on.y = Math.max(top + 1, top + lines.length, arrowsAt + tall);
  if (strong) {
    const box = { x0: INDENT, y0: top, x1: pen.right - 1, y1: on.y - 1 };
    on.items.push({ kind: "panel", look: "current", ...box, part: "drawing", ink: row.role });
  }
  return true;
}

function isStepped(row: Message): boolean {
  return tidy(row.step) !== "";
}

function putStep(pen: Pen, row: Message, y: number): void {
  const { on, wholeEnd } = pen;
  const strong = row.current === true;
  const at = { x: wholeEnd - measure(whole(row.step)), y };
  const ink = strong ? "text" : "muted";
  putText(on, at, row.step, { part: "drawing", ink, job: "step", strong });
  if (!strong || !isStepped(row)) return;
  const x = at.x + measure(tidy(row.step));
  on.items.push({ kind: "mark", mark: ">", x, y, part: "drawing", ink: "text" });
}

function runOf(pen: Pen, row: Message, hop: Hop, index: number): Run {
  const from = laneIndex(pen.lanes, hop.from);
  const to = laneIndex(pen.lanes, hop.to);
  const iommu = pen.lanes.findIndex((lane) => lane.role === "iommu");
  const isInside = Math.min(from, to) < iommu && iommu < Math.max(from, to);
  const isStopped = row.iommu === "X" && from !== to && (isInside || to === iommu);
  if (isStopped) {
    // What is refused is the request: also of a read, whose data would have come the other way.
    const start = pen.lanes[from]?.role === "memory" ? to : from;
    return { from: start, to: iommu, hop, isRefused: true };
  }
  const lastCall = row.hops.map((some) => some.style).lastIndexOf("call");
  const isRefused = Boolean(row.refused) && row.iommu !== "X" && index === lastCall && from !== to;
  return { from, to, hop, isRefused };
}

/** Arrows that do not overlap share a row, in their order. */
function pack(runs: readonly Run[]): readonly (readonly Run[])[] {
  const rows: Run[][] = [];
  for (const run of runs) {
    const last = rows.at(-1);
    if (last && !last.some((other) => overlap(other, run))) last.push(run);
    else rows.push([run]);
  }
  return rows;
}

/** Two may meet at a lane where both end, none is refused, and not both are on their own. */
function overlap(left: Run, right: Run): boolean {
  const start = Math.max(Math.min(left.from, left.to), Math.min(right.from, right.to));
  const end = Math.min(Math.max(left.from, left.to), Math.max(right.from, right.to));
  if (start !== end) return start < end;
  const runs = [left, right];
  const isInside = runs.some((run) => run.from !== start && run.to !== start);
  const isStopped = runs.some((run) => run.isRefused && run.to === start);
  return isInside || isStopped || runs.every((run) => run.from === run.to);
}

function putRuns(pen: Pen, row: Message, runs: readonly Run[], y: number): void {
  const { on, lanes } = pen;
  const part = "drawing";
  const ink = row.role;
  const iommu = lanes.findIndex((lane) => lane.role === "iommu");
  const covered = new Set<number>();
  let isPassed = false;
  for (const { from, to, hop, isRefused } of runs) {
    for (let lane = Math.min(from, to); lane <= Math.max(from, to); lane += 1) covered.add(lane);
    if (from === to) {
      on.items.push({ kind: "mark", mark: "|", x: xOf(pen, from), y, part, ink });
      continue;
    }
    const end = isRefused ? "refused" : "reached";
    const at = { from: xOf(pen, from), to: xOf(pen, to), y, style: hop.style };
    on.items.push({ kind: "arrow", ...at, end, part, ink });
    const isMet = Math.min(from, to) <= iommu && iommu <= Math.max(from, to);
    isPassed ||= row.iommu === "o" && isMet && !(isRefused && to === iommu);
  }
  if (isPassed) {
    on.items.push({ kind: "mark", mark: "o", x: xOf(pen, iommu), y, part, ink: "iommu" });
  }
  for (const lane of lanes.keys()) {
    if (covered.has(lane)) continue;
    on.items.push({ kind: "mark", mark: ".", x: xOf(pen, lane), y, part, ink: "muted" });
  }
}

/** What the marks mean, then what the scene wants said. */
function legend(pen: Pen): readonly string[] {
  const messages = pen.ladder.rows.filter((row) => row.kind === "message");
  const crossing = messages.filter((row) => isCrossing(row, pen.lanes));
  const passed = crossing.some((row) => row.iommu === "o");
  const stopped = crossing.some((row) => row.iommu === "X");
  const refused = messages.some(
    (row) => row.refused && row.iommu !== "X" && row.hops.some((hop) => hop.style === "call"),
  );
  const marks = [
    passed ? "o = translated and checked by the IOMMU." : "",
    stopped && !refused ? `X = refused by ${passed ? "it" : "the IOMMU"}.` : "",
    refused ? "X = refused." : "",
  ];
  const names = namesLegend(pen.lanes, pen.head);
  return [marks.filter(Boolean).join(" "), names, ...pen.ladder.notes];
}
