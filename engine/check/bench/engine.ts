import type { CoreOptions, Events } from "../../core/index.ts";
import type { Entry, FlowPart } from "../../flow/index.ts";
import type { FrameworkPart } from "../../frameworks/index.ts";
import type { ParentOps } from "../../mdev/index.ts";
import type { VfioSettings } from "../../vfio/index.ts";

/** The whole machine, as far as the checks look at it. */
export interface CheckMachine extends FlowPart, FrameworkPart {}

/**
 * The machine room, handed in by whoever runs the checks: `check` stands left of machine.ts and
 * does not import it. Methods, so that the machine itself fits.
 */
export interface Engine {
  /** Every way up, as flows use it. */
  readonly ops: ParentOps<CheckMachine>;
  emptyMachine(
    options: CoreOptions,
    script: readonly Entry[],
    vfio?: Partial<VfioSettings>,
  ): CheckMachine;
  /** One step, with these drivers behind the names. @returns false when nothing is left to do */
  stepBy(ops: ParentOps<CheckMachine>, machine: CheckMachine, sink: Events): boolean;
}
