import type { Run, Step } from "../../engine/index.ts";

/** The story steps of a slice, both ends included. */
export function between(run: Run, from?: string, to?: string): readonly Step[] {
  const numbers = run.steps.filter(({ number }) => number !== "0");
  const place = (address: string | undefined, other: number) => {
    if (address === undefined) return other;
    const at = numbers.findIndex(({ number, label }) => address === number || address === label);
    return at < 0 ? other : at;
  };
  return numbers.slice(place(from, 0), place(to, numbers.length - 1) + 1);
}
