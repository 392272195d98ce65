import { type Actor, type Agenda, agenda } from "./agenda.ts";
import type { CallRow } from "./call.ts";
import type { DefectName } from "./defect.ts";
import { KIND_NAMES, type News, news } from "./event.ts";
import { FAIL_KINDS, type Failure } from "./fail.ts";
import type { Kernel } from "./kernel.ts";
import { type Random, random } from "./random.ts";

/** Who can act. */
export interface ActorRow {
  readonly name: string;
  readonly kind: "story" | "task" | "device";
  /** Its id in its own room: a pid, a device. */
  readonly id: number;
}

/** Why a run is over before its story: the kernel crashed, or a capacity was reached. */
export interface End {
  readonly kind: "bug" | "limit";
  readonly why: string;
}

/** Core's share of the machine. */
export interface CorePart {
  readonly kernel: Kernel;
  /** Defects of the RFC code that this run has switched off: D13, D18. */
  readonly mended: readonly string[];
  readonly agenda: Agenda;
  readonly news: News;
  readonly actors: ActorRow[];
  readonly calls: CallRow[];
  readonly random: Random;
  readonly fails: readonly Failure[];
  readonly asked: Int32Array;
  /** How often each kind of event happened, heard or not, in the order of KIND_NAMES. */
  readonly counts: Float64Array;
  end: End | undefined;
}

export interface CoreOptions {
  readonly kernel: Kernel;
  readonly seed: number;
  readonly mended: readonly string[];
  readonly fails: readonly Failure[];
}

/** The actor that tells the story; it stands first in `actors`. */
export const STORY = 0 as Actor;

/** The share of `core` in an empty machine: time 0, the story its only actor, nothing heard. */
export function corePart({ kernel, seed, mended, fails }: CoreOptions): CorePart {
  return {
    kernel,
    mended,
    agenda: agenda(),
    news: news(),
    actors: [{ name: "story", kind: "story", id: 0 }],
    calls: [],
    random: random(seed),
    fails,
    asked: new Int32Array(FAIL_KINDS.length),
    counts: new Float64Array(KIND_NAMES.length),
    end: undefined,
  };
}

/** Adds somebody who can act. */
export function addActor(machine: CorePart, row: ActorRow): Actor {
  machine.actors.push(row);
  return (machine.actors.length - 1) as Actor;
}

/** Is this known defect of the RFC code still there? */
export function hasDefect(machine: CorePart, defect: DefectName): boolean {
  return !machine.mended.includes(defect);
}

/** Ends the run: the modelled kernel crashed, or the model reached a limit. The first end stays. */
export function endRun(machine: CorePart, end: End): void {
  machine.end ??= end;
}
