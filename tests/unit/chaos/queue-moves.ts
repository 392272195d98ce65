import { PAGE } from "../../../engine/index.ts";
import { DRIVER } from "../../../engine/task/index.ts";
import {
  anAddress,
  anFd,
  areas,
  descriptors,
  having,
  hexOf,
  isOpened,
  type Move,
  QUEUE_FILES,
  type Scene,
} from "./scene.ts";

/** Queues, rings, requests: calls of the library and of the frameworks. */

/** A request out of the caller's own memory, mostly one that fits. */
function request(scene: Scene): string {
  const { dice } = scene;
  const area = dice.one(areas(scene, true));
  if (!area || dice.isRare(6)) {
    const len = dice.of("2K", "0", "64K", "4294967295");
    return `{src: ${anAddress(scene)}, len: ${len}, dst: ${anAddress(scene)}, room: 4K}`;
  }
  const pages = Math.min(4, (area.end - area.start) / PAGE);
  const to = area.start + dice.roll(pages) * PAGE;
  const len = dice.of(2048, 64, 4096, 9000);
  return `{src: ${hexOf(area.start)}, len: ${len}, dst: ${hexOf(to)}, room: ${dice.of(4096, 64)}}`;
}

/** One of the caller's queues that its library knows. */
function aQueue(scene: Scene): number {
  const { machine, pid, dice } = scene;
  const all = descriptors(machine, pid, ...QUEUE_FILES).filter(({ fd }) => isOpened(scene, fd));
  return dice.one(all)?.fd ?? anFd(scene, ...QUEUE_FILES);
}

export const send: Move = (scene) => {
  return `${scene.actor}: wd_send(${aQueue(scene)}, ${request(scene)})`;
};

export const receive: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = aQueue(scene);
  // Each look is a step: a long wait is many.
  return dice.isRare(8)
    ? `${actor}: wait until wd_recv(${fd}) == 0 within 2us`
    : `${actor}: wd_recv(${fd})`;
};

export const compress: Move = (scene) => {
  const fd = anFd(scene, DRIVER.ioctlDevice);
  return `${scene.actor}: ioctl(${fd}, WD_IOCTL_COMPRESS, ${request(scene)}) <unfinished ...>`;
};

/** The user driver for a device, by kind and silicon. */
export function driverName({ header }: Scene): string {
  const [device] = header.devices;
  if (device?.device === "dummy") return "wd_dummy_v1";
  const isSecond = header.framework === "uacce" && device?.hardware === "v2";
  return isSecond ? "hisi_qm_v2" : "hisi_qm_v1";
}

const openDriver: Move = (scene) => {
  const { actor, dice } = scene;
  const name = dice.isRare(8) ? dice.of("hisi_qm_v2", "wd_dummy_v1", "x") : driverName(scene);
  return `${actor}: drv_open(${anFd(scene, ...QUEUE_FILES)}, "${name}")`;
};

const COMMANDS = [
  "VFIO_SPIMDEV_CMD_GET_Q",
  "UACCE_CMD_START_Q",
  "UACCE_CMD_PUT_Q",
  "UACCE_CMD_START",
  "UACCE_CMD_GET_SS_PA",
  "UACCE_CMD_QM_SET_QP_CTX, {qc_type: 0}",
  "UACCE_CMD_QM_SET_QP_CTX, {qc_type: 9}",
  "VFIO_SDMDEV_CMD_BIND_PASID, 1",
  "DUMMY_CMD_FLUSH",
] as const;

const command: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, ...QUEUE_FILES);
  return `${actor}: ioctl(${fd}, ${dice.one(COMMANDS)})`;
};

const share: Move = (scene) => {
  const { actor } = scene;
  const queue = DRIVER.uacceV3Queue;
  return `${actor}: ioctl(${anFd(scene, queue)}, UACCE_CMD_SHARE_SVAS, ${anFd(scene, queue)})`;
};

const waitForQueue: Move = (scene) => {
  const { actor, dice, header } = scene;
  if (header.framework !== "sdmdev") return undefined;
  const timeout = dice.of(1, 0, 2);
  const fd = anFd(scene, DRIVER.vfioDevice);
  return `${actor}: ioctl(${fd}, VFIO_SDMDEV_CMD_WAIT, ${timeout}) <unfinished ...>`;
};

/** Regions of a queue's file: by their offset, with the size that fits or another. */
const mapQueue: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, ...QUEUE_FILES);
  const [size, page] = dice.of<readonly [number, number]>(
    [144, 1],
    [1, 0],
    [2, 0],
    [3, 1],
    [36, 4],
    [2, 40],
    [1, 3],
  );
  const flags = dice.isRare(6) ? "MAP_PRIVATE" : "MAP_SHARED";
  const range = `${size * PAGE}, PROT_READ|PROT_WRITE, ${flags}, ${fd}, ${page * PAGE}`;
  return `${actor}: mmap(NULL, ${range})`;
};

/** The static share of the third RFC: memory that the kernel gives, for both. */
export const mapShare: Move = ({ machine, pid, actor, dice }) => {
  const queue = dice.one(descriptors(machine, pid, DRIVER.uacceV3Queue));
  if (!queue) return undefined;
  const { uacce = -1 } = machine.v3Queues[queue.object] ?? {};
  const start = machine.v3Devices[uacce]?.starts[3] ?? 40;
  const range = `${dice.of("8K", "4K", "16K")}, PROT_READ|PROT_WRITE, MAP_SHARED, ${queue.fd}`;
  return `${actor}: mmap(NULL, ${range}, ${start * PAGE})`;
};

/** A program may write whatever it likes into its own rings. */
const scribble: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  const area = dice.one(areas(scene, false).filter(({ backing }) => backing.kind === "device"));
  if (!area || isGentle) return undefined;
  const at = area.start + dice.roll(64) * 64;
  return `${actor}: store(${hexOf(at)}, ${dice.of("random(8)", '"\\xff"', "text(4)")})`;
};

const stepDevice: Move = ({ header, dice }) => {
  const device = dice.one(header.devices);
  return device?.held ? `${device.name}: step()` : undefined;
};

const ofQueue = (move: Move): Move => having(move, ...QUEUE_FILES);

// biome-ignore format: one call a line
export const QUEUE_MOVES: readonly (readonly [weight: number, move: Move])[] = [
  [12, ofQueue(send)], [8, ofQueue(receive)], [2, ofQueue(openDriver)], [4, ofQueue(command)],
  [2, having(share, DRIVER.uacceV3Queue)], [3, having(waitForQueue, DRIVER.vfioDevice)],
  [2, ofQueue(mapQueue)], [3, having(mapShare, DRIVER.uacceV3Queue)], [1, scribble],
  [8, stepDevice],
];
