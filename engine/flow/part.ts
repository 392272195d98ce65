import type { Value, Why } from "../core/index.ts";
import type { UserPart } from "../user/index.ts";
import type { Always, Expect, Flow, Section, Statement } from "./ast.ts";

/** One line of the story that does something, and which flow it stands in. */
export interface Entry {
  readonly item: Statement | Expect | Always | Section;
  /** The file it stands in, and whether that flow only runs first (`given`). */
  readonly file: string;
  readonly isGiven: boolean;
}

/** The names that one process has for things. A value. */
export type Names = { readonly [name: string]: Value };

/** An expectation that did not hold. */
export interface FailedExpectation {
  readonly file: string;
  readonly line: number;
  readonly label?: string;
  readonly expected: string;
  readonly got: string;
  /** The check that refused and what it was in turn refused by, outermost first. */
  readonly chain: readonly Why[];
}

/** Where a label was: what had happened when its statement began. A value. */
export interface Mark {
  readonly label: string;
  readonly calls: number;
  readonly counts: readonly number[];
}

/** Where the story is. Changed in place by the one handler that tells it. */
export interface Story {
  /** The next entry of the script. */
  cursor: number;
  /** The entry that is being waited for, and its process; -1 for none. */
  entry: number;
  pid: number;
  /** True when the last entry is done, or can never be. */
  isOver: boolean;
  /** Characters of text that calls were given so far. */
  given: number;
}

/** The share of flow in the machine. */
export interface FlowPart extends UserPart {
  readonly script: readonly Entry[];
  readonly story: Story;
  /** One a process, by pid. */
  readonly names: Names[];
  readonly marks: Mark[];
  readonly failures: FailedExpectation[];
  /** The row of `machine.calls` of each entry; -1 before it began. */
  readonly rows: number[];
}

export function flowPart(
  script: readonly Entry[],
): Pick<FlowPart, "script" | "story" | "names" | "marks" | "failures" | "rows"> {
  return {
    script,
    story: { cursor: 0, entry: -1, pid: -1, isOver: false, given: 0 },
    names: [],
    marks: [],
    failures: [],
    rows: script.map(() => -1),
  };
}

/** Flows that run, the given ones first, each once. */
export interface Cast {
  readonly main: Flow;
  readonly given: readonly Flow[];
}
