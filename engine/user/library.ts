import { record } from "../core/index.ts";
import { call, done, findNode, type Routine, type Row, to } from "../task/index.ts";
import { argsOf, failed, numberOf, returned } from "./call.ts";
import { MEMORY } from "./memory-library.ts";
import { placeOf, type UserPart } from "./part.ts";
import { QM_OPEN, QM_RECV, QM_SEND } from "./qm-library.ts";

/** The user drivers, by what the file `device_api` says. */
export const USER_DRIVERS = {
  hisi_qm_v1: "qmRings",
  hisi_qm_v2: "qmRings",
  wd_dummy_v1: "dummyPage",
  nic_ring_v1: "nicOpen",
} as const;

function isDriver(name: string): name is keyof typeof USER_DRIVERS {
  return Object.hasOwn(USER_DRIVERS, name);
}

/** Sends a call on to the user driver that the queue was opened with. Refuses: -EBADF. */
function byDriver(rows: { readonly [kind: string]: string }): Row<UserPart> {
  return (machine, _ops, { pid, frame }) => {
    const place = placeOf(machine, pid, numberOf(argsOf(machine, frame)[0]));
    const queue = machine.userQueues[place];
    if (!queue) return failed("EBADF", "no queue was opened at this descriptor");
    const row = rows[queue.state.kind];
    return row === undefined ? failed("EINVAL", "a ring of packets: they come in bursts") : to(row);
  };
}

/**
 * Sends a call on to the user driver of a network card's rings, which only stories with a card bring
 * along (nic-library.ts). Refuses: -EBADF.
 */
const byRings: Row<UserPart> = (machine, _ops, { pid, frame }) => {
  const { call: pc, args } = record(machine.calls, frame.call);
  const { state } = machine.userQueues[placeOf(machine, pid, numberOf(args[0]))] ?? {};
  if (state?.kind !== "nic") return failed("EBADF", "no rings were opened at this descriptor");
  return call({ ...frame, routine: "nic", pc }, "handed");
};

/** Sends a call on to wd.c, which only stories of VFIO bring along (wd-library.ts). */
function byFile(pc: string): Row<UserPart> {
  return (machine, _ops, { frame }) => {
    const isVfio = findNode(machine, "/dev/vfio/vfio") !== undefined;
    if (!isVfio) return failed("ENODEV", "this library is made for VFIO");
    return call({ routine: "wd", pc, call: frame.call, numbers: [] }, "handed");
  };
}

/**
 * The calls of the WarpDrive library, and those of the user drivers below it, in one routine: the queue
 * manager's here, the others come with the families of stories that have such a device.
 *
 * Refuses: -ENODEV for the calls of wd.c where the framework is not one of VFIO's.
 * Leaves out: wd.c of the second and third RFC: what a program asks for once is made of system
 * calls, one by one, in their flows.
 * Source: samples/warpdrive/wd.c near RFCv1
 */
export const LIBRARY: Routine<UserPart> = {
  drv_open: (machine, _ops, { frame }) => {
    const name = argsOf(machine, frame)[1];
    if (typeof name !== "string" || !isDriver(name)) return failed("ENODEV", "no such user driver");
    return to(USER_DRIVERS[name]);
  },
  wd_request_queue: byFile("request"),
  wd_release_queue: byFile("release"),
  wd_mem_share: byFile("share"),
  wd_mem_unshare: byFile("unshare"),
  wd_send_sync: byFile("send"),
  wd_recv_sync: byFile("recv"),
  nicOpen: (machine, _ops, { frame }) => {
    if (machine.nics.length === 0) return failed("ENODEV", "there is no network card");
    return call({ ...frame, routine: "nic", pc: "open" }, "handed");
  },
  rx_queue_setup: byRings,
  rx_burst: byRings,
  tx_burst: byRings,
  pktmbuf_free: byRings,
  handed: (machine, _ops, { pid }) => done(returned(machine, pid)),
  wd_send: byDriver({ qm: "qmStore", dummy: "dummyStore" }),
  wd_recv: byDriver({ qm: "qmLook", dummy: "dummyLook" }),
  ...QM_OPEN,
  ...QM_SEND,
  ...QM_RECV,
  ...MEMORY,
};

/** The calls that a flow may make again and again: each is a row of LIBRARY to begin at. */
export const POLLED_CALLS = [
  "drv_open",
  "wd_send",
  "wd_recv",
  "store",
  "load",
  "rx_queue_setup",
  "rx_burst",
  "tx_burst",
  "pktmbuf_free",
] as const;

/** All that a flow may name. */
export const LIBRARY_CALLS = [
  ...POLLED_CALLS,
  "wd_request_queue",
  "wd_release_queue",
  "wd_mem_share",
  "wd_mem_unshare",
  "wd_send_sync",
  "wd_recv_sync",
] as const;
