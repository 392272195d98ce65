import {
  type CallResult,
  ERRNO,
  type ErrnoName,
  hasDefect,
  openCall,
  record,
  type Value,
} from "../core/index.ts";
import { call, done, FLAG, type Frame, type Next, type Routine, to } from "../task/index.ts";
import { argsOf, failed, numberOf, returned, systemCall } from "./call.ts";
import type { UserPart, WdQueue } from "./part.ts";

/**
 * wd_request_queue: what a program asks for once, made of many system calls.
 *
 * Source: KL samples/warpdrive/wd.c near RFCv1
 */

/** Names in struct wd_queue that the caller fills in, one file of sysfs each. */
const ATTRIBUTES = {
  dma_flag: "dmaflag_ext_path",
  iommu_ext: "iommu_ext_path",
  hw_type: "device_api_path",
} as const;

/** What wd_request_queue has so far: descriptors, -1 where not opened; words of sysfs. */
interface Request {
  readonly group: number;
  readonly container: number;
  readonly mdev: number;
  readonly fd: number;
  /** Open file of sysfs. */
  readonly file: number;
  readonly dmaFlag: number;
  readonly iommuExt: number;
  /** A row of APIS. */
  readonly api: number;
}

const FIELDS = ["group", "container", "mdev", "fd", "file", "dmaFlag", "iommuExt", "api"] as const;
const NOTHING = [-1, -1, -1, -1, -1, 0, 0, 0];
const APIS = ["", "hisi_qm_v1", "wd_dummy_v1"];

function requestOf(numbers: readonly number[]): Request {
  return Object.fromEntries(
    FIELDS.map((name, at) => [name, numbers[at + 1]]),
  ) as unknown as Request;
}

/** What comes of one system call: more of the request, or the library's answer to a failure. */
type Took = Partial<Request> | { readonly ret: number };

interface Step {
  readonly ask: (so: Request, wish: Wish) => readonly [call: string, ...args: Value[]];
  readonly take: (got: CallResult, so: Request, machine: UserPart) => Took;
}

type Wish = { readonly [name: string]: Value };

/** -errno, as the library keeps it. */
function numberOfErrno({ errno }: CallResult): number {
  return -ERRNO[errno as ErrnoName];
}

/** A failed call is -1 to the library, and many of its callers pass that on as it is. */
const isBad = ({ errno }: CallResult) => errno !== undefined;
const passed = (got: CallResult): Took => (isBad(got) ? { ret: -1 } : {});

/** A file of sysfs is opened, read and closed. */
function attribute(name: keyof typeof ATTRIBUTES, keep: (text: string) => Took): Step[] {
  return [
    {
      ask: (_so, wish) => ["open", wish[ATTRIBUTES[name]] ?? "", FLAG.O_RDONLY],
      take: (got) => (isBad(got) ? { ret: numberOfErrno(got) } : { file: got.value }),
    },
    {
      ask: ({ file }) => ["read", file, 64],
      take: (got) => keep(String(got.written?.data ?? "")),
    },
    { ask: ({ file }) => ["close", file], take: () => ({}) },
  ];
}

/** A check that found nothing is an answer of 0: success (D5). */
function unwanted(machine: UserPart): Took {
  return { ret: hasDefect(machine, "D5") ? 0 : -19 };
}

const VIABLE = 1;

const STEPS: readonly Step[] = [
  {
    ask: (_so, wish) => ["open", wish.vfio_group_path ?? "", FLAG.O_RDWR],
    take: (got) => (isBad(got) ? { ret: numberOfErrno(got) } : { group: got.value }),
  },
  {
    ask: () => ["open", "/dev/vfio/vfio", FLAG.O_RDWR],
    take: (got) => (isBad(got) ? { ret: -19 } : { container: got.value }),
  },
  {
    ask: ({ container }) => ["ioctl", container, "VFIO_GET_API_VERSION"],
    take: ({ value }): Took => (value === 0 ? {} : { ret: -22 }),
  },
  ...attribute("dma_flag", (text) => ({ dmaFlag: Number(text) })),
  ...attribute("iommu_ext", (text) => ({ iommuExt: Number(text) })),
  {
    ask: ({ container, iommuExt }) => ["ioctl", container, "VFIO_CHECK_EXTENSION", iommuExt],
    take: ({ value }, _so, machine) => (value === 0 ? unwanted(machine) : {}),
  },
  ...attribute("hw_type", (text) => ({ api: Math.max(0, APIS.indexOf(text)) })),
  {
    ask: ({ group }) => ["ioctl", group, "VFIO_GROUP_GET_STATUS", { argsz: 8, flags: 0 }],
    take: ({ written }, _so, machine) =>
      Number(written?.flags ?? 0) % 2 === VIABLE ? {} : unwanted(machine),
  },
  {
    ask: ({ group, container }) => ["ioctl", group, "VFIO_GROUP_SET_CONTAINER", container],
    take: passed,
  },
  {
    ask: ({ container, iommuExt }) => ["ioctl", container, "VFIO_SET_IOMMU", iommuExt],
    take: passed,
  },
  {
    ask: ({ group }, wish) => ["ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", wish.mdev_name ?? ""],
    take: (got) => (isBad(got) ? { ret: -1 } : { mdev: got.value }),
  },
  {
    ask: ({ mdev }) => ["ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q"],
    take: (got) => (isBad(got) ? { ret: -1 } : { fd: got.value }),
  },
];
const OPEN_CONTAINER = 1;

/** What the caller filled in. A path that is no text is none: in C it could not be written. */
function wishOf(machine: UserPart, frame: Frame): Wish {
  const [wish] = argsOf(machine, frame);
  if (typeof wish !== "object" || wish === null || Array.isArray(wish)) return {};
  const isSet = ([name, value]: readonly [string, Value]) =>
    name === "container" || typeof value === "string";
  return Object.fromEntries(Object.entries(wish as Wish).filter(isSet));
}

/** The caller's own container, where it brings one. */
function givenIn(wish: Wish): number {
  return Math.max(0, numberOf(wish.container));
}

/** Closes what is open, innermost first: the caller's container too (D9). */
export function closing(
  machine: UserPart,
  { fd, mdev, container, group }: Pick<Request, "fd" | "mdev" | "container" | "group">,
  given: number,
) {
  const keeps = !hasDefect(machine, "D9") && container === given;
  return [fd, mdev, keeps ? -1 : container, group].filter((one) => one >= 0);
}

/** What the library returns: 0, -1 as a failed ioctl has it, or a negative errno. */
function answered(ret: number): Next {
  const errno = (Object.keys(ERRNO) as ErrnoName[]).find((name) => ERRNO[name] === -ret);
  return ret < -1 && errno ? failed(errno, "wd.c gives up") : done({ value: ret });
}

/** On to the next close, and to the answer after the last. */
export function close(
  machine: UserPart,
  frame: Frame,
  [fd, ...rest]: readonly number[],
  ret: number,
) {
  if (fd === undefined) return answered(ret);
  return call(systemCall(machine, frame, "close", [fd]), "closed", [ret, ...rest]);
}

/** What the structure holds when the call is over. */
function queueOf(so: Request, pid: number, given: number): WdQueue {
  const { group, container, mdev, fd, dmaFlag } = so;
  return { pid, fd, mdev, container, group, given, dmaFlag };
}

/**
 * wd_request_queue({vfio_group_path, device_api_path, iommu_ext_path, dmaflag_ext_path, mdev_name,
 * container}): all that it takes to get a queue. `container` is opened where it is not given.
 *
 *   wd_request_queue --> ask <--> took --> opened        a failure closes what was opened
 *
 * @returns 0, and `fd` in the structure, which is the program's handle; a failed ioctl is -1
 * Refuses: -EINVAL without a path; the errno of opening the group; -ENODEV without a container;
 * -EINVAL for another version; -ENOENT for a file of sysfs that is not there (recalled); then -1.
 * Known defects: D5, a check that found nothing ends in success with closed descriptors; D9, the
 * caller's container is closed too.
 */
export const REQUEST: Routine<UserPart, "request" | "ask" | "took" | "opened"> = {
  request: (machine, _ops, { frame }) => {
    const wish = wishOf(machine, frame);
    const needed = [wish.vfio_group_path, wish.device_api_path, wish.iommu_ext_path];
    if (needed.some((path) => !path)) return failed("EINVAL", "a path is not set");
    return to("ask", undefined, [0, ...NOTHING]);
  },
  ask: (machine, _ops, { frame }) => {
    const { numbers } = frame;
    const [at = 0] = numbers;
    const wish = wishOf(machine, frame);
    const given = givenIn(wish);
    if (at === OPEN_CONTAINER && given > 0) {
      return to("ask", undefined, numbers.with(0, at + 1).with(2, given));
    }
    const [name, ...args] = (STEPS[at] as Step).ask(requestOf(numbers), wish);
    return call(systemCall(machine, frame, name, args), "took");
  },
  took: (machine, _ops, { pid, frame }) => {
    const [at = 0] = frame.numbers;
    const so = requestOf(frame.numbers);
    const took = (STEPS[at] as Step).take(returned(machine, pid), so, machine);
    if ("ret" in took) {
      const given = givenIn(wishOf(machine, frame));
      if (took.ret === 0) machine.wdQueues.push(queueOf({ ...so, fd: 0 }, pid, given));
      return close(machine, frame, closing(machine, so, given), took.ret);
    }
    const next = { ...so, ...took };
    const numbers = [at + 1, ...FIELDS.map((name) => next[name] as number)];
    if (at + 1 < STEPS.length) return to("ask", undefined, numbers);
    const { actor } = record(machine.calls, frame.call);
    const { alg } = wishOf(machine, frame);
    const args = [next.fd, APIS[next.api] ?? "", ...(typeof alg === "string" ? [alg] : [])];
    const shared = { kind: "library", actor, parent: frame.call, statement: -1 } as const;
    const row = openCall(machine, { ...shared, call: "drv_open", args });
    return call({ routine: "library", pc: "drv_open", call: row, numbers: [] }, "opened", numbers);
  },
  opened: (machine, _ops, { pid, frame }) => {
    const so = requestOf(frame.numbers);
    const given = givenIn(wishOf(machine, frame));
    const { value } = returned(machine, pid);
    if (value !== 0) return close(machine, frame, closing(machine, so, given), value);
    machine.wdQueues.push(queueOf(so, pid, given));
    const { fd, container, mdev } = so;
    return done({ value: 0, written: { fd, container, mdev } });
  },
};
