import { textDigest } from "../core/index.ts";
import { allSteps, findStep, type Step } from "./steps.ts";

/** The form of a link. It grows when the meaning of what is written changes. */
const VERSION = "1";

/**
 * Sum of what a link to a step relies on: numbers, labels and lines of all steps. It differs where
 * the flow or the engine gives another run, and not where only a caption was mended.
 *
 * @returns 8 hex digits
 */
export function storyDigest(steps: readonly Step[]): string {
  const lines = allSteps(steps).map(({ number, label = "", text }) => `${number} ${label} ${text}`);
  return textDigest(lines.join("\n")).slice(0, 8);
}

/**
 * The address of a step, from the site's root:
 * `flows/send-request/?detail=calls&v=1-4.2-3f2a91c8#send`.
 *
 * What stands behind `#` is a line of the printed list, so it works without a script. `v` is the
 * version of this form, the step's number and the digest.
 */
export function stepLink(name: string, steps: readonly Step[], step: Step): string {
  const outer = steps.find(({ number }) => number === step.number.split(".")[0]) ?? step;
  const detail = step.depth === "story" ? "" : `detail=${step.depth}&`;
  const version = `v=${VERSION}-${step.number}-${storyDigest(steps)}`;
  return `flows/${name}/?${detail}${version}#${outer.label ?? outer.number}`;
}

/** Where a link leads. */
export interface Followed {
  readonly step: Step;
  /**
   * same: what was linked to; label: the story is another one now, the label still leads to it;
   * before: the nearest step before what was linked to; unknown: nothing was, it is the first step.
   */
  readonly kind: "same" | "label" | "before" | "unknown";
}

/**
 * The step of a link, in the run as it is now.
 *
 * @param search `?detail=kernel&v=1-4.2-3f2a91c8`, or ""
 * @param address what stands behind `#`, without it: `send`, `send.2`, `4.2`, or ""
 */
export function followLink(
  steps: readonly Step[],
  { search, address }: { readonly search: string; readonly address: string },
): Followed | undefined {
  const [, version, number, sum] = /[?&]v=(\d+)-([\d.]+)-([0-9a-f]+)/.exec(search) ?? [];
  const isNumber = /^[\d.]+$/.test(address);
  const named = isNumber ? address : `@${address}`;
  if (number === undefined) {
    const step = address === "0" ? undefined : findStep(steps, named); // 0 is listed nowhere
    if (step) return { step, kind: "same" };
    if (address === "") return undefined;
    return isNumber ? before(steps, address) : first(steps);
  }
  const isSame = version === VERSION && sum === storyDigest(steps);
  const same = isSame ? findStep(steps, number) : undefined;
  if (same) return { step: same, kind: "same" };
  const labelled = isNumber ? undefined : findStep(steps, named);
  return labelled ? { step: labelled, kind: "label" } : before(steps, number);
}

/** The last step that does not come after `number` and is no deeper. */
function before(steps: readonly Step[], number: string): Followed | undefined {
  const parts = number.split(".").map(Number);
  const found = allSteps(steps).findLast((step) => step.number !== "0" && isUpTo(step, parts));
  return found ? { step: found, kind: "before" } : first(steps);
}

function isUpTo({ number }: Step, limit: readonly number[]): boolean {
  const parts = number.split(".").map(Number);
  if (parts.length > limit.length) return false;
  for (const [at, part] of parts.entries()) {
    const most = limit[at] ?? -1;
    if (part !== most) return part < most;
  }
  return true;
}

function first(steps: readonly Step[]): Followed | undefined {
  const step = steps.find(({ number }) => number !== "0");
  return step && { step, kind: "unknown" };
}
