/** A walk from an address to a frame, as plain data and without a place. */

import type { Role } from "./scene.ts";

/** One entry that is read on the way. */
export interface WalkEntry {
  /** "PGD[254]", "STE[0]", "IOTLB" */
  readonly name: string;
  /** What it says, right of it: "stage 1". */
  readonly says?: string;
  readonly role: Role;
}

/** How a walk ends: at a frame, or where it is stopped. */
export interface WalkEnd {
  readonly kind: "frame" | "refused";
  /** Under each other: "Page 0x8_1234_5000", "+ offset 0xabc"; why it is stopped, and what comes of it. */
  readonly lines: readonly string[];
}

export interface WalkPath {
  /** What this walk is, above it: "before (@mapped)"; may be "". */
  readonly head: string;
  readonly address?: {
    /** "VA", "IOVA" */
    readonly name: string;
    readonly text: string;
    /** Which bits of it choose the entry of that place, and what they are. */
    readonly fields: readonly { readonly bits: string; readonly index: string }[];
  };
  /** What leads to the first entry: "TTBR0"; may be "". */
  readonly root: string;
  readonly entries: readonly WalkEntry[];
  /** Where absent the walk goes on in the next path. */
  readonly end?: WalkEnd;
}

/** One walk, or several one above the other. */
export interface Walk {
  readonly title: readonly string[];
  readonly paths: readonly WalkPath[];
  /** Paragraphs below. */
  readonly notes: readonly string[];
}
