import { type ErrnoName, hasDefect, openCall, record, type Value } from "../core/index.ts";
import { ringBytes } from "../hw/index.ts";
import {
  call,
  DRIVER,
  done,
  type Frame,
  fileOf,
  type Next,
  type Routine,
  to,
} from "../task/index.ts";
import { argsOf, failed, numberOf, returned, systemCall } from "./call.ts";
import { placeOf, type UserPart, type WdQueue } from "./part.ts";
import { close, closing, REQUEST } from "./wd-request.ts";

/** The record of a queue that wd_request_queue made, by the program's handle. */
function mine(machine: UserPart, pid: number, fd: number): WdQueue | undefined {
  return machine.wdQueues.findLast((one) => one.pid === pid && one.fd === fd);
}

/** Was the queue opened by the dummy's user driver? */
function isDummy(machine: UserPart, pid: number, fd: number): boolean {
  return machine.userQueues[placeOf(machine, pid, fd)]?.state.kind === "dummy";
}

const NO_QUEUE = ["EBADF", "no queue was requested by this name"] as const satisfies [
  ErrnoName,
  string,
];
const RIGHTS = 3;
const DMA = { SINGLE_PROC_MAP: 1, SVM_NO_FAULT: 8 } as const;

/** The ioctl that a program shares memory by, or takes it back. */
function dma(command: "MAP" | "UNMAP", va: number, size: number, flags: number): Value[] {
  const range = { iova: va, size };
  if (command === "UNMAP") return ["VFIO_IOMMU_UNMAP_DMA", { argsz: 24, flags: 0, ...range }];
  return ["VFIO_IOMMU_MAP_DMA", { argsz: 32, flags: RIGHTS | flags, vaddr: va, ...range }];
}

/**
 * wd_release_queue(q): the rings are unmapped, then all is closed. Known defects: D9, the caller's
 * container too.
 *
 * wd_mem_share(q, address, size, flags): MAP_DMA with the address itself as device address. @returns
 * what the ioctl returned; -1 for a device whose dma_flag says neither. The dummy's driver says 0, and
 * its user driver brings no call of its own instead (D4); mended, it has one that does nothing: the
 * device copies with the CPU, by the program's own addresses.
 *
 * wd_mem_unshare(q, address, size). Known defects: D6, without PASIDs it does nothing.
 *
 * Refuses, all three: -EBADF where no queue was requested, which the original does not notice.
 */
const MEMORY: Routine<UserPart, "release" | "unmapped" | "closed" | "share" | "unshare" | "told"> =
  {
    release: (machine, _ops, { pid, frame }) => {
      const fd = numberOf(argsOf(machine, frame)[0]);
      const { state } = machine.userQueues[placeOf(machine, pid, fd)] ?? {};
      if (!mine(machine, pid, fd) || !state) return failed(...NO_QUEUE);
      if (state.kind === "nic") return to("unmapped", undefined, [state.rings, 1, state.page, 1]);
      if (state.kind === "dummy") return to("unmapped", undefined, [state.page, 1]);
      return to("unmapped", undefined, [
        state.sq,
        ringBytes(state.engine) / 4096,
        state.doorbell,
        1,
      ]);
    },
    unmapped: (machine, _ops, { pid, frame }) => {
      const [at, pages = 0, ...rest] = frame.numbers;
      if (at !== undefined) {
        return call(systemCall(machine, frame, "munmap", [at, pages * 4096]), "unmapped", rest);
      }
      const queue = mine(machine, pid, numberOf(argsOf(machine, frame)[0])) as WdQueue;
      machine.wdQueues.splice(machine.wdQueues.indexOf(queue), 1);
      return close(machine, frame, closing(machine, queue, queue.given), 0);
    },
    closed: (machine, _ops, { frame }) => {
      const [ret = 0, ...rest] = frame.numbers;
      return close(machine, frame, rest, ret);
    },
    share: (machine, _ops, { pid, frame }) => {
      const [fd, va, size, flags] = argsOf(machine, frame).map(numberOf) as [
        number,
        number,
        number,
        number?,
      ];
      const queue = mine(machine, pid, fd);
      if (!queue) return failed(...NO_QUEUE);
      if (queue.dmaFlag & DMA.SVM_NO_FAULT)
        return call(systemCall(machine, frame, "mlock", [va, size]), "told");
      if (!(queue.dmaFlag & DMA.SINGLE_PROC_MAP)) {
        const isNeedless = isDummy(machine, pid, fd) && !hasDefect(machine, "D4");
        return done({ value: isNeedless ? 0 : -1 });
      }
      const args = [queue.container, ...dma("MAP", va, size, flags ?? 0)];
      return call(systemCall(machine, frame, "ioctl", args), "told");
    },
    unshare: (machine, _ops, { pid, frame }) => {
      const [fd, va, size] = argsOf(machine, frame).map(numberOf) as [number, number, number];
      const queue = mine(machine, pid, fd);
      if (!queue) return failed(...NO_QUEUE);
      if (hasDefect(machine, "D6")) return done({ value: 0 });
      const args = [queue.container, ...dma("UNMAP", va, size, 0)];
      return call(systemCall(machine, frame, "ioctl", args), "told");
    },
    told: (machine, _ops, { pid }) => done({ value: returned(machine, pid).value }),
  };

/**
 * wd_send_sync(q, message, ms), wd_recv_sync(q, ms): the same again after the driver was told to work
 * and the kernel to wake, until it is done.
 *
 *   sync --> tried --> flushed --> waited --> sync
 *
 * Known defects: D7, what WAIT returns when woken, ticks that were left, is taken for a failure, and
 * the 0 of a time that is up for success; D8, -EAGAIN of the queue manager is not waited for.
 */
const SYNC: Routine<UserPart, "send" | "recv" | "tried" | "flushed" | "waited"> = {
  send: (machine, _ops, { frame }) => again(machine, frame, "wd_send"),
  recv: (machine, _ops, { frame }) => again(machine, frame, "wd_recv"),
  tried: (machine, _ops, { pid, frame }) => {
    const got = returned(machine, pid);
    const isLater = got.errno === "EBUSY" || (got.errno === "EAGAIN" && !hasDefect(machine, "D8"));
    if (!isLater) return done(got);
    const fd = numberOf(argsOf(machine, frame)[0]);
    if (!isDummy(machine, pid, fd)) return to("flushed");
    return call(systemCall(machine, frame, "ioctl", [fd, "DUMMY_CMD_FLUSH"]), "flushed");
  },
  flushed: (machine, _ops, { pid, frame }) => {
    const args = argsOf(machine, frame);
    const fd = numberOf(args[0]);
    const file = fileOf(machine, pid, fd);
    const isFirst = file.ok && record(machine.files, file.value).driver === DRIVER.spimdevQueue;
    const command = isFirst ? "VFIO_SPIMDEV_CMD_WAIT" : "VFIO_SDMDEV_CMD_WAIT";
    const ms = numberOf(args.at(-1)) % 65_536;
    return call(systemCall(machine, frame, "ioctl", [fd, command, ms]), "waited");
  },
  waited: (machine, _ops, { pid, frame }) => {
    const { value, errno } = returned(machine, pid);
    if (errno !== undefined) return done({ value: -1 });
    const isRight = !hasDefect(machine, "D7");
    if (isRight && value === 0) return failed("ETIMEDOUT", "the time is up");
    if (!isRight && value !== 0) return done({ value });
    return to(record(machine.calls, frame.call).call === "wd_send_sync" ? "send" : "recv");
  },
};

/** The call that does not wait, as a row of its own. */
function again(machine: UserPart, frame: Frame, name: "wd_send" | "wd_recv"): Next {
  const { actor } = record(machine.calls, frame.call);
  const args = argsOf(machine, frame).slice(0, name === "wd_send" ? 2 : 1);
  const shared = { kind: "library", actor, parent: frame.call, statement: -1 } as const;
  const row = openCall(machine, { ...shared, call: name, args });
  return call({ routine: "library", pc: name, call: row, numbers: [] }, "tried");
}

/** Where each of these calls begins. */
export const WD_CALLS = {
  wd_request_queue: "request",
  wd_release_queue: "release",
  wd_mem_share: "share",
  wd_mem_unshare: "unshare",
  wd_send_sync: "send",
  wd_recv_sync: "recv",
} as const;

export const WD: Routine<UserPart> = { ...REQUEST, ...MEMORY, ...SYNC };
