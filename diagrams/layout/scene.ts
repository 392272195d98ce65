/**
 * What a picture is of, as plain data and without a place. An adapter makes scenes from a run;
 * the layouts give each part its cells; the exports only print.
 *
 * Any text may hold anything: control and non-ASCII characters are shown escaped in 7-bit text, and
 * runs of blanks count as one. Ids are compared, never shown.
 */

/** Who somebody is. Each role has one colour and one way to be drawn without colour. */
export type Role = "process" | "kernel" | "device" | "iommu" | "memory";

/** One participant of a ladder, left to right: processes, kernel, devices, IOMMU, memory. */
export interface Lane {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** A shorter name that the reader knows too, used where the name does not fit. */
  readonly short?: string;
}

/** One arrow of a row. `from` and `to` are ids of lanes; the same one twice is "on its own". */
export interface Hop {
  readonly from: string;
  readonly to: string;
  /** A call or an access is a whole line, a return or a reply is dashed. */
  readonly style: "call" | "return";
}

/** One message: its number and words stand left, its arrows right. */
export interface Message {
  readonly kind: "message";
  /** "3", "3.2", or "" for one more row of the step before. */
  readonly step: string;
  readonly label: string;
  readonly hops: readonly Hop[];
  /** What the IOMMU said where the arrow meets its lane: passed, or refused (it ends there). */
  readonly iommu?: "o" | "X";
  /** The errno in words, "EBUSY". The last call ends in X; the label says it, added if need be. */
  readonly refused?: string;
  /** This is the step that is looked at. */
  readonly current?: boolean;
  /** Who acts. */
  readonly role: Role;
}

export type LadderRow =
  | Message
  /** A section, a loop, an alternative: `== text ====`, level 0 outermost. */
  | { readonly kind: "section"; readonly text: string; readonly level: number }
  /** Words beside the messages; `who` may be "". */
  | { readonly kind: "note"; readonly who: string; readonly text: string };

/** Who says what to whom, in order. */
export interface Ladder {
  /** Sentences; they are set as one paragraph. */
  readonly title: readonly string[];
  readonly lanes: readonly Lane[];
  readonly rows: readonly LadderRow[];
  /** Paragraphs below, such as "System calls = 3 above the line, 0 below it." */
  readonly notes: readonly string[];
}

/** One cell of a board. `note` is the 1-based index of one of the board's notes: shown as [1]. */
export interface BoardCell {
  readonly text: string;
  readonly changed: boolean;
  readonly note?: number;
}

/** One frame of memory at one moment. */
export interface BoardFrame {
  /** "page 7" */
  readonly frame: string;
  /** What it holds, as the reader would say it: `"old"`, "free". */
  readonly content: string;
  /** Whether the content is another one than at the moment before. */
  readonly changed: boolean;
}

export interface BoardMoment {
  /** "before (@forked)" */
  readonly head: string;
  readonly columns: readonly BoardFrame[];
}

/** One viewer (parent, child, engine), or one property of all (pins, same page?). */
export interface BoardRow {
  readonly name: string;
  readonly role: Role;
  /** [moment][column]. One cell for several columns speaks of the moment as a whole. */
  readonly cells: readonly (readonly BoardCell[])[];
}

/** The page board: rows are viewers, columns are frames, cells are rights ("rw", "r-", "."). */
export interface Board {
  readonly title: readonly string[];
  readonly moments: readonly BoardMoment[];
  readonly rows: readonly BoardRow[];
  /** What `*` says: "changed between the two steps" where absent. */
  readonly changed?: string;
  /** Paragraphs below, before the notes. */
  readonly words?: readonly string[];
  /** They become [1], [2], in this order. */
  readonly notes: readonly string[];
}

/** Where one end of a ring stands: by role, with the source's own name and value. */
export interface RingEnd {
  readonly role: "consumer" | "producer";
  /** "head", "tail", "sq_tail", as the source calls it. */
  readonly name: string;
  /** The slot that this end touches next. */
  readonly value: number;
  /** Who moves it, where that helps: "engine". */
  readonly who?: string;
  /** Their role; device for a consumer, process for a producer, where absent. */
  readonly by?: Role;
}

export interface RingCell {
  readonly slot: number;
  /** "free", "REQ", "done". */
  readonly state: string;
  /** What is in it: "a". May be "". */
  readonly label: string;
  readonly changed?: boolean;
  /** What it was, where `changed`: shown in the legend. */
  readonly was?: string;
}

/** One ring. A slot that no cell names is free. */
export interface Ring {
  readonly title: readonly string[];
  readonly slots: number;
  readonly cells: readonly RingCell[];
  readonly ends: readonly RingEnd[];
  /** Paragraphs below: "4 of 8 used; the next request goes to 6." */
  readonly notes: readonly string[];
  /** What the row of labels is called; "request" where absent. */
  readonly holds?: string;
}
