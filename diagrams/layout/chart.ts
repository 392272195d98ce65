/**
 * Charts. A histogram has a row a bucket, the count first: a row that began with `>256us` would be a
 * quotation to mail readers. Curves are a plot, a letter a series.
 */

import { type Curves, putCurves } from "./curves.ts";
import { putScaledLegend, type ScaleWords, scaleWords } from "./forms.ts";
import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Layout,
  layOut,
  type Picture,
  picture,
  putLines,
  putText,
  type Sheet,
  sheet,
} from "./picture.ts";
import { barPath, roundUp } from "./scale.ts";
import type { Role } from "./scene.ts";
import { isHazard, measure, tidy, widest, wrap } from "./words.ts";

export interface HistogramRow {
  readonly label: string;
  /** A whole number, 0 or more: how long the bar is. */
  readonly value: number;
  /** How it is written; the number itself where absent. */
  readonly shown?: string;
  readonly role?: Role;
}

export interface Histogram {
  readonly kind: "histogram";
  readonly title: readonly string[];
  /** Above the values and above the labels: "samples", "bucket". */
  readonly heads: readonly [value: string, label: string];
  /** Buckets stand right, words left. */
  readonly align: "left" | "right";
  readonly rows: readonly HistogramRow[];
  /** So many in words: "33 samples". */
  readonly amount: (count: number) => string;
  /** Paragraphs below. */
  readonly notes: readonly string[];
}

export type Chart = Histogram | Curves;

/** Fewer columns than this are no bar; up to the second, bars give way before a label is wrapped. */
const BAR_MIN = 8;
const BAR_GOOD = 20;

export function layoutChart(chart: Chart, width: number): Layout {
  return layOut(width, (some) => attempt(chart, some));
}

function attempt(chart: Chart, width: number): Picture | undefined {
  const on = sheet(width);
  if (!putTitle(on, chart.title)) return undefined;
  if (chart.kind === "histogram") {
    const scale = putHistogram(on, chart);
    if (!scale) return undefined;
    return putScaledLegend(on, scale.words, chart.notes) ? picture(on, "chart") : undefined;
  }
  const legend = putCurves(on, chart);
  if (!legend) return undefined;
  return putLegend(on, [...legend, ...chart.notes]) ? picture(on, "chart") : undefined;
}

/** Where the columns of a histogram stand. */
interface Columns {
  readonly valueX: number;
  readonly valueEnd: number;
  readonly labelX: number;
  readonly labelWidth: number;
  readonly barX: number;
}

/** @returns how its bars are to be read, where it has any; nothing where it does not fit */
function putHistogram(
  on: Sheet,
  chart: Histogram,
): { readonly words: ScaleWords | undefined } | undefined {
  const at = columnsOf(chart, on.width);
  if (!at) return undefined;
  const most = chart.rows.reduce((max, { value }) => Math.max(max, value), 0);
  const unit = roundUp(Math.ceil(most / (on.width - at.barX)));
  const [valueHead, labelHead] = chart.heads.map(tidy) as [string, string];
  const muted = { part: "drawing", ink: "muted", job: "name" } as const;
  putText(on, { x: at.valueEnd - measure(valueHead), y: on.y }, valueHead, muted);
  putText(on, { x: labelStart(chart, at, labelHead), y: on.y }, labelHead, muted);
  on.y += 1;
  for (const row of chart.rows) putRow(on, chart, row, { ...at, unit });
  const hasDots = chart.rows.some(({ value }) => value > 0 && value * 2 < unit);
  const less = hasDots ? "; . is less than half of that" : "";
  return { words: most === 0 ? undefined : scaleWords(chart.amount(unit), less) };
}

function columnsOf({ rows, heads, align }: Histogram, width: number): Columns | undefined {
  const values = [heads[0], ...rows.map(valueWords)].map(tidy);
  const valueX = values.some((words) => isHazard(words)) ? INDENT + 2 : INDENT;
  const valueEnd = valueX + widest(values);
  const labelX = Math.max(INDENT + 2, valueEnd + (align === "left" ? 2 : 1));
  const labels = rows.map(({ label }) => tidy(label));
  const head = measure(tidy(heads[1]));
  let best: { readonly lines: number; readonly labelWidth: number } | undefined;
  for (let bar = BAR_GOOD; bar >= BAR_MIN; bar -= 1) {
    const room = width - labelX - 2 - bar;
    const wrapped = room < head ? [undefined] : labels.map((label) => wrap(label, room));
    if (wrapped.includes(undefined)) continue;
    const lines = wrapped.flatMap((some) => some ?? []);
    if (!best || lines.length < best.lines) {
      best = { lines: lines.length, labelWidth: Math.max(head, widest(lines)) };
    }
  }
  if (!best) return undefined;
  const { labelWidth } = best;
  return { valueX, valueEnd, labelX, labelWidth, barX: labelX + labelWidth + 2 };
}

function valueWords({ value, shown }: HistogramRow): string {
  return tidy(shown ?? String(value));
}

function labelStart({ align }: Histogram, at: Columns, text: string): number {
  return align === "left" ? at.labelX : at.labelX + at.labelWidth - measure(text);
}

function putRow(
  on: Sheet,
  chart: Histogram,
  row: HistogramRow,
  at: Columns & { readonly unit: number },
): void {
  const { y } = on;
  const words = valueWords(row);
  const look = { part: "drawing", job: "cell" } as const;
  putText(on, { x: at.valueEnd - measure(words), y }, words, { ...look, ink: "text" });
  const lines = wrap(row.label, at.labelWidth) ?? [];
  const longest = lines.reduce((most, line) => (measure(line) > measure(most) ? line : most), "");
  const ink = row.role ?? "text";
  putLines(on, { x: labelStart(chart, at, longest), y }, lines, { ...look, ink, job: "label" });
  on.y += Math.max(1, lines.length);
  if (row.value <= 0) return;
  const cells = Math.floor(row.value / at.unit + 0.5);
  const tenths = Math.max(1, Math.floor((10 * row.value) / at.unit));
  on.items.push({
    kind: "stroke",
    look: "surface",
    x: at.barX,
    y,
    spelling: cells === 0 ? "." : "#".repeat(cells),
    path: barPath(10 * at.barX, 10 * at.barX + tenths, y),
    part: "drawing",
    ink: row.role ?? "process",
  });
}
