/** Which calls of the stories are refused, with what errno, and by which check. */
import { allSteps } from "../../engine/index.ts";
import { runOf } from "./library.ts";
import { storyNames } from "./stories.ts";

export interface Refusal {
  readonly errno: string;
  /** What the check says, outermost first: "driver refused, then EBUSY: no free queue". */
  readonly why: string;
  /** The stories' steps that show it. */
  readonly steps: readonly { readonly flow: string; readonly at: string }[];
}

export interface RefusedCall {
  /** "VFIO_IOMMU_MAP_DMA" for an ioctl, else the call. */
  readonly call: string;
  readonly refusals: readonly Refusal[];
}

/** A step for each is enough. */
const STEPS_MAX = 3;

/** The calls by name, and for each its refusals in the order in which the stories come to them. */
export function refusedCalls(): readonly RefusedCall[] {
  const calls = new Map<
    string,
    Map<string, { errno: string; why: string; steps: Refusal["steps"] }>
  >();
  for (const flow of storyNames()) {
    const run = runOf(flow, "site/lib/refusals.ts");
    for (const { row, label, number, text } of allSteps(run.steps)) {
      const entry = row === undefined ? undefined : run.machine.calls[row];
      const errno = entry?.result?.errno;
      if (entry === undefined || errno === undefined || label === undefined) continue;
      const name = /\bioctl\([^,]+, (\w+)/.exec(text)?.[1] ?? entry.call;
      const why = reasonOf(entry.result?.chain ?? []);
      const known = calls.get(name) ?? new Map();
      const key = `${errno} ${why}`;
      const steps = known.get(key)?.steps ?? [];
      const more = steps.length < STEPS_MAX ? [{ flow, at: label || number }] : [];
      known.set(key, { errno, why, steps: [...steps, ...more] });
      calls.set(name, known);
    }
  }
  return [...calls]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([call, refusals]) => ({ call, refusals: [...refusals.values()] }));
}

function reasonOf(chain: readonly { readonly errno: string; readonly why: string }[]): string {
  return chain.map(({ errno, why }, at) => (at === 0 ? why : `with ${errno}: ${why}`)).join(", ");
}
