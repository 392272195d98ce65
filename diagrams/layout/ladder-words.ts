/** What a ladder says, before anything has a place: steps, wording, who crosses the IOMMU. */

import type { Heading } from "./lane-names.ts";
import type { Lane, Message } from "./scene.ts";
import { measure, tidy } from "./words.ts";

/** Where everything stands from left to right. */
export interface Arrangement {
  readonly lanes: readonly Lane[];
  readonly head: Heading;
  readonly pitch: number;
  readonly firstX: number;
  readonly labelX: number;
  readonly labelWidth: number;
  /** Labels on a row of their own, above their arrow. */
  readonly isAbove: boolean;
  /** One past the last column. */
  readonly right: number;
  readonly cost: number;
}

/** The place of a lane. An unknown id is a mistake of whoever made the scene, and never silent. */
export function laneIndex(lanes: readonly Lane[], id: string): number {
  const index = lanes.findIndex((lane) => lane.id === id);
  if (index < 0) {
    throw new Error(`no lane "${id}"; there are ${lanes.map((lane) => lane.id).join(", ")}`);
  }
  return index;
}

/** Columns of the steps: whole numbers stand under each other, "3.2" goes on to the right. */
export function stepWidth(messages: readonly Pick<Message, "step">[]): number {
  const whole = wholeWidth(messages);
  return Math.max(2, ...messages.map((row) => whole + measure(fraction(row.step))));
}

export function wholeWidth(messages: readonly Pick<Message, "step">[]): number {
  return Math.max(2, ...messages.map((row) => measure(whole(row.step))));
}

export function whole(step: string): string {
  return tidy(step).split(".")[0] ?? "";
}

function fraction(step: string): string {
  return tidy(step).slice(whole(step).length);
}

/** What a message says: its label, and the errno and the IOMMU where the label does not say it. */
export function wording(row: Message, isCrossing: boolean): string {
  const label = tidy(row.label);
  const errno = row.refused ? tidy(row.refused) : "";
  const isSaid = errno === "" || label.includes(errno);
  const joint = / = -?\d+$/.test(label) ? " " : " = "; // "= -1" goes on as strace does: "= -1 EBUSY"
  const said = isSaid ? label : tidy(`${label}${joint}${errno}`);
  if (!row.iommu || isCrossing) return said;
  return tidy(`${said}, ${row.iommu === "o" ? "passed" : "refused"} by the IOMMU`);
}

/** Does one of the arrows cross the lane of the IOMMU, or end there? */
export function isCrossing(row: Message, lanes: readonly Lane[]): boolean {
  const iommu = lanes.findIndex((lane) => lane.role === "iommu");
  if (iommu < 0) return false;
  return row.hops.some((hop) => {
    const from = laneIndex(lanes, hop.from);
    const to = laneIndex(lanes, hop.to);
    const isInside = Math.min(from, to) < iommu && iommu < Math.max(from, to);
    const isEnd = to === iommu || (from === iommu && row.iommu === "o");
    return isInside || (from !== to && isEnd);
  });
}
