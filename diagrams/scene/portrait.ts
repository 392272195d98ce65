/** How each kind of event is drawn. One table a room; a kind that nobody drew does not compile. */

import { type Kind, type Machine, type NamedEvent, PAGE } from "../../engine/index.ts";
import type { Party } from "./cast.ts";

/** What a portrait may look at. */
export interface Sitter {
  readonly machine: Machine;
  readonly event: NamedEvent;
}

/** Who does what to whom. Data flows from `from` to `to`. */
export interface Portrait {
  readonly from: Party;
  readonly to: Party;
  /** Both ends change places, as for a copy that goes the other way. */
  readonly isBack?: (sitter: Sitter) => boolean;
  /** What the IOMMU says where one stands between: passed, refused. */
  readonly iommu?: "o" | "X";
  /** Which device `device` is, where it is not the one that acts. */
  readonly device?: (sitter: Sitter) => number;
  /** In a few words, without a colon. */
  readonly label: (sitter: Sitter) => string;
  /** Many of the kind, one after the other, as one row. */
  readonly many?: (count: number) => string;
}

/** All kinds, or those of a few rooms: `Portraits<"mm" | "iommu">`. */
export type Portraits<Room extends string = string> = {
  readonly [K in Kind as K extends `${Room}.${string}` ? K : never]: Portrait;
};

export function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

export function pages(count: number): string {
  return count === 1 ? "1 page" : `${count} pages`;
}

/** Whole pages as pages, the rest as bytes. */
export function whole(size: number): string {
  return size > 0 && size % PAGE === 0 ? pages(size / PAGE) : bytes(size);
}
