/**
 * The ladder: step and label in a left column, lanes to the right, one row a message.
 *
 *                app    kernel  engine  IOMMU   memory
 *    1 doorbell  |-------------->|       .       .
 *    2 fetch     .       .       |<------o-------|
 *
 * No line runs over a label and no row begins with a lane. Where it gets narrow, the lanes move
 * together, then idle ones go, then the label stands above its arrow; then the width is refused.
 */

import { drawLadder } from "./ladder-rows.ts";
import { type Arrangement, isCrossing, laneIndex, stepWidth, wording } from "./ladder-words.ts";
import { heading, leftmost, overhang } from "./lane-names.ts";
import { INDENT, type Layout, layOut, type Picture } from "./picture.ts";
import type { Ladder, Lane } from "./scene.ts";
import { measure, tidy, widest, wrap } from "./words.ts";

/** Lanes under a label stand this far in, where there is room. */
const ABOVE_INDENT = 2;
/** Blanks between a label and the first lane. */
const GAP = 2;
/** What a pitch costs, in thirds of a row: 8 apart is best, more is for long names, 3 is hardly an arrow. */
const PITCHES = [
  [8, 0],
  [7, 1],
  [9, 1],
  [10, 2],
  [12, 4],
  [6, 2],
  [5, 10],
  [4, 16],
  [3, 40],
] as const;
/** What one more row costs. */
const ROW_COST = 3;
/** Lanes that come and go from step to step unsettle: rather four rows more. */
const DROP_COST = 12;

export function layoutSequence(ladder: Ladder, width: number): Layout {
  for (const row of ladder.rows) {
    if (row.kind !== "message") continue;
    for (const hop of row.hops) laneIndex(ladder.lanes, hop.from) + laneIndex(ladder.lanes, hop.to);
  }
  return layOut(width, (some) => attempt(ladder, some), leastWidth(ladder));
}

/** No word is broken, so the widest one in its place is a floor. */
function leastWidth(ladder: Ladder): number {
  const widestWord = (text: string) => widest(tidy(text).split(" "));
  const labelX = labelColumn(ladder);
  const rows = ladder.rows.map((row) => {
    if (row.kind === "section") return widestWord(row.text) + INDENT + 3;
    const text = row.kind === "note" ? row.text : row.label;
    return widestWord(text) + labelX;
  });
  const texts = [...ladder.title, ...ladder.notes].map((text) => widestWord(text) + INDENT);
  return Math.max(0, ...rows, ...texts);
}

function attempt(ladder: Ladder, width: number): Picture | undefined {
  const column = labelColumn(ladder);
  const whole = arrangements(ladder, ladder.lanes, width, column);
  const busy = busyLanes(ladder);
  const dropped =
    busy.length < ladder.lanes.length
      ? arrangements(ladder, busy, width, column).map((some) => ({
          ...some,
          cost: some.cost + DROP_COST,
        }))
      : [];
  const all = [...whole, ...dropped].sort((left, right) => left.cost - right.cost);
  for (const arrangement of all) {
    const made = drawLadder(ladder, arrangement, width);
    if (made) return made;
  }
  return undefined;
}

/** Lanes that an arrow or a mark of the IOMMU touches. */
function busyLanes(ladder: Ladder): readonly Lane[] {
  const messages = ladder.rows.filter((row) => row.kind === "message");
  const used = new Set(messages.flatMap((row) => row.hops.flatMap((hop) => [hop.from, hop.to])));
  const isChecked = messages.some((row) => row.iommu);
  return ladder.lanes.filter((lane) => used.has(lane.id) || (isChecked && lane.role === "iommu"));
}

/** Where labels start: behind the widest step, and behind the mark of the current one. */
function labelColumn(ladder: Ladder): number {
  const messages = ladder.rows.filter((row) => row.kind === "message");
  const hasCurrent = messages.some((row) => row.current && tidy(row.step) !== "");
  return INDENT + stepWidth(messages) + (hasCurrent ? 2 : 1);
}

/** All ways to set these lanes side by side, each with its cost. */
function arrangements(
  ladder: Ladder,
  lanes: readonly Lane[],
  width: number,
  labelX: number,
): Arrangement[] {
  const messages = ladder.rows.filter((row) => row.kind === "message");
  const words = messages.map((row) => wording(row, isCrossing(row, ladder.lanes)));
  const lines = words.map((text) => wrap(text, width - labelX)?.length);
  const rows = lines.reduce((sum: number, some) => sum + (some ?? 0), 0);
  const found: Arrangement[] = [];
  for (const [pitch, price] of lanes.length > 1 ? PITCHES : [PITCHES[0]]) {
    const head = heading(lanes, pitch);
    if (!head) continue;
    const span = lanes.length > 0 ? (lanes.length - 1) * pitch + 1 + overhang(head, pitch) : 0;
    const least = leftmost(head, pitch);
    const place = { lanes, head, pitch, labelX, cost: price + head.cost };
    const beside = besides(words, { ...place, span, least }, width);
    if (beside) found.push(beside);
    const firstX = Math.max(least, labelX, Math.min(labelX + ABOVE_INDENT, width - span));
    if (firstX + span > width) continue;
    if (lines.includes(undefined)) continue;
    const cost = place.cost + ROW_COST * rows + 8;
    const right = Math.max(
      firstX + span,
      ...words.map((text) => Math.min(width, labelX + measure(text))),
    );
    found.push({ ...place, firstX, labelWidth: width - labelX, isAbove: true, right, cost });
  }
  return found;
}

type Place = Omit<Arrangement, "firstX" | "labelWidth" | "isAbove" | "right"> & {
  readonly span: number;
  readonly least: number;
};

/** Labels to the left of the lanes, as wide as they need and can. */
function besides(words: readonly string[], place: Place, width: number): Arrangement | undefined {
  const { span, least, ...rest } = place;
  const room = width - span - GAP - place.labelX;
  if (room < 1) return undefined;
  const lines = words.map((text) => wrap(text, room));
  if (lines.includes(undefined)) return undefined;
  const set = lines.map((some) => some ?? []);
  const labelWidth = Math.max(0, ...set.map(widest));
  const firstX = Math.max(least, place.labelX + labelWidth + GAP);
  if (firstX + span > width) return undefined;
  const extra = set.reduce((sum, some) => sum + Math.max(0, some.length - 1), 0);
  const cost = place.cost + ROW_COST * extra;
  return { ...rest, firstX, labelWidth, isAbove: false, right: firstX + span, cost };
}
