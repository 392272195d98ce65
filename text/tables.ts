/** Registers and structures of the hardware as text, drawn from the engine's own tables. */

import type { Layout, Register } from "../engine/index.ts";

/** Bytes of a line, and columns of a byte: a name of 32 bits has 26. */
const LINE = 8;
const BYTE = 7;
/** Columns of the offset, with the indent. */
const MARGIN = 8;

interface Cell {
  /** Bytes from the start of the line; bits from the right end for a register. */
  readonly at: number;
  readonly size: number;
  readonly name: string;
}

/**
 * A structure in memory, eight bytes a line, lowest address first. A row of elements that is longer
 * than a line is one cell; what no field names is `.`, and what lies behind the end is blank.
 * @returns at most 72 columns, ending in a newline
 */
export function bytesOf({ size, fields }: Layout): string {
  const all = Object.entries(fields).map(([name, { at, bytes, count = 1 }]) => {
    return { name: count > 1 ? `${name}[${count}]` : name, at, size: bytes * count };
  });
  const columns = Math.min(LINE, size);
  const lines: string[] = [ruler(columns)];
  for (let from = 0; from < size; ) {
    const long = all.find((one) => one.at === from && one.size > LINE);
    const to = Math.min(size, long ? from + long.size : from + LINE);
    const inside = all.filter((one) => one.at >= from && one.at < to);
    lines.push(edge(columns));
    lines.push(
      line(from, long ? [{ at: 0, size: LINE, name: rangeOf(long) }] : cellsOf(inside, from, size)),
    );
    from = to;
  }
  return `${[...lines, edge(columns)].join("\n")}\n`;
}

function rangeOf({ name, at, size }: Cell): string {
  return `${name}, to 0x${(at + size).toString(16)}`;
}

/** The fields of a line, and what lies between them. */
function cellsOf(fields: readonly Cell[], from: number, end: number): readonly Cell[] {
  const cells: Cell[] = [];
  let next = 0;
  for (const { at, size, name } of [...fields].sort((a, b) => a.at - b.at)) {
    if (at - from > next) cells.push({ at: next, size: at - from - next, name: "." });
    cells.push({ at: at - from, size, name });
    next = at - from + size;
  }
  const inside = Math.min(LINE, end - from);
  if (next < inside) cells.push({ at: next, size: inside - next, name: "." });
  if (inside < LINE && end > LINE) cells.push({ at: inside, size: LINE - inside, name: "" });
  return cells;
}

function ruler(columns: number): string {
  const marks = Array.from({ length: columns }, (_, at) => `+${at}`.padEnd(BYTE));
  return `${" ".repeat(MARGIN + 1)}${marks.join("")}`.trimEnd();
}

function edge(columns: number): string {
  return `${" ".repeat(MARGIN)}+${"-".repeat(columns * BYTE - 1)}+`;
}

/** A name that fills its cell has no blank before it. */
function line(from: number, cells: readonly Cell[]): string {
  const words = cells.map(({ size, name }) => {
    const room = size * BYTE - 1;
    return (name.length < room ? ` ${name}` : name).padEnd(room);
  });
  return `  0x${from.toString(16).padStart(3, "0")} |${words.join("|")}|`;
}

/** The bits of a register or word, highest first; what no field names is `.`. Ends in a newline. */
export function wordOf({ width, fields }: Register): string {
  const cells: Cell[] = [];
  let next = width - 1;
  const known = Object.entries(fields).sort(([, [a]], [, [b]]) => b - a);
  for (const [name, [hi, lo]] of known) {
    if (hi < next) cells.push({ at: hi + 1, size: next - hi, name: "." });
    cells.push({ at: lo, size: hi - lo + 1, name });
    next = lo - 1;
  }
  if (next >= 0) cells.push({ at: 0, size: next + 1, name: "." });
  const wide = cells.map(({ at, size, name }) => {
    const bits = size === 1 ? `${at}` : `${at + size - 1} ${at}`;
    return Math.max(bits.length, name.length) + 2;
  });
  const heads = cells.map(({ at, size }, index) => {
    const columns = (wide[index] ?? 0) - 2;
    const hi = String(at + size - 1);
    return ` ${size === 1 ? hi.padEnd(columns) : hi.padEnd(columns - String(at).length) + at} `;
  });
  const bar = `+${wide.map((columns) => "-".repeat(columns)).join("+")}+`;
  const names = cells.map(({ name }, index) => ` ${name}`.padEnd(wide[index] ?? 0));
  return [
    `  bits   ${heads.join(" ")}`.trimEnd(),
    `        ${bar}`,
    `  field |${names.join("|")}|`,
    `        ${bar}`,
    "",
  ].join("\n");
}
