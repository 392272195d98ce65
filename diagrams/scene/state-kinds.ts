/** The state machines of the kernel's objects: what a state is called, and which calls may move it. */

import {
  type Attempt,
  DRIVER,
  type Machine,
  type Run,
  record,
  type Step,
  UACCE_Q,
  V3_STATE,
} from "../../engine/index.ts";
import { mdevKind, mdevOfFile, requestKind } from "./observed-states.ts";
import { type ObjectId, touchedOf } from "./touched.ts";

/** A call that a program may make in any state. */
export interface Verb {
  /** "SET_CONTAINER" */
  readonly label: string;
  /** Nothing where there is nothing to make it with: no descriptor, no name. */
  readonly asked: (machine: Machine, pid: number) => Attempt | undefined;
}

/** What one call, or one thing that happened, comes to in one state. */
export interface Move {
  readonly from: string;
  readonly label: string;
  /** Where it leads, or which errno it is. */
  readonly to: string;
  readonly isRefused: boolean;
}

/** Everything that an object may do, as far as this run and its calls lead. */
export interface Explored {
  readonly states: readonly string[];
  readonly moves: readonly Move[];
}

/** One object with states. */
export interface StateKind {
  /** "group /dev/vfio/1" */
  readonly name: string;
  /** Which one it is, among all of a run. */
  readonly key: string;
  /** Nothing where it is not there. */
  readonly stateOf: (machine: Machine) => string | undefined;
  /** What moves it, where that is taken from the run; else the calls of `tried`. */
  readonly moves?: () => Explored;
  readonly tried?: Tried;
}

/** Calls that are tried in each state. */
export interface Tried {
  readonly verbs: readonly Verb[];
  /** The file whose holder makes the calls. */
  readonly isHeldBy: (machine: Machine, file: number) => boolean;
}

/** The object whose states a touched object is about; nothing where it has none. */
export function kindOf(run: Run, touched: ObjectId | undefined, step: Step): StateKind | undefined {
  const { machine } = run;
  const [what, number] = touched?.split(" ") ?? [];
  const id = Number(number);
  switch (what) {
    case "request":
      return requestKind(run, id, step) ?? kindOf(run, `queue ${id}`, step);
    case "file": {
      const mdev = mdevOfFile(machine, id);
      const isAbout = (some: Step) => touchedOf(run, some) === touched;
      return mdev < 0 ? undefined : mdevKind(run, mdev, isAbout);
    }
    case "group":
      return groupKind(machine, id);
    case "mdev":
      return groupKind(machine, record(machine.vfioDevices, id).group);
    case "queue": {
      if (machine.uacceQueues.some(({ queue }) => queue === id)) return uacceKind(id);
      const queue = machine.v3Queues.find((one) => one.queue === id);
      return queue ? v3Kind(machine, queue.uacce) : groupKind(machine, 0);
    }
    case "container":
      return groupKind(machine, record(machine.containers, id).groups[0] ?? 0);
    default:
      return undefined;
  }
}

/** Files of a driver in the hands of a process: the first descriptor; -1 for none. */
function fdOf(machine: Machine, pid: number, driver: number, isIt = (_: number) => true): number {
  const { fds } = record(machine.tasks, pid);
  return fds.findIndex((file) => {
    if (file < 0) return false;
    const { driver: own, object } = record(machine.files, file);
    return own === driver && isIt(object);
  });
}

function ioctl(fd: number, pid: number, command: string, arg: Attempt["args"][number] = null) {
  return fd < 0 ? undefined : { pid, call: "ioctl", args: [fd, command, arg] };
}

function close(fd: number, pid: number) {
  return fd < 0 ? undefined : { pid, call: "close", args: [fd] };
}

function open(path: string, pid: number): Attempt {
  return { pid, call: "open", args: [path, O_RDWR] };
}

/** Its files are closed with it, and so is what it has mapped. */
const ENDS: Verb = {
  label: "process ends",
  asked: (_, pid) => ({ pid, call: "kill", args: [pid] }),
};

const O_RDWR = 2;
const VFIO_TYPE1_IOMMU = 1;
const VFIO_NOIOMMU_IOMMU = 8;
/** argsz, flags and page sizes: struct vfio_iommu_type1_info. */
const INFO = { argsz: 16, flags: 0, iova_pgsizes: 0n };

/** A group and the container that it is in: together they say what a program may do. */
function groupKind(machine: Machine, id: number): StateKind | undefined {
  const group = machine.vfioGroups[id];
  if (!group) return undefined;
  const { path, isNoiommu } = group;
  const groupFd = (some: Machine, pid: number) =>
    fdOf(some, pid, DRIVER.group, (object) => object === id);
  const containerFd = (some: Machine, pid: number) => fdOf(some, pid, DRIVER.container);
  const isOf = (some: Machine) => (object: number) => record(some.vfioDevices, object).group === id;
  const deviceFd = (some: Machine, pid: number) => fdOf(some, pid, DRIVER.vfioDevice, isOf(some));
  const type = isNoiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1_IOMMU;
  return {
    name: `group ${path} and its container`,
    key: `group ${path} and its container`,
    stateOf: (some) => groupState(some, id),
    tried: {
      isHeldBy: (some, file) => {
        const { driver, object } = record(some.files, file);
        return driver === DRIVER.group && object === id;
      },
      verbs: [
        { label: "open group", asked: (_, pid) => open(path, pid) },
        {
          label: "SET_CONTAINER",
          asked: (some, pid) => {
            const fd = containerFd(some, pid);
            return fd < 0
              ? undefined
              : ioctl(groupFd(some, pid), pid, "VFIO_GROUP_SET_CONTAINER", fd);
          },
        },
        {
          label: "SET_IOMMU",
          asked: (some, pid) => ioctl(containerFd(some, pid), pid, "VFIO_SET_IOMMU", type),
        },
        {
          label: "IOMMU_GET_INFO",
          asked: (some, pid) => ioctl(containerFd(some, pid), pid, "VFIO_IOMMU_GET_INFO", INFO),
        },
        {
          label: "GET_DEVICE_FD",
          asked: (some, pid) => {
            const name = some.vfioDevices.find((one) => one.group === id && !one.isGone)?.name;
            return name === undefined
              ? undefined
              : ioctl(groupFd(some, pid), pid, "VFIO_GROUP_GET_DEVICE_FD", name);
          },
        },
        { label: "close device", asked: (some, pid) => close(deviceFd(some, pid), pid) },
        {
          label: "UNSET_CONTAINER",
          asked: (some, pid) => ioctl(groupFd(some, pid), pid, "VFIO_GROUP_UNSET_CONTAINER"),
        },
        { label: "close group", asked: (some, pid) => close(groupFd(some, pid), pid) },
        ENDS,
      ],
    },
  };
}

function groupState(machine: Machine, id: number): string | undefined {
  const group = machine.vfioGroups[id];
  if (!group) return undefined;
  const { isGone, isOpen, container, users } = group;
  if (isGone) return "gone";
  if (!isOpen) return container < 0 ? "closed" : "closed, its device open";
  if (container < 0) return "open";
  if (users > 1) return "device open";
  const { driver } = record(machine.containers, container);
  return driver === "unset" ? "in a container" : "container has its IOMMU";
}

/** A queue of uacce by the names that its header gives. */
function uacceKind(queue: number): StateKind {
  const fd = (some: Machine, pid: number) =>
    fdOf(some, pid, DRIVER.uacceQueue, (object) => object === queue);
  return {
    name: `queue ${queue}`,
    key: `queue ${queue}`,
    stateOf: (some) => {
      const own = some.uacceQueues.find((one) => one.queue === queue);
      if (!own) return undefined;
      const name = Object.entries(UACCE_Q).find(([, number]) => number === own.state)?.[0] ?? "";
      return own.isClosed ? `${name}, its file closed` : name;
    },
    tried: {
      isHeldBy: (some, file) => {
        const { driver, object } = record(some.files, file);
        return driver === DRIVER.uacceQueue && object === queue;
      },
      verbs: [
        { label: "START_Q", asked: (some, pid) => ioctl(fd(some, pid), pid, "UACCE_CMD_START_Q") },
        { label: "PUT_Q", asked: (some, pid) => ioctl(fd(some, pid), pid, "UACCE_CMD_PUT_Q") },
        { label: "close", asked: (some, pid) => close(fd(some, pid), pid) },
        ENDS,
      ],
    },
  };
}

/** A device of the third RFC: one state for all its queues. */
function v3Kind(machine: Machine, id: number): StateKind {
  const { minor } = record(machine.v3Devices, id);
  const isOf = (some: Machine) => (object: number) => record(some.v3Queues, object).uacce === id;
  const fd = (some: Machine, pid: number) => fdOf(some, pid, DRIVER.uacceV3Queue, isOf(some));
  return {
    name: `device /dev/ua${minor}`,
    key: `device /dev/ua${minor}`,
    stateOf: (some) => {
      const state = some.v3Devices[id]?.state;
      return Object.entries(V3_STATE).find(([, number]) => number === state)?.[0];
    },
    tried: {
      isHeldBy: (some, file) => {
        const { driver, object } = record(some.files, file);
        return driver === DRIVER.uacceV3Queue && isOf(some)(object);
      },
      verbs: [
        { label: "open", asked: (_, pid) => open(`/dev/ua${minor}`, pid) },
        { label: "START", asked: (some, pid) => ioctl(fd(some, pid), pid, "UACCE_CMD_START") },
        { label: "close", asked: (some, pid) => close(fd(some, pid), pid) },
        ENDS,
      ],
    },
  };
}
