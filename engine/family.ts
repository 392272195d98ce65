import { type DeviceLine, type Framework, WAIT } from "./flow/index.ts";
import type { QueueDriverOps, UacceOps } from "./frameworks/index.ts";
import type { Machine, StepOps } from "./machine.ts";
import { EXIT, POLL_CALL, SYSCALL, ZAP } from "./task/index.ts";
import { LIBRARY } from "./user/index.ts";

/** Every way up. It is code, never state: a saved machine names its drivers and routines. */
export type EngineOps = StepOps &
  UacceOps<Machine> &
  QueueDriverOps<Machine> & {
    /** Rows of the library's routine that only some stories need. */
    readonly library?: EngineOps["routines"][string];
  };

/** Frameworks that stand on the same drivers. A page fetches those of its story, and no others. */
export interface Family {
  readonly ops: Partial<EngineOps>;
  /** What is there before the first device. */
  readonly start?: (machine: Machine) => void;
  /** The device's driver offers it by the framework of the flow's header, as `line` describes it. */
  readonly register: (
    machine: Machine,
    framework: Framework,
    device: number,
    line: DeviceLine,
  ) => void;
}

/** What every story has. */
const EVERY: EngineOps = {
  file: {},
  routines: {
    syscall: SYSCALL,
    exit: EXIT,
    library: LIBRARY,
    wait: WAIT,
    poll: POLL_CALL,
    zap: ZAP,
  },
  device: {},
  mdev: {},
};

/** The ways up that these families have, and every story. */
export function opsOf(families: readonly Pick<Family, "ops">[]): EngineOps {
  let ops = EVERY;
  for (const { ops: all } of families) {
    const { library: rows, ...more } = all;
    const library = { ...ops.routines.library, ...more.routines?.library, ...rows };
    ops = {
      ...ops,
      ...more,
      file: { ...ops.file, ...more.file },
      routines: { ...ops.routines, ...more.routines, library },
      device: { ...ops.device, ...more.device },
      mdev: { ...ops.mdev, ...more.mdev },
      engines: { ...ops.engines, ...more.engines },
    };
  }
  return ops;
}
