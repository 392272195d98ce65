import { record } from "../../../engine/index.ts";
import { DRIVER } from "../../../engine/task/index.ts";
import { mapBuffer, store } from "./memory-moves.ts";
import { compress, driverName, mapShare, receive, send } from "./queue-moves.ts";
import { areas, descriptors, isOpened, type Move, QUEUE_FILES, type Scene } from "./scene.ts";
import { create, isRootReady, mapDma } from "./vfio-moves.ts";

/**
 * The next call on the way to a request that is served: so that most stories get somewhere. Where
 * all is there, it sends and receives.
 */

/** Time for the device. */
const pause: Move = ({ actor }) => `${actor}: wait 20us`;

/** Requests, once there is a queue. */
const work: Move = (scene) => {
  const { dice } = scene;
  return dice.of(send, receive, store, pause, send, receive, pause)(scene);
};

/** Ordinary memory to work with; or the first call that uses it. */
function withBuffer(scene: Scene, then: Move): string | undefined {
  const own = areas(scene, true);
  return own.length === 0 ? mapBuffer(scene) : then(scene);
}

/** A queue, opened by the user driver; it may be one that cannot. @returns what is still to do */
function opened(scene: Scene, fd: number): string | undefined {
  if (isOpened(scene, fd) || scene.dice.isRare(4)) return undefined;
  return `${scene.actor}: drv_open(${fd}, "${driverName(scene)}")`;
}

/** An mdev's group that nobody has open; without an IOMMU it is for root. */
function freeGroup({ machine, dice, pid }: Scene): string | undefined {
  const isRoot = record(machine.tasks, pid).creds.root || dice.isRare(8);
  const free = machine.vfioGroups.filter(
    ({ isOpen, isGone, isNoiommu }) => !isOpen && !isGone && (isRoot || !isNoiommu),
  );
  return dice.one(free)?.path;
}

const openVfio: Move = (scene) => {
  const { machine, pid, actor, header } = scene;
  const [group] = descriptors(machine, pid, DRIVER.group).slice(-1);
  if (!group) {
    const path = freeGroup(scene);
    if (path === undefined) return isRootReady(scene) ? create(scene) : undefined;
    return `${actor}: open("${path}", O_RDWR)`;
  }
  const [container] = descriptors(machine, pid, DRIVER.container).slice(-1);
  if (!container) return `${actor}: open("/dev/vfio/vfio", O_RDWR)`;
  const { container: joined, iommuGroup } = record(machine.vfioGroups, group.object);
  if (joined < 0) return `${actor}: ioctl(${group.fd}, VFIO_GROUP_SET_CONTAINER, ${container.fd})`;
  if (record(machine.containers, joined).driver === "unset") {
    const type = record(machine.containers, joined).isNoiommu ? 8 : scene.dice.of(1, 3);
    return `${actor}: ioctl(${container.fd}, VFIO_SET_IOMMU, ${type})`;
  }
  const [device] = descriptors(machine, pid, DRIVER.vfioDevice).slice(-1);
  if (!device) {
    const mdev = machine.mdevs.find((one) => !one.isGone && one.iommuGroup === iommuGroup);
    return mdev && `${actor}: ioctl(${group.fd}, VFIO_GROUP_GET_DEVICE_FD, "${mdev.uuid}")`;
  }
  const isFirst = header.framework === "spimdev";
  const [queue] = isFirst ? descriptors(machine, pid, DRIVER.spimdevQueue) : [device];
  if (!queue) return `${actor}: ioctl(${device.fd}, VFIO_SPIMDEV_CMD_GET_Q)`;
  return opened(scene, queue.fd) ?? withBuffer(scene, sharedWork);
};

/** Memory is shared first, and more of it now and then. */
const sharedWork: Move = (scene) => {
  const { machine, pid, dice } = scene;
  const isShared = machine.containers.some(({ dmas }) => dmas.some((dma) => dma.pid === pid));
  return isShared && !dice.isRare(8) ? work(scene) : mapDma(scene);
};

const openUacce: Move = (scene) => {
  const { machine, pid, actor, dice } = scene;
  const [queue] = descriptors(machine, pid, DRIVER.uacceQueue).slice(-1);
  if (!queue) {
    const nodes = machine.nodes.filter(({ driver }) => driver === DRIVER.uacceQueue);
    const path = dice.one(nodes)?.path;
    return path && `${actor}: open("${path}", O_RDWR)`;
  }
  const isMine = isOpened(scene, queue.fd);
  if (!isMine) return opened(scene, queue.fd);
  const state = machine.uacceQueues.find((one) => one.queue === queue.object)?.state;
  if (state === 1) return `${actor}: ioctl(${queue.fd}, UACCE_CMD_START_Q)`;
  return withBuffer(scene, work);
};

const openV3: Move = (scene) => {
  const { machine, pid, actor, dice } = scene;
  const [queue] = descriptors(machine, pid, DRIVER.uacceV3Queue).slice(-1);
  if (!queue) {
    const nodes = machine.nodes.filter(({ driver }) => driver === DRIVER.uacceV3Queue);
    return `${actor}: open("${dice.one(nodes)?.path}", O_RDWR)`;
  }
  const more = opened(scene, queue.fd);
  if (more) return more;
  const { uacce = -1, regions = [] } = machine.v3Queues[queue.object] ?? {};
  if (machine.v3Devices[uacce]?.state !== 2) return `${actor}: ioctl(${queue.fd}, UACCE_CMD_START)`;
  return (regions[3] ?? -1) < 0 ? mapShare(scene) : work(scene);
};

const openIoctl: Move = (scene) => {
  const { machine, pid, actor, dice } = scene;
  const [file] = descriptors(machine, pid, DRIVER.ioctlDevice);
  if (file) return withBuffer(scene, dice.isRare(3) ? store : compress);
  const nodes = machine.nodes.filter(({ driver }) => driver === DRIVER.ioctlDevice);
  return `${actor}: open("${dice.one(nodes)?.path}", O_RDWR)`;
};

export const advance: Move = (scene) => {
  const { framework } = scene.header;
  const now = descriptors(scene.machine, scene.pid, ...QUEUE_FILES);
  if (now.length > 0 && scene.dice.isRare(6)) return withBuffer(scene, work);
  if (framework === "uacce") return openUacce(scene);
  if (framework === "uacce-v3") return openV3(scene);
  return framework === "ioctl" ? openIoctl(scene) : openVfio(scene);
};
