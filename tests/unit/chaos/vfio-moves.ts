import { record } from "../../../engine/index.ts";
import { DRIVER } from "../../../engine/task/index.ts";
import {
  aLength,
  anAddress,
  anFd,
  areas,
  descriptors,
  EDGES,
  having,
  hexOf,
  type Move,
  type Scene,
} from "./scene.ts";

/** ioctls of containers, groups and devices, right and wrong. */

/** argsz as it should be, and beside it. */
function argsz({ dice }: Scene, right: number): number {
  return dice.isRare(16) ? dice.of(right - 1, 0, right - 8, right + 100, 0xffff_ffff) : right;
}

function anIova(scene: Scene): string {
  const { dice, machine } = scene;
  if (dice.isRare(6)) return hexOf(dice.one(EDGES) ?? 0n);
  const dmas = machine.containers.flatMap(({ dmas: all }) => all);
  const dma = dice.one(dmas);
  const near = dma ? dma.iova + dice.of(0, 4096, -4096, dma.size) : 0;
  return near > 0 ? hexOf(near) : "0x10000";
}

/** A buffer is shared at its own address, or anywhere else. */
export const mapDma: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, DRIVER.container);
  const area = dice.one(areas(scene, true));
  const isPlain = area !== undefined && dice.roll(3) < 2;
  const vaddr = isPlain ? hexOf(area.start) : anAddress(scene);
  const iova = dice.roll(3) < 2 ? vaddr : anIova(scene);
  const whole = area ? Math.min(area.end - area.start, 64 * 4096) : 4096;
  const size = isPlain && dice.roll(4) < 3 ? `${whole}` : aLength(scene);
  const flags = dice.isRare(16) ? dice.of(0, 4, 8) : dice.of(3, 3, 1, 2);
  const words = `argsz: ${argsz(scene, 32)}, flags: ${flags}, vaddr: ${vaddr}, iova: ${iova}`;
  return `${actor}: ioctl(${fd}, VFIO_IOMMU_MAP_DMA, {${words}, size: ${size}})`;
};

/** A mapping goes whole, in part, or with all others. */
export const unmapDma: Move = (scene) => {
  const { actor, dice, machine } = scene;
  const fd = anFd(scene, DRIVER.container);
  const dma = dice.one(machine.containers.flatMap(({ dmas }) => dmas));
  const isWhole = dma !== undefined && dice.roll(2) === 0;
  const iova = isWhole ? hexOf(dma.iova) : anIova(scene);
  const big = dice.of("0xfffffffffffff000", "0x1000000000000", "1G", "2M");
  const size = isWhole ? `${dma.size}` : dice.isRare(4) ? big : aLength(scene);
  const all = machine.kernel === "v6.1" && dice.isRare(8);
  const range = all ? "flags: 2, iova: 0, size: 0" : `flags: 0, iova: ${iova}, size: ${size}`;
  return `${actor}: ioctl(${fd}, VFIO_IOMMU_UNMAP_DMA, {argsz: ${argsz(scene, 24)}, ${range}})`;
};

const ofContainer: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, DRIVER.container);
  const call = dice.of(
    `VFIO_IOMMU_GET_INFO, {argsz: ${argsz(scene, 16)}}`,
    "VFIO_GET_API_VERSION",
    `VFIO_CHECK_EXTENSION, ${dice.of(1, 3, 8, 6, 9)}`,
    `VFIO_SET_IOMMU, ${dice.of(1, 3, 8, 6, 9)}`,
  );
  return `${actor}: ioctl(${fd}, ${call})`;
};

const ofGroup: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, DRIVER.group);
  const call = dice.of(
    "VFIO_GROUP_UNSET_CONTAINER",
    `VFIO_GROUP_GET_STATUS, {argsz: ${argsz(scene, 8)}, flags: 0}`,
    `VFIO_GROUP_SET_CONTAINER, ${anFd(scene, DRIVER.container)}`,
    `VFIO_GROUP_GET_DEVICE_FD, "${aName(scene)}"`,
  );
  return `${actor}: ioctl(${fd}, ${call})`;
};

function aName({ dice, machine }: Scene): string {
  return dice.one(machine.mdevs)?.uuid ?? "none";
}

const ofDevice: Move = (scene) => {
  const { actor, dice } = scene;
  const fd = anFd(scene, DRIVER.vfioDevice);
  const call = dice.of(
    `VFIO_DEVICE_GET_INFO, {argsz: ${argsz(scene, 16)}}`,
    "VFIO_DEVICE_RESET",
    `VFIO_DEVICE_GET_REGION_INFO, {argsz: ${argsz(scene, 32)}, index: ${dice.of(0, 7, 99)}}`,
    `VFIO_DEVICE_GET_IRQ_INFO, {argsz: ${argsz(scene, 16)}, index: ${dice.of(0, 4, 5)}}`,
    `VFIO_DEVICE_SET_IRQS, {argsz: ${argsz(scene, 20)}, flags: ${dice.of(33, 1, 2, 7)}, index: 0, start: 0, count: 1}`,
  );
  return `${actor}: ioctl(${fd}, ${call})`;
};

/** The administrator makes a mediated device. */
export const create: Move = (scene) => {
  const { machine, dice } = scene;
  const file = openedBy(scene, "create");
  if (file === undefined) {
    const path = dice.one(machine.nodes.filter(({ path: name }) => name.endsWith("/create")))?.path;
    return path && `root: open("${path}", O_WRONLY)`;
  }
  const uuid = `2ad9f208-7da3-11e8-8709-57742f61800${dice.of(1, 2, 3, 4)}`;
  const text = dice.isRare(20) ? "no-uuid" : uuid;
  return `root: write(${file}, "${text}", 36)`;
};

/**
 * And takes it back: the writer waits while a program has it. One that has it itself would wait for
 * itself, for ever.
 */
const remove: Move = (scene) => {
  const { machine, dice } = scene;
  const root = machine.tasks.findIndex(({ name }) => name === "root");
  const { vmas } = record(machine.mms, record(machine.tasks, root).mm);
  const isUser = vmas.some(({ backing }) => backing.kind === "device");
  if (isUser || descriptors(machine, root, DRIVER.group, DRIVER.vfioDevice).length > 0) {
    return undefined;
  }
  const file = openedBy(scene, "remove");
  if (file !== undefined) {
    return `root: write(${file}, "${dice.isRare(16) ? "0" : "1"}", 1) <unfinished ...>`;
  }
  const path = dice.one(machine.nodes.filter(({ path: name }) => name.endsWith("/remove")))?.path;
  return path && `root: open("${path}", O_WRONLY)`;
};

/** Root's descriptor of such a file; none where root is busy. */
function openedBy({ machine }: Scene, kind: "create" | "remove"): number | undefined {
  const root = machine.tasks.findIndex(({ name }) => name === "root");
  const { fds } = record(machine.tasks, root);
  const fd = fds.findLastIndex((id) => {
    const file = machine.files[id];
    if (!file || file.driver !== DRIVER.mdevAttribute) return false;
    const attribute = record(machine.attributes, file.object);
    if (attribute.kind !== kind) return false;
    return attribute.kind === "create" || !record(machine.mdevs, attribute.mdev).isGone;
  });
  return fd < 0 ? undefined : fd;
}

/** True where root can speak. */
export function isRootReady({ machine }: Scene): boolean {
  return machine.tasks.some(({ name, state }) => name === "root" && state === "idle");
}

const byRoot = (move: Move): Move => {
  return (scene) => (isRootReady(scene) ? move(scene) : undefined);
};

const { container, group, vfioDevice } = DRIVER;

// biome-ignore format: one call a line
export const VFIO_MOVES: readonly (readonly [weight: number, move: Move])[] = [
  [12, having(mapDma, container)], [8, having(unmapDma, container)],
  [2, having(ofContainer, container)], [4, having(ofGroup, group)],
  [2, having(ofDevice, vfioDevice)], [2, byRoot(create)], [2, byRoot(remove)],
];
