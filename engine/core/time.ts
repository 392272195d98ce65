import type { Brand } from "./address.ts";
import { assert } from "./assert.ts";

/** A point in time, in whole picoseconds since the run began. */
export type Instant = Brand<number, "Instant">;
/** A length of time, in whole picoseconds. */
export type Span = Brand<number, "Span">;

export const START = 0 as Instant;

/** Rounds half up: a floor would make every rate too fast. */
function whole(picoseconds: number): Span {
  const span = Math.floor(picoseconds + 0.5);
  assert(Number.isSafeInteger(span) && span >= 0, "not a span in picoseconds", picoseconds);
  return span as Span;
}

/** A span in picoseconds, the unit of all time here. */
export function ps(count: number): Span {
  return whole(count);
}

/** A span in nanoseconds, rounded to whole picoseconds. */
export function ns(count: number): Span {
  return whole(count * 1_000);
}

/** A span in microseconds, rounded to whole picoseconds. */
export function us(count: number): Span {
  return whole(count * 1_000_000);
}

/** A span in milliseconds, rounded to whole picoseconds. */
export function ms(count: number): Span {
  return whole(count * 1_000_000_000);
}

/** The instant that comes so much later. */
export function after(instant: Instant, span: Span): Instant {
  const at = instant + span;
  assert(Number.isSafeInteger(at), "the clock is past 2^53 ps", at);
  return at as Instant;
}
