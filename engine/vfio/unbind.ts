import { ACTION, after, cost, emit, ms, ok, plan, record, refuse } from "../core/index.ts";
import {
  answer,
  done,
  type FileOps,
  lineOf,
  type Routine,
  sleepDeaf,
  to,
  wake,
} from "../task/index.ts";
import { beginLeaving, delGroupDev, isDeviceBusy } from "./device.ts";
import { DEVICE_DRIVER, type VfioOps } from "./ops.ts";
import type { VfioPart } from "./part.ts";

/** The file that takes a device away from vfio-pci. */
export const PCI_UNBIND = "/sys/bus/pci/drivers/vfio-pci/unbind";

/** So often is a program asked to let go. Source: VFIO-SM-053 */
const PERIOD = ms(10_000);

/**
 * The name of a device is written to vfio-pci's `unbind`, with or without a newline.
 *
 * Refuses: EACCES to open for anybody but root (mode 0200); ENODEV where vfio-pci has no such
 * device. Else the writer waits until no program has it: see UNBIND.
 * Source: drivers/base/bus.c unbind_store v4.18
 */
export const PCI_UNBIND_FILE: FileOps<VfioPart> = {
  open(machine, _ops, object, pid) {
    if (!record(machine.tasks, pid).creds.root) return refuse("EACCES", "only root may write this");
    return ok(object);
  },
  write(machine, _ops, { text, call }) {
    const name = lineOf(text);
    const device = machine.vfioDevices.findIndex(
      (one) => one.driver === DEVICE_DRIVER.pci && !one.isGone && one.name === name,
    );
    if (device < 0) return refuse("ENODEV", "vfio-pci has no such device");
    return { enter: { routine: UNBIND_NAME, pc: "lock", call, numbers: [device, text.length] } };
  },
};

const UNBIND_NAME = "pciUnbind";

/**
 * A driver takes its device back (vfio_del_group_dev): the program that has it open is asked at
 * once, and every 10 s again, each time with a count, until it lets go.
 *
 *   lock --> ask --> wait --> (nobody has it) --> leave --> gone
 *     |       ^       |
 *     |       +-------+ 10 s later
 *     +-- another one unbinds it: the second writer waits, and finds nothing left to do
 *
 * A signal does not end the wait: Linux only warns that the task is blocked.
 *
 * Leaves out: the one more request that a signal brings; that VFIO calls, and not vfio-pci, may
 * take a device away (hot unplug).
 * Source: drivers/vfio/vfio.c vfio_del_group_dev v4.18; drivers/vfio/vfio_main.c
 * vfio_unregister_group_dev v6.1; drivers/base/dd.c device_release_driver v4.18
 */
export const UNBIND: Routine<VfioPart, "lock" | "ask" | "wait" | "leave"> = {
  lock: (machine, _ops, { frame }) => {
    const [id = 0, taken = 0] = frame.numbers;
    const { isGone, isLeaving } = record(machine.vfioDevices, id);
    if (isGone) return done(answer(ok(taken)));
    if (isLeaving) return sleepDeaf("lock");
    beginLeaving(machine, id);
    return to("ask", ms(0), [id, taken, 0, 0]);
  },
  ask: (machine, ops: VfioOps<VfioPart>, { pid, frame }) => {
    const [id = 0, taken = 0, count = 0] = frame.numbers;
    const { driver, object, opens } = record(machine.vfioDevices, id);
    if (opens === 0) return to("leave");
    emit(machine, "vfio.request", id, count);
    ops.device[driver]?.request?.(machine, ops, object, count);
    const { agenda } = machine;
    const until = after(agenda.now, PERIOD);
    plan(agenda, PERIOD, ACTION.timer, record(machine.tasks, pid).actor, pid);
    return to("wait", ms(0), [id, taken, count + 1, until]);
  },
  wait: (machine, _ops, { frame }) => {
    const [id = 0, , , until = 0] = frame.numbers;
    if (record(machine.vfioDevices, id).opens === 0) return to("leave");
    return machine.agenda.now >= until ? to("ask") : sleepDeaf("wait");
  },
  leave: (machine, ops: VfioOps<VfioPart>, { frame }) => {
    const [id = 0, taken = 0] = frame.numbers;
    if (isDeviceBusy(machine, id)) return sleepDeaf("leave");
    delGroupDev(machine, ops, id);
    wakeUnbinders(machine);
    return done(answer(ok(taken)));
  },
};

/** Somebody let a device go: all who wait for one look again, as on the one queue of Linux. */
export function wakeUnbinders(machine: VfioPart): void {
  for (const [pid, { stack }] of machine.tasks.entries()) {
    if (stack.at(-1)?.routine === UNBIND_NAME) wake(machine, pid, cost("wake"));
  }
}
