import type { NumberForm } from "./ast.ts";

/** One of a form: in bytes, in picoseconds. */
export const UNITS: Readonly<Record<"K" | "M" | "G" | "ns" | "us" | "ms", bigint>> = {
  K: 1024n,
  M: 1024n * 1024n,
  G: 1024n * 1024n * 1024n,
  ns: 1_000n,
  us: 1_000_000n,
  ms: 1_000_000_000n,
};

export const SPAN_FORMS: readonly NumberForm[] = ["ns", "us", "ms"];

const VALUE_END = 1n << 64n;
const VALUE_MIN = -(1n << 63n);
/** 0 and 22 octal digits are the longest number there is; more would only cost time. */
const DIGITS_MAX = 24;

export interface Numeral {
  readonly value: bigint;
  readonly form: NumberForm;
}

/** Reads a number as written. @returns `undefined` where it is none, or has more than 64 bits */
export function numeral(text: string, isNegative: boolean): Numeral | undefined {
  if (text.length > DIGITS_MAX) return undefined;
  const read = magnitude(text);
  if (!read) return undefined;
  const value = isNegative ? -read.value : read.value;
  return value < VALUE_END && value >= VALUE_MIN ? { ...read, value } : undefined;
}

function magnitude(text: string): Numeral | undefined {
  if (/^0x[0-9a-fA-F]+$/.test(text)) return { value: BigInt(text), form: "hex" };
  if (/^0[0-7]+$/.test(text)) return { value: BigInt(`0o${text.slice(1)}`), form: "octal" };
  const parts = /^(0|[1-9]\d*)(K|M|G|ns|us|ms)?$/.exec(text);
  if (!parts) return undefined;
  const count = BigInt(parts[1] as string);
  const unit = parts[2] as keyof typeof UNITS | undefined;
  return unit ? { value: count * UNITS[unit], form: unit } : { value: count, form: "decimal" };
}

/** Writes it back: the shortest text of that form. */
export function numeralText({ value, form }: Numeral): string {
  const sign = value < 0n ? "-" : "";
  const size = value < 0n ? -value : value;
  if (form === "hex") return `${sign}0x${size.toString(16)}`;
  if (form === "octal") return `${sign}0${size.toString(8)}`;
  if (form === "decimal") return `${sign}${size}`;
  const unit = UNITS[form];
  // A value that is no whole number of the unit was put there by a program: keep the value.
  if (size % unit === 0n) return `${sign}${size / unit}${form}`;
  const finer = form === "ms" || form === "us" ? "ns" : undefined;
  if (finer && size % UNITS[finer] === 0n) return `${sign}${size / UNITS[finer]}${finer}`;
  return `${sign}${size}`;
}
