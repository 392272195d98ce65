/** Round numbers for axes, and times in words. All whole numbers in, all whole numbers out. */

const MANTISSAS = [10, 15, 20, 25, 30, 40, 50, 60, 80, 100];
const TICKS = [10, 20, 50, 100];

/** The least round number that is not below `least`; 1 for what is not above 1. */
export function roundUp(least: number, isTick = false): number {
  if (least <= 1) return 1;
  let power = 1;
  while (power * 10 < least) power *= 10;
  const mantissas = isTick ? TICKS : MANTISSAS;
  const found = mantissas.map((mantissa) => (mantissa * power) / 10);
  return found.find((round) => round >= least && Number.isInteger(round)) ?? power * 10;
}

const UNITS = [
  ["s", 1e12],
  ["ms", 1e9],
  ["us", 1e6],
  ["ns", 1e3],
] as const;

/** Picoseconds as "170 ns", "8.54 us": exact up to three digits behind the point. */
export function timeWords(picoseconds: number): string {
  if (picoseconds === 0) return "0";
  const [name, size] = UNITS.find(([, unit]) => Math.abs(picoseconds) >= unit) ?? ["ns", 1e3];
  const thousandths = Math.floor((picoseconds * 1000) / size + 0.5);
  const digits = String(Math.abs(thousandths)).padStart(4, "0");
  const fraction = digits.slice(-3).replace(/0+$/, "");
  const sign = thousandths < 0 ? "-" : "";
  return `${sign}${digits.slice(0, -3)}${fraction === "" ? "" : `.${fraction}`} ${name}`;
}

/** A rectangle as a path, in tenths of cells: the middle of a row, so that rows stay apart. */
export function barPath(x0: number, x1: number, y: number): readonly number[] {
  const [top, bottom] = [10 * y + 2, 10 * y + 8];
  return [x0, top, x1, top, x1, bottom, x0, bottom];
}
