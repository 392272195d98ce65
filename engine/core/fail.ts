/**
 * What may be made to fail: `fail KIND k` of a flow fails the k-th of them. An invalidation that
 * fails is one that the kernel forgets: nobody refuses, and an IOTLB keeps what it knew.
 */
export const FAIL_KINDS = ["allocate", "pin", "map", "invalidate"] as const;
export type FailKind = (typeof FAIL_KINDS)[number];

export interface Failure {
  readonly kind: FailKind;
  /** Which one fails, counted from 1. */
  readonly nth: number;
}

export interface FailPart {
  readonly fails: readonly Failure[];
  /** How many of each kind were asked for so far, in the order of FAIL_KINDS. */
  readonly asked: Int32Array;
}

/** Counts one more of `kind`, and says whether the flow wants it to fail. */
export function isToFail(machine: FailPart, kind: FailKind): boolean {
  const at = FAIL_KINDS.indexOf(kind);
  const nth = (machine.asked[at] as number) + 1;
  machine.asked[at] = nth;
  return machine.fails.some((fail) => fail.kind === kind && fail.nth === nth);
}
