/** Which object of the kernel a step touches: what its descriptor leads to, or its queue. */

import { DRIVER, type Machine, type Run, record, type Step } from "../../engine/index.ts";
import { queueOf } from "./queue.ts";
import { machineAt } from "./recent.ts";

/** An object, by the name of its box. */
export type ObjectId = `${"file" | "container" | "group" | "mdev" | "queue" | "request"} ${number}`;

/** What an open file stands for; itself, where it stands for nothing else. */
export function objectOf(machine: Machine, file: number): ObjectId {
  const { driver, object } = record(machine.files, file);
  switch (driver) {
    case DRIVER.container:
      return `container ${object}`;
    case DRIVER.group:
      return `group ${object}`;
    case DRIVER.vfioDevice:
      return `mdev ${object}`;
    case DRIVER.spimdevQueue:
    case DRIVER.uacceQueue:
      return `queue ${object}`;
    case DRIVER.uacceV3Queue:
      return `queue ${record(machine.v3Queues, object).queue}`;
    case DRIVER.ioctlDevice:
      return `queue ${record(machine.channels, object).queue}`;
    default:
      return `file ${file}`;
  }
}

/** Calls whose first argument is a descriptor, and the one that says it at the end. */
const BY_FD: Readonly<Record<string, number>> = { ioctl: 0, close: 0, read: 0, write: 0, mmap: 4 };

/** The object that a step is about; undefined where it is about none. */
export function touchedBy(run: Run, step: Step, before: Machine): ObjectId | undefined {
  const { machine } = run;
  const row = step.row === undefined ? undefined : machine.calls[step.row];
  if (row?.kind !== "syscall") return step.number === "0" ? undefined : queueTouched(run, step);
  const pid = record(machine.actors, row.actor).id;
  const opened = row.call === "open" && row.result?.errno === undefined;
  const place = BY_FD[row.call];
  const fd = opened ? row.result?.value : place === undefined ? -1 : Number(row.args[place]);
  const at = opened ? machineAt(run, step.after) : before;
  const file = at.tasks[pid]?.fds[fd ?? -1] ?? -1;
  return file < 0 ? undefined : objectOf(at, file);
}

function queueTouched(run: Run, step: Step): ObjectId | undefined {
  const { events } = run;
  const first = run.steps[0]?.after ?? 0;
  const hasHappened = events.step
    .subarray(0, events.count)
    .some((at) => at > first && at <= step.after);
  const queue = hasHappened ? queueOf(run, step) : undefined;
  return queue === undefined ? undefined : `request ${queue}`;
}

const TOUCHED = new WeakMap<Step, { readonly object: ObjectId | undefined }>();

/** As `touchedBy`, remembered: it takes the machine before the step. */
export function touchedOf(run: Run, step: Step): ObjectId | undefined {
  const known = TOUCHED.get(step) ?? { object: touchedBy(run, step, machineAt(run, step.before)) };
  TOUCHED.set(step, known);
  return known.object;
}
