/** One event as a row of a ladder: its portrait, with lanes in place of parties. */

import { type Machine, type NamedEvent, record } from "../../engine/index.ts";
import type { Hop, Role } from "../layout/index.ts";
import { isShielded, partyLane, partyRole } from "./cast.ts";
import { HW_PORTRAITS } from "./hw-portraits.ts";
import { KERNEL_PORTRAITS } from "./kernel-portraits.ts";
import type { Portrait, Portraits } from "./portrait.ts";
import { SVA_PORTRAITS } from "./sva-portraits.ts";

/** Every kind of event. One that nobody drew is an error here. */
const PORTRAITS: Portraits = { ...KERNEL_PORTRAITS, ...SVA_PORTRAITS, ...HW_PORTRAITS };

export interface EventRow {
  readonly label: string;
  readonly hop: Hop;
  readonly iommu?: "o" | "X";
  readonly role: Role;
  /** Not by an IOMMU: there is no memory. */
  readonly refused?: string;
  /** Many of them in one row. */
  readonly many?: (count: number) => string;
}

/** The device of an event: the one that it names, else the one that acts; -1 for none. */
function deviceOf(machine: Machine, event: NamedEvent): number {
  const named = PORTRAITS[event.kind].device?.({ machine, event });
  const { kind, id } = record(machine.actors, event.actor);
  return named ?? (kind === "device" ? id : -1);
}

export function eventRow(machine: Machine, event: NamedEvent): EventRow {
  const portrait: Portrait = PORTRAITS[event.kind];
  const sitter = { machine, event };
  const device = deviceOf(machine, event);
  const [start, end] = portrait.isBack?.(sitter)
    ? [portrait.to, portrait.from]
    : [portrait.from, portrait.to];
  const lane = (party: Portrait["from"]) => partyLane(machine, event, { party, device });
  const isChecked = portrait.iommu && device >= 0 && isShielded(machine, device);
  const acts = portrait.from === "memory" ? portrait.to : portrait.from;
  return {
    label: portrait.label(sitter),
    hop: { from: lane(start), to: lane(end), style: "call" },
    ...(isChecked && portrait.iommu ? { iommu: portrait.iommu } : {}),
    role: partyRole(machine, event, acts),
    ...(portrait.iommu === "X" && !isChecked ? { refused: "no memory there" } : {}),
    ...(portrait.many ? { many: portrait.many } : {}),
  };
}
